"""Campaigns kept: save, stop, restore, delete. Each writes a version and a row of the change log.

Which products a frozen campaign holds, and the change set that a write belongs to, are given:
they are made in rooms above this one (`pim.editing.campaigns`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

import orjson
from sqlalchemy import BigInteger, Text, cast, func, literal, select, text
from sqlalchemy.dialects.postgresql import ARRAY, insert

from pim.campaigns.definition import Definition
from pim.campaigns.drops import is_drop
from pim.campaigns.models import Campaign, CampaignMembers, CampaignVersion
from pim.campaigns.queries import find_campaign, lookup, state_of
from pim.db import change_log
from pim.db.unit_of_work import Work
from pim.errors import Conflict, NotFound, Refused

SUBJECT: Final = "campaign"

Status = Literal["created", "updated", "unchanged", "stopped", "restored", "deleted"]

_ALONE = text("LOCK TABLE campaign IN SHARE ROW EXCLUSIVE MODE")


@dataclass(frozen=True)
class Saved:
    """A campaign after a write, and what that came to."""

    version: CampaignVersion
    status: Status


def lock(work: Work) -> None:
    """Wait until no other transaction writes campaigns, and keep others out; readers go on."""
    work.session.execute(_ALONE)


def save(
    work: Work,
    definition: Definition,
    *,
    change_set_id: int | None,
    members: Sequence[int] | None = None,
    expected: int | None = None,
) -> Saved:
    """Create or change a campaign; a document that says nothing new writes nothing.

    `members` are the products of one that is not live. With `expected` Conflict is raised unless
    that is the number of the present version (0: there is none). A campaign that was stopped
    stays so unless its document says something new.
    """
    lock(work)
    known = lookup(work.session, definition.code)
    _check_expected(definition.code, known.version if known else 0, expected)
    _check_kind(known, definition)
    digest = None if members is None else _keep_members(work, members)
    if known and same(known.document, definition.document) and known.members == digest:
        return Saved(known, "unchanged")
    campaign = _campaign(work, definition.code, known)
    version = _version_of(definition, campaign, digest)
    status: Status = "updated" if known else "created"
    _write(work, campaign, version, status, change_set_id)
    return Saved(version, status)


def stop(work: Work, code: str, *, change_set_id: int | None) -> Saved:
    """End a campaign now; one that has not begun will not. Refused if it has ended already."""
    lock(work)
    known = find_campaign(work.session, code)
    now = work.clock()
    state = state_of(known, now)
    if state in ("ended", "stopped"):
        raise Refused(f'The campaign "{known.code}" is {state} already, so nothing was changed.')
    version = _copy(known)
    version.stopped_at = now
    version.ends_at = max(known.starts_at, now)
    campaign = _campaign(work, known.code, known)
    _write(work, campaign, version, "stopped", change_set_id)
    return Saved(version, "stopped")


def restore(work: Work, code: str, *, number: int, change_set_id: int | None) -> Saved:
    """Make an earlier version present again; a campaign that is deleted comes back with it.

    Raises NotFound if there is no such version, Conflict if the code belongs to another now.
    """
    lock(work)
    known = lookup(work.session, code)
    earlier = _earlier(work, code, number, known)
    if known and _alike(known, earlier):
        return Saved(known, "unchanged")
    campaign = _campaign(work, earlier.code, known, id_=earlier.campaign_id)
    version = _copy(earlier)
    _write(work, campaign, version, "restored", change_set_id)
    return Saved(version, "restored")


def remove(work: Work, code: str, *, change_set_id: int | None) -> Saved:
    """Delete a campaign; its versions stay, so that feeds follow and it can be restored."""
    lock(work)
    known = find_campaign(work.session, code)
    campaign = _campaign(work, known.code, known)
    version = _copy(known)
    _write(work, campaign, version, "deleted", change_set_id)
    work.session.delete(campaign)
    work.session.flush()
    return Saved(version, "deleted")


def same(known: Any, given: Any) -> bool:
    """Tell whether two documents of campaigns say the same."""
    return orjson.dumps(known, option=orjson.OPT_SORT_KEYS) == orjson.dumps(
        given, option=orjson.OPT_SORT_KEYS
    )


def _check_expected(code: str, present: int, expected: int | None) -> None:
    if expected is None or expected == present:
        return
    raise Conflict(
        f'The campaign "{code}" is at version {present}, not {expected}: somebody else has saved '
        f"it meanwhile. Look at it (pim campaign show {code}), then apply your change to that."
    )


def _check_kind(known: CampaignVersion | None, definition: Definition) -> None:
    if known is None or is_drop(known.document) == is_drop(definition.document):
        return
    kind, other = ("drop", "campaign") if is_drop(known.document) else ("campaign", "drop")
    raise Refused(
        f'"{known.code}" is a {kind} already, so no {other} can have this code. Choose another one.'
    )


def _campaign(
    work: Work, code: str, known: CampaignVersion | None, *, id_: int | None = None
) -> Campaign:
    """Return the campaign's row, a new one if there is none."""
    if known is not None:
        campaign = work.session.get(Campaign, known.campaign_id)
        assert campaign is not None
        return campaign
    campaign = Campaign(code=code, version=0, **({"id": id_} if id_ else {}))
    work.session.add(campaign)
    return campaign


