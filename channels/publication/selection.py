"""Which products make a feed's items, and which of them may have changed since a publication."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from datetime import datetime

import polars as pl
from sqlalchemy import Connection, text

from channels.feeds.definition import Definition
from channels.publication.structure import changes_since, products_showing
from pim.projection import Reading, cursor

SKUS = ("simple", "variant")

#: What an item of a level stands for: the column that is one and the same for all its variants.
GROUP_OF_LEVEL = {"product": None, "model": "root", "colourway": "colourway"}

#: Nobody can say what changed since a snapshot of another database, or one older than the log.
_UNKNOWN = text(
    """
    SELECT pg_snapshot_xmax(CAST(:snapshot AS pg_snapshot))
               > pg_snapshot_xmax(pg_current_snapshot())
        OR pg_snapshot_xmin(CAST(:snapshot AS pg_snapshot)) < (SELECT log_before FROM horizon)
    """
)


def select_products(
    reading: Reading, definition: Definition, now: datetime, *, among: pl.Series | None = None
) -> pl.Series:
    """Return the ids of the products whose items the feed publishes, of all or among some.

    The condition asks what the reading shows, campaigns included, unless it says otherwise.
    """
    asked = reading.base if definition.where.view == "base" else reading
    ids = reading.shows(asked.matching(definition.where, levels=SKUS, now=now, ids=among))
    if definition.completeness_minimum is None:
        return ids
    for locale in definition.completeness_locales:
        ratios = reading.completeness(definition.channel.code, locale, ids=among)
        complete = ratios.filter(pl.col("ratio") >= definition.completeness_minimum)["id"]
        ids = ids.filter(ids.is_in(complete.implode()))
    return ids


def asked_of(definition: Definition, now: datetime) -> Hashable:
    """Return a key of what a feed's selection asks: equal ones select the same products."""
    moment = now if definition.selects_by_time else None
    locales = definition.completeness_locales
    complete = (definition.channel.code, locales, definition.completeness_minimum)
    return repr(definition.where), complete if locales else None, moment


def changed_products(
    connection: Connection, reading: Reading, snapshot: str | None
) -> list[int] | None:
    """Return products that may publish differently since a snapshot, deleted ones too.

    None means that any product may: there is no snapshot, or the structure changed in a way that
    many products show.
    """
    if snapshot is None or connection.execute(_UNKNOWN, {"snapshot": snapshot}).scalar():
        return None
    showing = products_showing(reading, changes_since(connection, snapshot))
    if showing is None:
        return None
    reached = cursor.reach(connection, cursor.changed(connection, snapshot))
    return sorted({*reached.products, *reached.gone, *showing})


def in_one_only(one: pl.Series, other: pl.Series) -> list[int]:
    """Return the ids that one of two selections has and the other has not."""
    if one.equals(other):
        return []
    counted = pl.concat([one, other]).alias("id").value_counts()
    return counted.filter(pl.col("count") == 1)["id"].to_list()


def whole_groups(reading: Reading, products: Sequence[int], columns: frozenset[str]) -> pl.Series:
    """Return products with all that share a group with them (a root, a colourway, a parent)."""
    ids = pl.Series("id", products, dtype=pl.Int64)
    reading = reading.base  # what a drop withholds shares groups with others all the same
    for column in sorted(columns):
        frame = reading.frame(["id", column], levels=SKUS)
        touched = frame.filter(pl.col("id").is_in(ids.implode()))[column].drop_nulls()
        grouped = frame.filter(pl.col(column).is_in(touched.implode()))["id"]
        ids = pl.concat([ids, grouped]).unique().sort()
    return ids
