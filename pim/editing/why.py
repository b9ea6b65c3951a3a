"""Why a value is what it is: own, inherited, of a rule or a campaign; who wrote it, and from where.

History tells the base; what runs over it at the moment is asked of the readings with campaigns.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any

import polars as pl
from sqlalchemy.orm import Session

from pim.campaigns import sheets
from pim.campaigns.running import Campaign, running, running_then
from pim.domain.decimals import canonical
from pim.domain.structure import ALL, Structure
from pim.errors import Refused
from pim.products.history import Entity
from pim.products.models import PRODUCT
from pim.products.past.places import PRICES, Place, find_place
from pim.products.past.timeline import reason
from pim.projection import Projection, Reading
from pim.projection.columns import METRIC, UNIT
from pim.projection.effective import Effective, effective

CAMPAIGN = "campaign"


@dataclass(frozen=True, kw_only=True)
class Question:
    """Which value is asked about; `scope` is the channel whose campaigns count as well."""

    field: str
    scope: str | None = None
    locale: str | None = None
    moment: datetime | None = None


def why(
    session: Session,
    projection: Projection,
    structure: Structure,
    entity: Entity,
    question: Question,
    *,
    now: datetime,
) -> dict[str, Any]:
    """Return the answer as a document: value, by, level, from, change_set and who made it.

    Beside these kind, label, author, at, import, undoes, rule, campaign and base. `by` is own,
    inherited (of the model `from`), rule, campaign, or None for an empty value. With a campaign
    `campaign` tells which and until when, and `base` is the value below it; all else tells about
    the base. Raises NotFound for unknown fields, Refused where a channel or locale is missing or
    history does not reach back.
    """
    place = find_place(structure, question.field, scope=question.scope, locale=question.locale)
    base = reason(session, structure, entity, place, moment=question.moment)
    told = {
        "identifier": entity.name,
        "field": place.column,
        **base.document(),
        "campaign": None,
        "base": None,
    }
    channel = _channel(structure, place, question)
    if entity.kind != PRODUCT or channel is None or not _may_be_laid_over(place):
        return told
    over = _Over(
        session=session,
        projection=projection,
        structure=structure,
        channel=channel,
        now=now,
        past=question.moment,
    )
    laid = over.of(entity, place)
    if laid is None:
        return told
    campaign, value = laid
    return {**told, "value": value, "by": CAMPAIGN, "campaign": _told(campaign), "base": base.value}


def _channel(structure: Structure, place: Place, question: Question) -> str | None:
    """Return the channel that is looked at: the value's own, else the one that was named."""
    if place.cell and place.cell.channel != ALL:
        return place.cell.channel
    if question.scope is None:
        return None
    found = structure.channels.get(question.scope)
    if found is None:
        known = ", ".join(channel.code for channel in structure.channels)
        raise Refused(f'There is no channel "{question.scope}": choose one of {known}.')
    return found.code


def _may_be_laid_over(place: Place) -> bool:
    return place.cell is not None or place.field in {"enabled", "categories"}


@dataclass(frozen=True, kw_only=True)
class _Over:
    """The campaigns that show over a channel's products now, or showed at a past moment."""

    session: Session
    projection: Projection
    structure: Structure
    channel: str
    now: datetime
    past: datetime | None

    def of(self, entity: Entity, place: Place) -> tuple[Campaign, Any] | None:
        """Return the campaign that shows over a place, and the value that it shows."""
        connection = self.session.connection()
        moment = self.past or self.now
        found = (running_then if self.past else running)(connection, moment)
        campaigns = [campaign for campaign in found if _concerns(campaign, self.channel)]
        if not campaigns:
            return None
        read = self.projection.read_past(moment) if self.past else self.projection.read_covering()
        with read as base:
            reading = effective(
                base,
                campaigns,
                channel=self.channel,
                at=moment,
                sheets=partial(sheets.frame, connection),
            )
            columns = _columns(self.structure, place)
            campaign = _winner(reading, entity, columns)
            return (campaign, _value(reading, entity, place, columns)) if campaign else None


def _winner(reading: Reading, entity: Entity, columns: Mapping[str, str]) -> Campaign | None:
    """Return the campaign whose value an entity shows in any of some columns."""
    assert isinstance(reading, Effective)
    found = (reading.campaigns_of(entity.id, column) for column in columns.values())
    return next((campaign for campaign in found if campaign), None)


def _concerns(campaign: Campaign, channel: str) -> bool:
    return not campaign.channels or channel.casefold() in map(str.casefold, campaign.channels)


def _columns(structure: Structure, place: Place) -> Mapping[str, str]:
    """Map the parts of a place ("" for one that has none) to columns of the projection."""
    if place.cell is None or place.part == "amount":
        return {"": place.cell.column if place.cell else place.field}
    attribute = structure.attributes[place.cell.attribute]
    if place.part:
        return {"": place.column}
    if attribute.type == PRICES:
        active = (c.code for c in structure.currencies if c.active)
        return {code: f"{place.cell.column}-{code}" for code in active}
    if attribute.type == METRIC:
        return {"amount": place.cell.column, UNIT: f"{place.cell.column}-{UNIT}"}
    return {"": place.column}


def _value(reading: Reading, entity: Entity, place: Place, columns: Mapping[str, str]) -> Any:
    """Return what a reading shows of an entity in the shape of values' documents."""
    ids = pl.Series("id", [entity.id], dtype=pl.Int64)
    row = reading.frame(list(columns.values()), ids=ids).row(0, named=True)
    parts = {part: _plain(reading.structure, place, row[name]) for part, name in columns.items()}
    if set(parts) == {""}:
        return parts[""]
    held = {part: data for part, data in parts.items() if data is not None}
    return held or None


def _plain(structure: Structure, place: Place, data: Any) -> Any:
    """Return a column's data as values' documents have it: text, codes, canonical numbers."""
    if isinstance(data, Decimal):
        return canonical(data)
    if place.cell is None:
        known = structure.categories.by_id
        return sorted(known[n].code for n in data) if isinstance(data, list) else data
    options = structure.attributes[place.cell.attribute].options.by_id
    if isinstance(data, list):
        return sorted(options[n].code if n in options else n for n in data)
    if isinstance(data, int) and not isinstance(data, bool):
        return options[data].code if data in options else data
    return data.isoformat() if hasattr(data, "isoformat") else data


def _told(campaign: Campaign) -> dict[str, Any]:
    return {
        "code": campaign.code,
        "label": campaign.label,
        "starts_at": campaign.starts_at.isoformat(),
        "ends_at": campaign.ends_at.isoformat(),
        "priority": campaign.priority,
    }
