"""Read the value cells of a chunk: by the type's own check, at the level that owns them."""

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
from pim.domain.violations import Violation
from pim.products.columns import ColumnResult, as_violation, parse_column
from pim.staging.context import Placement, RowContext
from pim.staging.counts import Blank
from pim.staging.findings import Findings
from pim.staging.header import HeaderPlan, ValueColumns
from pim.staging.media import MEDIA_TYPES, MediaFiles


@dataclass(frozen=True, kw_only=True)
class CellReader:
    """Turns columns of text into columns of JSON, one per cell of the document."""

    structure: Structure
    plan: HeaderPlan
    media: MediaFiles
    inherited: Callable[[Iterable[int]], Mapping[int, Document]]
    format: CellFormat = field(default_factory=CellFormat)
    blank: Blank = "keep"

    def read(
        self, frame: pl.DataFrame, contexts: Sequence[RowContext], findings: Findings
    ) -> dict[Cell, pl.Series]:
        """Return the JSON text of each cell (null: leave alone); problems go to `findings`."""
        chunk = _Chunk(contexts, findings)
        return {value.cell: self._column(frame, value, chunk) for value in self.plan.values}

    def _column(self, frame: pl.DataFrame, value: ValueColumns, chunk: _Chunk) -> pl.Series:
        given = {suffix: frame[column] for suffix, column in value.columns.items()}
        filled = _filled(given)
        owned = chunk.owned(value.cell.attribute)
        if not owned.all():
            self._warn(value, given, filled & ~owned, chunk)
        texts = {suffix: _only(column, owned) for suffix, column in given.items()}
        if value.attribute.type in MEDIA_TYPES:
            texts = {"": self.media.keys(texts[""], value, chunk.findings)}
        result = self._parse(value, texts)
        for row in result.violations.iter_rows(named=True):
            chunk.findings.add(row["index"], as_violation(row))
        if self.blank == "keep":
            return result.json
        if self.blank == "refuse":
            _refuse_empty(value, _there(given) & ~filled & owned, chunk.findings)
            return result.json
        return _cleared(value, given, result.json, owned & chunk.stored)

    def _parse(self, value: ValueColumns, texts: Mapping[str, pl.Series]) -> ColumnResult:
        return parse_column(
            value.attribute, texts, self.structure, self.format, path=value.cell.column
        )

    def _warn(
        self,
        value: ValueColumns,
        given: Mapping[str, pl.Series],
        misplaced: pl.Series,
        chunk: _Chunk,
    ) -> None:
        """Warn about values that belong elsewhere, unless they say what is inherited anyway."""
        astray = [p for p in misplaced.arg_true().to_list() if p not in chunk.findings.rejected]
        if not astray:
            return
        parents = {c.parent.id for p in astray if (c := chunk.contexts[p]).parent}
        known = self.inherited(parents) if parents else {}
        texts = {suffix: column.gather(astray) for suffix, column in given.items()}
        column = next(iter(value.columns.values()))
        for position, text in zip(astray, self._parse(value, texts).json.to_list(), strict=True):
            context = chunk.contexts[position]
            above = get(known.get(context.parent.id, {}), value.cell) if context.parent else None
            if not _says_the_same(text, above):
                violation = _misplaced(column, value.cell.attribute, context.place)
                chunk.findings.add(position, violation)


def _says_the_same(text: str | None, above: Any) -> bool:
    """Tell whether a cell repeats what stands above; of prices only those that it names."""
    data = orjson.loads(text) if text is not None else None
    if isinstance(data, dict) and isinstance(above, dict):
        return data.items() <= above.items()
    return data is not None and bool(data == above)


def _there(texts: Mapping[str, pl.Series]) -> pl.Series:
    """Return whether a row has any of the cells: null means that it says nothing of them."""
    return reduce(or_, (column.is_not_null() for column in texts.values()))


