"""Merge what an entity has beside values: family, parent, status, memberships."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import orjson
import polars as pl
from sqlalchemy.orm import Session

from pim.domain.merging import NOTHING, merged
from pim.domain.structure import Codes, Structure
from pim.domain.values import Cell
from pim.products.frames import folded
from pim.products.lookups import names_of
from pim.staging.memberships import Listed
from pim.staging.round_trip.conflicts import Clashing
from pim.staging.round_trip.past import OWN, as_text
from pim.staging.round_trip.trip import Trip

#: How what a field holds is told to people.
Told = Callable[[Any], Any]


def own_cell(key: str) -> Cell:
    """Return where the past of an entity's own field stands."""
    return Cell(OWN, key, OWN)


def settle_places(trip: Trip, session: Session, structure: Structure) -> pl.DataFrame:
    """Return a trip's rows without the family and parent that they only repeat from the export.

    What only others changed so stays as they have left it; a family that both changed is a
    conflict.
    """
    rows = trip.rows
    for name, column, nouns in (
        ("family", "family_id", structure.families),
        ("family_variant", "variant_id", structure.family_variants),
    ):
        if trip.past.touches(own_cell(name)):
            rows = _settle_coded(trip, rows, name, trip.entities[column], nouns)
    if trip.past.touches(own_cell("parent")):
        rows = _settle_parent(trip, rows, session)
    return rows


def _settle_coded(
    trip: Trip, rows: pl.DataFrame, name: str, theirs: pl.Series, nouns: Codes[Any]
) -> pl.DataFrame:
    codes = rows[name].unique().to_list()
    ids = {code: thing.id for code in codes if (thing := nouns.get(code))}
    frame = pl.DataFrame(
        {
            "ours": rows[name].replace_strict(ids, default=None, return_dtype=pl.Int64),
            "theirs": theirs,
            "base": trip.past.base(own_cell(name), _texts(theirs)).cast(pl.Int64, strict=False),
            "text": rows[name],
            "marked": trip.past.marked,
        }
    )
    says = pl.col("marked") & pl.col("ours").is_not_null()
    kept = says & pl.col("ours").eq_missing(pl.col("base"))
    both = (
        says
        & ~kept
        & pl.col("theirs").ne_missing(pl.col("base"))
        & pl.col("ours").ne_missing(pl.col("theirs"))
    )
    frame = frame.with_columns(kept.alias("kept"), both.alias("both"))
    for position, base, now, ours in (
        frame.with_row_index().filter("both").select("index", "base", "theirs", "ours").rows()
    ):
        told = [
            None if i not in nouns.by_id else as_text(nouns.by_id[i].code)
            for i in (base, now, ours)
        ]
        trip.clashes.found.append(Clashing(position, name, *told))
    blank = frame["kept"] | frame["both"]
    return rows.with_columns(rows[name].set(blank, "").alias(name))


def _settle_parent(trip: Trip, rows: pl.DataFrame, session: Session) -> pl.DataFrame:
    base = trip.past.base(own_cell("parent"), _texts(trip.entities["parent_id"])).cast(
        pl.Int64, strict=False
    )
    names = names_of(session, base.drop_nulls().unique().to_list())
    shown = base.replace_strict(names, default="", return_dtype=pl.String).fill_null("")
    kept = trip.past.marked & (folded(shown) == rows["parent_key"])
    return rows.with_columns(
        rows[name].set(kept, "").alias(name) for name in ("parent", "parent_key")
    )


def _texts(ids: pl.Series) -> pl.Series:
    return ids.cast(pl.String)


def settle_members(
    trip: Trip, key: str, listed: Listed, stored: pl.Series, nouns: Codes[Any]
) -> Listed:
    """Return what cells list where the sheet has changed it; null where it says nothing new."""
    by_id = nouns.by_id

    def told(data: Any) -> Any:
        return sorted(by_id[int(i)].code for i in data or () if int(i) in by_id)

    ours = _member_texts(listed.ids)
    texts = _settle(trip, key, ours, _member_texts(stored), told)
    return Listed(ids=listed.ids.set(texts.is_null(), None), unknown=listed.unknown)


def settle_enabled(trip: Trip, enabled: pl.Series, stored: pl.Series) -> pl.Series:
    """Return the status where the sheet has changed it; null where it says nothing new."""
    ours, theirs = enabled.cast(pl.String), stored.cast(pl.String)
    texts = _settle(trip, "enabled", ours, theirs, lambda data: data)
    return enabled.zip_with(texts.is_not_null(), pl.Series([None], dtype=pl.Boolean))


def _settle(trip: Trip, key: str, ours: pl.Series, theirs: pl.Series, told: Told) -> pl.Series:
    """Return the texts that are to be written, null elsewhere; clashes go to the trip."""
    marked = trip.past.marked
    base = trip.past.base(own_cell(key), theirs)
    silent = marked & ours.eq_missing(base)
    ours = ours.zip_with(~silent, _NULL)
    known = trip.past.known(own_cell(key), theirs)
    contested = (marked & ours.is_not_null() & ~base.eq_missing(theirs)).arg_true()
    for position in contested:
        sides = [_data(each[position]) for each in (base, theirs, ours)]
        result = merged(*sides, known=[_data(known[position])] if known[position] else [])
        if result.write is NOTHING:
            ours[position] = None
        for _ in result.clashes:
            texts = (None if data is None else as_text(told(data)) for data in sides)
            trip.clashes.found.append(Clashing(position, key, *texts))
    return ours


def _data(text: str | None) -> Any:
    return None if text is None else orjson.loads(text)


def _member_texts(ids: pl.Series) -> pl.Series:
    """Return lists of ids as the JSON objects {id: true}, as `as_text` would spell them."""
    frame = ids.alias("ids").to_frame()
    marks = (
        pl.col("ids")
        .cast(pl.List(pl.String))
        .list.sort()
        .list.eval(pl.format('"{}":true', pl.element()))
    )
    return frame.select(
        pl.when(pl.col("ids").is_not_null()).then(
            pl.concat_str(pl.lit("{"), marks.list.join(","), pl.lit("}"))
        )
    ).to_series()


_NULL: Final = pl.Series([None], dtype=pl.String)
