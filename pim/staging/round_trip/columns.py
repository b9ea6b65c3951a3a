"""Merge a column of values: which cells the sheet has changed, and where others did, too."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
import polars as pl

from pim.domain.attribute_types import type_of
from pim.domain.merging import NOTHING, merged
from pim.domain.structure import Attribute, Structure
from pim.domain.values import Cell
from pim.staging.differences import canonical
from pim.staging.round_trip.conflicts import Clashing
from pim.staging.round_trip.past import as_text
from pim.staging.round_trip.spreadsheets import reformatted
from pim.staging.round_trip.trip import Trip

PRICE = "pim_catalog_price_collection"

Texts = Mapping[str, pl.Series]


@dataclass(frozen=True, kw_only=True)
class TripColumn:
    """One cell of all rows of a chunk: what it showed, and what stands there now (canonical)."""

    trip: Trip
    cell: Cell
    attribute: Attribute
    structure: Structure
    base: pl.Series
    theirs: pl.Series

    @classmethod
    def of(cls, trip: Trip, cell: Cell, structure: Structure, stored: pl.Series) -> TripColumn:
        """Return the column of a cell, given its stored JSON texts."""
        theirs = canonical(stored)
        return cls(
            trip=trip,
            cell=cell,
            attribute=structure.attributes[cell.attribute],
            structure=structure,
            base=trip.past.base(cell, theirs),
            theirs=theirs,
        )

    def touched(self, given: Texts, filled: pl.Series, json: pl.Series | None) -> pl.Series:
        """Return which rows say something else than they showed; all that tell no version.

        Compared is the data, whatever spelling a spreadsheet gave it; `json` is None for media.
        """
        untouched = ~filled & self.base.is_null()
        if json is not None:
            untouched |= (canonical(json) == self.base).fill_null(value=False)
        doubtful = (self.trip.past.marked & ~untouched).arg_true()
        if doubtful.is_empty():
            return ~(self.trip.past.marked & untouched)
        rows = pl.DataFrame(
            [series.gather(doubtful).alias(f"cell {s}") for s, series in given.items()]
        ).with_columns(self.base.gather(doubtful).alias("base"))
        distinct = rows.unique(maintain_order=True)
        same = [self._same(dict(zip(given, row, strict=False)), row[-1]) for row in distinct.rows()]
        told = rows.join(
            distinct.with_columns(pl.Series("same", same, dtype=pl.Boolean)),
            on=rows.columns, how="left", nulls_equal=True, maintain_order="left",
        )["same"]  # fmt: skip
        untouched = untouched.scatter(doubtful, told)
        return ~(self.trip.past.marked & untouched)

    def _same(self, given: Mapping[str, str | None], base: str | None) -> bool:
        """Tell whether texts are how a spreadsheet may have left what a row showed."""
        data = None if base is None else orjson.loads(base)
        shown = type_of(self.attribute).to_cells(data, self.attribute, self.structure)
        if data is None:
            given = {suffix: text for suffix, text in given.items() if suffix != "unit"}
        return all(
            reformatted(shown.get(suffix, ""), text)
            for suffix, text in given.items()
            if text is not None
        )

    @property
    def _by_parts(self) -> bool:
        return self.attribute.type == PRICE

    def merge(self, json: pl.Series) -> pl.Series:
        """Return what is to be written; where others changed the cell, too, it is a conflict."""
        free = self.base.eq_missing(self.theirs)
        contested = (json.is_not_null() & self.trip.past.marked & ~free).arg_true()
        if contested.is_empty():
            return json
        known = self.trip.past.known(self.cell, self.theirs, by_parts=self._by_parts)
        sides = (self.base, self.theirs, json, known)
        rows = pl.DataFrame([side.gather(contested).alias(str(n)) for n, side in enumerate(sides)])
        decided: dict[tuple[Any, ...], tuple[str | None, list[Clashing]]] = {}
        written = []
        for position, row in zip(contested, rows.rows(), strict=True):
            if row not in decided:
                decided[row] = self._decide(*row)
            text, clashes = decided[row]
            written.append(text)
            self.trip.clashes.found += [clash._replace(position=position) for clash in clashes]
        return json.scatter(contested, pl.Series(written, dtype=pl.String))

    def _decide(
        self, base: str | None, theirs: str | None, ours: str, known: str | None
    ) -> tuple[str | None, list[Clashing]]:
        sides = (None if text is None else orjson.loads(text) for text in (base, theirs, ours))
        seen = [] if known is None else [orjson.loads(known)]
        result = merged(*sides, by_parts=self._by_parts, known=seen)
        clashes = [
            Clashing(
                0,
                f"{self.cell.column}-{clash.part}" if clash.part else self.cell.column,
                *(
                    None if d is None else as_text(d)
                    for d in (clash.base, clash.theirs, clash.ours)
                ),
            )
            for clash in result.clashes
        ]
        return None if result.write is NOTHING else as_text(result.write), clashes
