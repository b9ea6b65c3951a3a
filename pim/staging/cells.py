"""Read the value cells of a chunk: by the type's own check, at the level that owns the attribute."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from pim.domain.attribute_types import CellFormat
from pim.domain.structure import Structure
from pim.domain.values import Cell
from pim.domain.violations import Violation
from pim.products.columns import as_violation, parse_column
from pim.staging.context import Placement, RowContext
from pim.staging.findings import Findings
from pim.staging.header import HeaderPlan, ValueColumns
from pim.staging.media import MEDIA_TYPES, MediaFiles


@dataclass(frozen=True, kw_only=True)
class CellReader:
    """Turns columns of text into columns of JSON, one per cell of the document."""

    structure: Structure
    plan: HeaderPlan
    media: MediaFiles
    format: CellFormat = field(default_factory=CellFormat)
    blank: str = "keep"

    def read(
        self, frame: pl.DataFrame, contexts: Sequence[RowContext], findings: Findings
    ) -> dict[Cell, pl.Series]:
        """Return the JSON text of each cell (null: leave alone); problems go to `findings`."""
        places = _Places(contexts)
        return {
            value.cell: self._column(frame, value, places, contexts, findings)
            for value in self.plan.values
        }

    def _column(
        self,
        frame: pl.DataFrame,
        value: ValueColumns,
        places: _Places,
        contexts: Sequence[RowContext],
        findings: Findings,
    ) -> pl.Series:
        texts = {suffix: frame[column] for suffix, column in value.columns.items()}
        filled = _filled(texts)
        owned = places.owned(value.cell.attribute)
        if not owned.all():
            self._warn(value, filled & ~owned, contexts, findings)
            texts = {suffix: _only(column, owned) for suffix, column in texts.items()}
        if value.attribute.type in MEDIA_TYPES:
            texts = {"": self.media.keys(texts[""], value, findings)}
        result = parse_column(
            value.attribute, texts, self.structure, self.format, path=value.cell.column
        )
        for row in result.violations.iter_rows(named=True):
            findings.add(row["index"], as_violation(row))
        return self._blanks(result.json, value, ~filled & owned, contexts, findings)

    def _blanks(
        self,
        json: pl.Series,
        value: ValueColumns,
        blank: pl.Series,
        contexts: Sequence[RowContext],
        findings: Findings,
    ) -> pl.Series:
        """Apply the profile's word on empty cells; a new row has nothing to clear."""
        if self.blank == "keep" or not blank.any():
            return json
        column = next(iter(value.columns.values()))
        if self.blank == "refuse":
            for position in blank.arg_true().to_list():
                findings.add(position, _empty(column))
            return json
        stored = pl.Series([context.stored is not None for context in contexts])
        return json.zip_with(~(blank & stored), pl.Series(["null"], dtype=pl.String))

    @staticmethod
    def _warn(
        value: ValueColumns,
        misplaced: pl.Series,
        contexts: Sequence[RowContext],
        findings: Findings,
    ) -> None:
        column = next(iter(value.columns.values()))
        for position in misplaced.arg_true().to_list():
            place = contexts[position].place
            if position not in findings.rejected:
                findings.add(position, _misplaced(column, value.cell.attribute, place))


class _Places:
    """The placements of a chunk's rows, few and shared, as an index per row."""

    def __init__(self, contexts: Sequence[RowContext]) -> None:
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
            message="{attribute} is not an attribute of the family {family}; the value is left out.",
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