def _refuse_empty(value: ValueColumns, empty: pl.Series, findings: Findings) -> None:
    column = next(iter(value.columns.values()))
    for position in empty.arg_true().to_list():
        findings.add(position, _empty(column))


def _cleared(
    value: ValueColumns, given: Mapping[str, pl.Series], json: pl.Series, where: pl.Series
) -> pl.Series:
    """Return the JSON with nulls for empty cells of known rows; of prices currency by currency."""
    empty = {
        suffix: where & (column.str.strip_chars() == "").fill_null(False)
        for suffix, column in given.items()
    }
    if value.attribute.type != "pim_catalog_price_collection":
        nothing = empty.get("")
        null = pl.Series(["null"], dtype=pl.String)
        return json if nothing is None else json.zip_with(~nothing, null)
    nulls = pl.DataFrame(
        [
            pl.Series(c, rows).replace_strict({True: f'"{c}":null,', False: ""})
            for c, rows in empty.items()
        ]
    ).select(pl.concat_str(pl.all()).alias("nulls"))
    whole = pl.concat_str(
        pl.lit("{"), "nulls", pl.col("json").fill_null("{}").str.slice(1)
    ).str.replace(",}", "}", literal=True)
    return (
        nulls.with_columns(json.alias("json"))
        .select(pl.when(pl.col("nulls") == "").then("json").otherwise(whole).alias("json"))
        .to_series()
    )


class _Chunk:
    """A chunk's rows: their contexts, and their placements, few and shared, as an index per row."""

    def __init__(self, contexts: Sequence[RowContext], findings: Findings) -> None:
        self.contexts = contexts
        self.findings = findings
        self.stored = pl.Series([c.stored is not None for c in contexts], dtype=pl.Boolean)
        numbers: dict[int, int] = {}
        self._places: list[Placement] = []
        index = []
        for context in contexts:
            key = id(context.place)
            if key not in numbers:
                numbers[key] = len(self._places)
                self._places.append(context.place)
            index.append(numbers[key])
        self._index = pl.Series(index, dtype=pl.UInt32)

    def owned(self, attribute: str) -> pl.Series:
        """Return whether each row's place may hold the attribute."""
        return pl.Series([p.owns(attribute) for p in self._places], dtype=pl.Boolean).gather(
            self._index
        )


def _filled(texts: Mapping[str, pl.Series]) -> pl.Series:
    """Return whether a row has anything in a value's columns (a unit alone is nothing)."""
    columns = [text for suffix, text in texts.items() if suffix != "unit"] or list(texts.values())
    frame = pl.DataFrame({str(i): column for i, column in enumerate(columns)})
    return frame.select(
        pl.any_horizontal(pl.all().fill_null("").str.strip_chars() != "").alias("filled")
    ).to_series()


def _only(column: pl.Series, where: pl.Series) -> pl.Series:
    return column.zip_with(where, pl.Series([None], dtype=pl.String))


def _misplaced(column: str, attribute: str, place: Placement) -> Violation:
    family = place.family
    if family and attribute not in family.attributes:
        return Violation(
            code="not_in_family",
            path=column,
            message="{attribute} is no attribute of the family {family}; the value is left out.",
            parameters={"attribute": attribute, "family": family.code},
            mend="Add the attribute to the family, or empty the cell.",
            severity="warning",
        )
    owner = place.variant.owner(attribute) if place.variant else 0
    return Violation(
        code="wrong_level",
        path=column,
        message="{attribute} belongs to {owner}, not here; the value is left out.",
        parameters={"attribute": attribute, "owner": LEVEL_NAMES[min(owner, 2)]},
        mend="Put the value on the row that owns it, or empty the cell.",
        severity="warning",
    )


LEVEL_NAMES = ("the root model", "the first variant level", "the second variant level")


def _empty(column: str) -> Violation:
    return Violation(
        code="cell_empty",
        path=column,
        message="The cell is empty, and this import refuses empty cells.",
        mend='Fill it in, or choose "keep" or "clear" for empty cells.',
    )
