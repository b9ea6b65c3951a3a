"""Put the prices gone by that a mapping asks for beside the columns of the projection."""

from __future__ import annotations

from datetime import datetime, timedelta

import polars as pl
from sqlalchemy.orm import Session

from channels.mapping.compiled import CompiledMapping
from channels.past_prices.events import SCHEMA, price_events
from channels.past_prices.lowest import lowest
from channels.steps.past_price import PastPrice, Place
from pim.projection import Reading


def with_past_prices(
    frame: pl.DataFrame,
    compiled: CompiledMapping,
    session: Session,
    now: datetime,
    *,
    reading: Reading,
) -> pl.DataFrame:
    """Return a frame of products with a column more for each price gone by that is asked for.

    History is read once for each price that several targets share, whatever the number of products.
    It tells of stored prices: one that a campaign of the reading lays over them is none gone by.
    """
    if not compiled.derived or frame.is_empty():
        return frame
    stored = _stored(frame, compiled, reading) if reading.campaigns else frame
    read: dict[tuple[Place, int], pl.DataFrame] = {}
    columns = [
        lowest(
            stored,
            each,
            _read(session, each.price, each, stored, now, read),
            _read(session, each.sale, each, stored, now, read),
            now,
        ).alias(each.column)
        for each in compiled.derived
    ]
    return frame.with_columns(columns)


def _stored(frame: pl.DataFrame, compiled: CompiledMapping, reading: Reading) -> pl.DataFrame:
    """Return what prices gone by are worked out from, as it is stored."""
    names = sorted({"id", *(name for each in compiled.derived for name in each.needs)})
    return reading.base.frame(names, ids=frame["id"])


def _read(
    session: Session,
    place: Place | None,
    request: PastPrice,
    frame: pl.DataFrame,
    now: datetime,
    read: dict[tuple[Place, int], pl.DataFrame],
) -> pl.DataFrame:
    if place is None:
        return SCHEMA.to_frame()
    reach = request.look_back + request.days
    if (place, reach) not in read:
        levels = [frame["id"], frame["parent"], frame["root"]]
        entities = pl.concat([each.alias("id") for each in levels]).drop_nulls().unique()
        since = now - timedelta(days=reach)
        read[place, reach] = price_events(session, place, entities, since)
    return read[place, reach]
