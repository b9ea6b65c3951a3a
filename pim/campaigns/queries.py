"""Read campaigns: one, all, those of a calendar, and what each was before."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final, Literal

from sqlalchemy import Select, any_, func, literal, or_, select
from sqlalchemy.orm import Session

from pim.campaigns.models import Campaign, CampaignMembers, CampaignSheet, CampaignVersion
from pim.errors import NotFound

State = Literal["planned", "running", "ended", "stopped"]

#: Moments before and after any campaign.
ALWAYS: Final = (datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC))


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
        among = literal(channel.lower()) == any_(func.string_to_array(named, "\n"))
        query = query.where(or_(func.cardinality(version.channels) == 0, among))
    return session.scalars(_in_time(query)).all()


def find_version(session: Session, code: str, number: int | None) -> CampaignVersion:
    """Return a version of a campaign by number, the present one without; else raise NotFound.

    Of a campaign that is deleted its versions are found all the same.
    """
    if number is None:
        return find_campaign(session, code)
    for version in versions_of(session, code):
        if version.version == number:
            return version
    raise NotFound(f'The campaign "{code}" has no version {number}.')


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


def member_ids(session: Session, version: CampaignVersion) -> list[int]:
    """Return the products that a campaign has frozen, in order; none if it is live."""
    found = session.get(CampaignMembers, version.members) if version.members else None
    return list(found.ids) if found else []


def written_by(session: Session, change_set_id: int) -> Sequence[CampaignVersion]:
    """Return the versions that a change set has written."""
    version = CampaignVersion
    query = select(version).where(version.change_set_id == change_set_id)
    return session.scalars(query.order_by(version.campaign_id, version.version)).all()


def newest_number(session: Session, version: CampaignVersion) -> int:
    """Return the number of the newest version of a version's campaign."""
    known = CampaignVersion
    query = select(func.max(known.version)).where(known.campaign_id == version.campaign_id)
    return session.scalar(query) or 0


def before(session: Session, version: CampaignVersion) -> CampaignVersion | None:
    """Return the version before one; None before the first."""
    return session.get(CampaignVersion, (version.campaign_id, version.version - 1))


def _present() -> Select[CampaignVersion]:
    return select(CampaignVersion).join(
        Campaign,
        (Campaign.id == CampaignVersion.campaign_id)
        & (Campaign.version == CampaignVersion.version),
    )


def _in_time(query: Select[Any]) -> Select[Any]:
    return query.order_by(CampaignVersion.starts_at, CampaignVersion.code)