def _version_of(definition: Definition, campaign: Campaign, members: str | None) -> CampaignVersion:
    return CampaignVersion(
        code=campaign.code,
        label=definition.label,
        document={**definition.document, "code": campaign.code},
        starts_at=definition.starts_at,
        ends_at=definition.ends_at,
        channels=list(definition.channels),
        locales=list(definition.locales),
        priority=definition.priority,
        members=members,
    )


#: What a version takes over from the one before when it is stopped, restored or deleted.
_KEPT: Final = (
    "code", "label", "document", "starts_at", "ends_at", "stopped_at", "channels", "locales",
    "priority", "members",
)  # fmt: skip


def _copy(version: CampaignVersion) -> CampaignVersion:
    return CampaignVersion(**{name: getattr(version, name) for name in _KEPT})


def _alike(one: CampaignVersion, other: CampaignVersion) -> bool:
    return all(getattr(one, name) == getattr(other, name) for name in _KEPT)


def _write(
    work: Work,
    campaign: Campaign,
    version: CampaignVersion,
    status: Status,
    change_set_id: int | None,
) -> None:
    """Add a version, make it the present one, and tell readers of the change log."""
    now: datetime = work.clock()
    work.session.flush()
    number = work.session.scalar(
        select(CampaignVersion.version)
        .where(CampaignVersion.campaign_id == campaign.id)
        .order_by(CampaignVersion.version.desc())
        .limit(1)
    )
    version.campaign_id, version.version = campaign.id, (number or 0) + 1
    version.action, version.at = status, now
    version.change_set_id, version.author_id = change_set_id, work.actor
    work.session.add(version)
    campaign.version, campaign.updated = version.version, now
    work.session.flush()
    change_log.append(work.session, change_set_id=change_set_id, subject=SUBJECT, ids=[campaign.id])


def _earlier(work: Work, code: str, number: int, known: CampaignVersion | None) -> CampaignVersion:
    """Return a version by number, of the campaign that is there or else the last deleted one."""
    query = select(CampaignVersion).where(CampaignVersion.version == number)
    if known is not None:
        query = query.where(CampaignVersion.campaign_id == known.campaign_id)
    else:
        query = query.where(CampaignVersion.campaign_id == _deleted(work, code))
    found = work.session.scalar(query)
    if found is None or found.action == "deleted":
        raise NotFound(f'The campaign "{code}" has no version {number} that can be restored.')
    return found


def _deleted(work: Work, code: str) -> int | None:
    query = (
        select(CampaignVersion.campaign_id)
        .where(CampaignVersion.action == "deleted")
        .where(func.lower(CampaignVersion.code) == code.strip().lower())
        .order_by(CampaignVersion.campaign_id.desc())
        .limit(1)
    )
    return work.session.scalar(query)


def _keep_members(work: Work, members: Sequence[int]) -> str:
    """Store a list of products under its digest; the same list is stored once."""
    joined = ",".join(map(str, sorted(set(members))))
    digest = hashlib.sha256(joined.encode()).hexdigest()
    # One text: the driver takes its time over arrays of thousands.
    ids = cast(literal("{" + joined + "}", Text), ARRAY(BigInteger))
    row = insert(CampaignMembers).values(digest=digest, ids=ids)
    work.session.execute(row.on_conflict_do_nothing())
    return digest
