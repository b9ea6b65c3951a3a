"""Changes of prices, read from history set by set."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import polars as pl
from sqlalchemy import text
from sqlalchemy.orm import Session

from channels.steps.past_price import Place
from pim.db.copy import fetch, number_array

#: Up to so many products history is asked by their ids, beyond by the time of its entries.
FEW = 5_000

#: A change set writes its chunks after it was opened, a long one hours later.
LONGEST_CHANGE_SET = timedelta(days=2)

SCHEMA = pl.Schema({"entity": pl.Int64, "at": pl.Int64, "old": pl.String, "new": pl.String})

# A patch names what it changes; what a level lacked before or lacks now is null, or not there.
_EVENTS = """
    SELECT h.entity_id, CAST(extract(epoch FROM h.at) * 1000000 AS bigint),
        h.before #>> CAST(:leaf AS text[]), h.after #>> CAST(:leaf AS text[])
    FROM history h
    WHERE {among} AND h.action = 0 AND h.before -> 'values' ? :attribute
        AND ((h.before #> CAST(:above AS text[])) ? :currency
            OR (h.after #> CAST(:above AS text[])) ? :currency)
"""
_RECENT = "h.change_set_id >= :first"
_THESE = "h.entity_id = ANY(CAST(:ids AS bigint[]))"
_FIRST = text(
    "SELECT coalesce(min(id), 9223372036854775807) FROM change_set WHERE created >= :then"
)


def price_events(
    session: Session, place: Place, entities: pl.Series, since: datetime
) -> pl.DataFrame:
    """Return (entity, at, old, new) of every change of a price since a moment, unordered.

    `at` counts microseconds since 1970; `old` and `new` are amounts, null where there was none.
    """
    above = ["values", *place.path]
    parameters = {
        "attribute": place.path[0],
        "above": above,
        "leaf": [*above, place.currency],
        "currency": place.currency,
    }
    among, asked = _asked(session, entities, since)
    return fetch(session, _EVENTS.format(among=among), SCHEMA, {**parameters, **asked})


def _asked(
    session: Session, entities: pl.Series, since: datetime
) -> tuple[str, dict[str, str | int]]:
    """Return the condition that finds entries, and its parameters."""
    if len(entities) <= FEW:
        return _THESE, {"ids": number_array(entities)}
    first = session.scalar(_FIRST, {"then": since - LONGEST_CHANGE_SET})
    return _RECENT, {"first": int(first or 0)}


def micros(moments: Sequence[datetime]) -> list[int]:
    """Return moments as microseconds since 1970."""
    return [int(pl.Series([each]).dt.timestamp("us")[0]) for each in moments]
