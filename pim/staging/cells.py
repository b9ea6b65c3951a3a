"""Read the value cells of a chunk by the type's own check; what they come to depends on places.

Reading needs no database, so a thread can do it while the chunk before is being written. Settling
takes what stands at a level that may not hold it away, and says what an empty cell means.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import or_
from typing import Any

import orjson
import polars as pl

from pim.domain.attribute_types import CellFormat
from pim.domain.structure import Structure
from pim.domain.values import Cell, Document, get
from pim.products.columns import ColumnResult, as_violation, parse_column
from pim.staging.blanks import cleared, empty_cell
from pim.staging.counts import Blank
from pim.staging.findings import Findings
from pim.staging.header import HeaderPlan, ValueColumns
from pim.staging.media import MEDIA_TYPES, MediaFiles
from pim.staging.misplaced import misplaced
from pim.staging.places import Placed
from pim.staging.round_trip.columns import TripColumn
from pim.staging.round_trip.spreadsheets import either_sign
from pim.staging.round_trip.trip import Trip

Texts = Mapping[str, pl.Series]

NUMBER_TYPES = frozenset(
    {"pim_catalog_number", "pim_catalog_metric", "pim_catalog_price_collection"}
)


@dataclass(frozen=True, kw_only=True)
class ReadCell:
    """The columns of one value: their texts, whether a row has anything there, and as JSON.

    `result` is None for media, whose files are looked up once it is known who may have them.
    """

    value: ValueColumns
    given: Texts
    filled: pl.Series
    result: ColumnResult | None


@dataclass(frozen=True, kw_only=True)
class CellReader:
    """Turns columns of text into columns of JSON, one per cell of the document."""

    structure: Structure
    plan: HeaderPlan
    media: MediaFiles
    inherited: Callable[[Iterable[int]], Mapping[int, Document]]
    format: CellFormat = field(default_factory=CellFormat)
    blank: Blank = "keep"

    def read(self, frame: pl.DataFrame) -> list[ReadCell]:
        """Return the values of which any row of the chunk says something."""
        columns = [column for value in self.plan.values for column in value.columns.values()]
        says = pl.col(columns) != "" if self.blank == "keep" else pl.col(columns).is_not_null()
        said = frame.select(says.any()).row(0, named=True) if columns else {}
        return [
            self._read(frame, value)
            for value in self.plan.values
            if any(said[column] for column in value.columns.values())
        ]

    def _read(self, frame: pl.DataFrame, value: ValueColumns) -> ReadCell:
        given = {suffix: frame[column] for suffix, column in value.columns.items()}
        if self.plan.version and value.attribute.type in NUMBER_TYPES:
            given = {
                suffix: column if suffix == "unit" else either_sign(column, self.format.decimal)
                for suffix, column in given.items()
            }
        is_media = value.attribute.type in MEDIA_TYPES
        result = None if is_media else self._parse(value, given)
        return ReadCell(value=value, given=given, filled=_filled(given), result=result)

    def settle(
        self,
        cells: Sequence[ReadCell],
        placed: Placed,
        findings: Findings,
        trip: Trip | None = None,
    ) -> dict[Cell, pl.Series]:
        """Return the JSON text of each cell (null: leave alone); problems go to `findings`.

        Of rows that come back from an export only what the sheet has changed counts. The stored
        text of a cell stands in the placed frame under its position in `cells`.
        """
        settled = {}
        for number, read in enumerate(cells):
            cell = read.value.cell
            stored = placed.frame[str(number)]
            column = TripColumn.of(trip, cell, self.structure, stored) if trip else None
            settled[cell] = self._settle(read, placed, findings, column)
        return {
            cell: column for cell, column in settled.items() if column.null_count() < len(column)
        }

    def _settle(
        self, read: ReadCell, placed: Placed, findings: Findings, trip: TripColumn | None
    ) -> pl.Series:
        owned = placed.owned(read.value.cell.attribute)
        if trip:
            told = trip.touched(read.given, read.filled, read.result.json if read.result else None)
            return trip.merge(self._said(read, owned, told, placed, findings))
        return self._said(read, owned, _all(owned.len()), placed, findings)

    def _said(
        self,
        read: ReadCell,
        owned: pl.Series,
        told: pl.Series,
        placed: Placed,
        findings: Findings,
    ) -> pl.Series:
        """Return what rows say: `owned` are those that may hold the cell, `told` those that do."""
        if not owned.all():
            self._warn(read, read.filled & ~owned & told, placed, findings)
        owned &= told
        result = read.result or self._stored(read, owned, findings)
        if result.violations.height:
            kept = owned.gather(result.violations["index"])
            for row in result.violations.filter(kept).iter_rows(named=True):
                findings.add(row["index"], as_violation(row))
        json = result.json.set(~owned, None)
        if self.blank == "clear":
            return cleared(read.value.attribute, read.given, json, owned & placed.known)
        if self.blank == "refuse":
            column = next(iter(read.value.columns.values()))
            for position in (_there(read.given) & ~read.filled & owned).arg_true().to_list():
                findings.add(position, empty_cell(column))
        return json

    def _stored(self, read: ReadCell, owned: pl.Series, findings: Findings) -> ColumnResult:
        """Return what media cells come to; their files are stored on the way."""
        texts = read.given[""].zip_with(owned, pl.Series([None], dtype=pl.String))
        return self._parse(read.value, {"": self.media.keys(texts, read.value, findings)})

    def _parse(self, value: ValueColumns, texts: Texts) -> ColumnResult:
        return parse_column(
            value.attribute, texts, self.structure, self.format, path=value.cell.column
        )

    def _warn(self, read: ReadCell, astray: pl.Series, placed: Placed, findings: Findings) -> None:
        """Warn about values that belong elsewhere, unless they say what is inherited anyway."""
        positions = [p for p in astray.arg_true().to_list() if p not in findings.rejected]
        if not positions:
            return
        parents = placed.frame["parent_id"].gather(positions)
        known = self.inherited(parents.drop_nulls().unique().to_list())
        texts = {suffix: column.gather(positions) for suffix, column in read.given.items()}
        given = (
            read.result.json.gather(positions)
            if read.result
            else self._parse(read.value, texts).json
        )
        column = next(iter(read.value.columns.values()))
        for position, text, parent in zip(positions, given, parents, strict=True):
            above = get(known.get(parent, {}), read.value.cell)
            if not _says_the_same(text, above):
                place = placed.place_of(position)
                findings.add(position, misplaced(column, read.value.cell.attribute, place))


def _all(height: int) -> pl.Series:
    return pl.repeat(value=True, n=height, eager=True, dtype=pl.Boolean)


def _says_the_same(text: str | None, above: Any) -> bool:
    """Tell whether a cell repeats what stands above; of prices only those that it names."""
    data = orjson.loads(text) if text is not None else None
    if isinstance(data, dict) and isinstance(above, dict):
        return data.items() <= above.items()
    return data is not None and bool(data == above)


def _there(texts: Texts) -> pl.Series:
    """Return whether a row has any of the cells: null means that it says nothing of them."""
    return reduce(or_, (column.is_not_null() for column in texts.values()))


def _filled(texts: Texts) -> pl.Series:
    """Return whether a row has anything in a value's columns (a unit alone is nothing)."""
    columns = [text for suffix, text in texts.items() if suffix != "unit"] or list(texts.values())
    return reduce(or_, ((column.str.strip_chars() != "").fill_null(False) for column in columns))
