"""Completeness where campaigns fill a cell or empty it; a new price is as complete as the old."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from operator import or_

import polars as pl

from pim.domain.structure import Structure
from pim.projection import completeness
from pim.projection.columns import SYSTEM, Column
from pim.projection.leaves import filled
from pim.projection.piece import Piece
from pim.projection.uncovered import tables

FAMILY = Column(name="family", dtype=SYSTEM["family"])
ID = Column(name="id", dtype=SYSTEM["id"])


def asked(structure: Structure, channel: str, locale: str) -> list[Column]:
    """Return the columns on which the completeness in a channel and locale hangs."""
    market = structure.channels[channel]
    return [
        column
        for attribute in completeness.asked(structure)
        for column in completeness.parts(structure, attribute, market, locale)
    ]


def refilled(pairs: Sequence[tuple[Column, pl.Series, pl.Series]]) -> pl.Series:
    """Return in which rows any column is filled over the base and empty in it, or the reverse.

    `pairs` are columns with their base and with what campaigns make of it.
    """
    found = []
    for column, base, over in pairs:
        was, now = (
            s.alias(column.name).to_frame().select(filled(column)).to_series() for s in (base, over)
        )
        found.append(was != now)
    return reduce(or_, found)


def anew(
    structure: Structure,
    channel: str,
    locale: str,
    rows: pl.Series,
    column: Callable[[Column, pl.Series], pl.Series],
) -> pl.DataFrame:
    """Return required, missing and ratio of rows, from what `column` gives of them."""
    wanted = {c.name: c for c in (ID, FAMILY, *asked(structure, channel, locale))}
    frame = pl.DataFrame([column(each, rows).alias(each.name) for each in wanted.values()])
    held = frame.with_columns(pl.lit(None, dtype=pl.UInt32).alias("owner"))
    nobody = pl.DataFrame(schema={"id": pl.Int64})
    piece = Piece("anew", tables(held), tables(nobody), pl.Series("id", [], dtype=pl.Int64))
    return completeness.of_piece(piece, structure, channel, locale)


def put_back(whole: pl.DataFrame, rows: pl.Series, some: pl.DataFrame) -> pl.DataFrame:
    """Return a frame in which some rows are replaced."""
    places = pl.int_range(0, whole.height, dtype=pl.UInt32, eager=True)
    at = pl.int_range(whole.height, whole.height + some.height, dtype=pl.UInt32, eager=True)
    return pl.concat([whole, some])[places.scatter(rows, at)]
