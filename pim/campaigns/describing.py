"""Campaigns in words and figures: lines of a list, and what each version has changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from pim.access.models import User
from pim.campaigns import queries
from pim.campaigns.models import CampaignVersion

#: Members of a document that a list repeats as they are.
_SHOWN: Final = (
    "label", "color", "starts_at", "ends_at", "time_zone", "channels", "locales", "live",
    "priority",
)  # fmt: skip


def summary(session: Session, version: CampaignVersion, now: datetime) -> dict[str, Any]:
    """Return what a list shows of a campaign.

    `starts` and `ends` are instants, `starts_at` and `ends_at` what the clocks of its zone show;
    `products` is how many it has frozen, null for one that follows the catalogue.
    """
    document = version.document
    return {
        "code": version.code,
        **{name: document[name] for name in _SHOWN},
        "state": queries.state_of(version, now),
        "starts": version.starts_at,
        "ends": version.ends_at,
        "stopped": version.stopped_at,
        "does": [operation["type"] for operation in document["do"]],
        "products": queries.member_count(session, version),
        "version": version.version,
        "saved": version.at,
    }


def traced(session: Session, versions: Sequence[CampaignVersion]) -> list[dict[str, Any]]:
    """Return what each version has changed, given the newest first: who, when, and which members.

    Entries are {version, action, at, author, change_set, changes: [{field, before, after}]}.
    """
    authors = _authors(session, versions)
    earlier = {(v.campaign_id, v.version): v for v in versions}
    return [
        {
            "version": version.version,
            "action": version.action,
            "at": version.at,
            "author": authors.get(version.author_id or 0),
            "change_set": version.change_set_id,
            "changes": _changes(earlier.get((version.campaign_id, version.version - 1)), version),
        }
        for version in versions
    ]


def _authors(session: Session, versions: Sequence[CampaignVersion]) -> dict[int, str]:
    wanted = {version.author_id for version in versions if version.author_id is not None}
    users = session.execute(select(User.id, User.name, User.email).where(User.id.in_(wanted)))
    return {user.id: user.name or user.email for user in users}


def _changes(before: CampaignVersion | None, after: CampaignVersion) -> list[dict[str, Any]]:
    was, now = _told(before), _told(after)
    return [
        {"field": name, "before": was.get(name), "after": now.get(name)}
        for name in {**was, **now}
        if was.get(name) != now.get(name)
    ]


def _told(version: CampaignVersion | None) -> Mapping[str, Any]:
    """Return what a version says; nothing of one that is not there or that has ended it all."""
    if version is None or version.action == "deleted":
        return {}
    return {
        **version.document,
        "stopped": version.stopped_at.isoformat() if version.stopped_at else None,
        "products": version.members,
    }
