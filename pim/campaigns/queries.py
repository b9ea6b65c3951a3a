"""Read campaigns: one, all, those of a calendar, and what each was before."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Select, func, or_, select
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.orm import Session

from pim.campaigns.models import Campaign, CampaignMembers, CampaignSheet, CampaignVersion
from pim.errors import NotFound

State = Literal["planned", "running", "ended", "stopped"]


def find_campaign(session: Session, code: str) -> CampaignVersion:
    """Return what a campaign is at present, or raise NotFound naming the others."""
    found = lookup(session, code)
    if found is None:
        known = session.scalars(select(Campaign.code).order_by(Campaign.code).limit(20)).all()
        raise NotFound(
            f'There is no campaign "{code}". Campaigns: {", ".join(known) or "none yet"}.'
        )
    return found


def lookup(session: Session, code: str) -> CampaignVersion | None:
    """Return what a campaign is at present, by code without regard to case; None if unknown."""
    return session.scalar(_present().where(func.lower(Campaign.code) == code.strip().lower()))


def list_campaigns(session: Session) -> Sequence[CampaignVersion]:
    """Return what every campaign is at present, the earliest start first."""
    return session.scalars(_in_time(_present())).all()


def between(
    session: Session, start: datetime, end: datetime, *, channel: str | None = None
) -> Sequence[CampaignVersion]:
    """Return the campaigns that run at any moment in [start, end), the earliest start first.

    With a channel only those that concern it. One that was stopped before its start never runs.
    """
    version = CampaignVersion
    query = _present().where(
        version.starts_at < end, version.ends_at > start, version.starts_at < version.ends_at
    )
    if channel is not None:
        named = func.lower(func.array_to_string(version.channels, "\n"))
        one_of = func.string_to_array(named, "\n").contains(array([channel.lower()]))
        query = query.where(or_(func.cardinality(version.channels) == 0, one_of))
    return session.scalars(_in_time(query)).all()


def versions_of(session: Session, code: str) -> Sequence[CampaignVersion]:
    """Return what a campaign is and was, the newest first; of one that is deleted as well.

    Of several campaigns that had the code one after the other, those of all of them.
    """
    query = (
        select(CampaignVersion)
        .where(func.lower(CampaignVersion.code) == code.strip().lower())
        .order_by(CampaignVersion.campaign_id.desc(), CampaignVersion.version.desc())
    )
    found = session.scalars(query).all()
    if not found:
        find_campaign(session, code)
    return found


def state_of(version: CampaignVersion, now: datetime) -> State:
    """Tell where a campaign stands at a moment."""
    if version.stopped_at is not None and version.stopped_at <= now:
        return "stopped"
    if now < version.starts_at:
        return "planned"
    return "running" if now < version.ends_at else "ended"


def sheet_exists(session: Session, digest: str) -> bool:
    """Tell whether there is a sheet of cells of this digest."""
    return session.get(CampaignSheet, digest) is not None


def member_count(session: Session, version: CampaignVersion) -> int | None:
    """Return how many products a campaign has frozen; None if it follows the catalogue."""
    if version.members is None:
        return None
    counted = select(func.cardinality(CampaignMembers.ids))
    return session.scalar(counted.where(CampaignMembers.digest == version.members))


def _present() -> Select[CampaignVersion]:
    return select(CampaignVersion).join(
        Campaign,
        (Campaign.id == CampaignVersion.campaign_id)
        & (Campaign.version == CampaignVersion.version),
    )


def _in_time(query: Select[Any]) -> Select[Any]:
    return query.order_by(CampaignVersion.starts_at, CampaignVersion.code)
