"""Translate a sheet's columns: renamed, cleaned, words mapped, then rows grouped into models."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import polars as pl

from importers.contract import ROW, Batch
from pim.domain.structure import Attribute, Structure
from pim.domain.violations import Violation
from pim.errors import Refused
from pim.staging.profiles.grouping import Grouping
from pim.staging.profiles.losses import column_covered, column_missing
from pim.staging.profiles.numbers import plain_numbers
from pim.staging.profiles.options import OptionBook

if TYPE_CHECKING:
    from pim.staging.profiles.profile import Column, Models

NUMBERS = frozenset({"pim_catalog_number", "pim_catalog_metric", "pim_catalog_price_collection"})


@dataclass
class Translation:
    """The way of one sheet, batch by batch."""

    columns: Mapping[str, Column | None]
    constants: Mapping[str, str]
    models: Models | None
    options: OptionBook = field(default_factory=OptionBook)
    _grouping: Grouping | None = None
    _known: list[str] | None = None
    _covered: set[str] = field(default_factory=set)
    _warnings: list[tuple[int, Violation]] = field(default_factory=list)

    def apply(self, batch: Batch, structure: Structure, *, entity: str) -> list[tuple[str, Batch]]:
        """Return the batch in the flat format; problems go with its last part.

        Raises Refused if the sheet has none of the profile's columns: it is another sheet.
        """
        if batch.frame.columns != self._known:
            self._meet(batch.frame.columns)
        frame = batch.frame.select(*self._series(batch.frame, structure), batch.frame[ROW])
        frame = frame.with_columns(
            pl.lit(value).alias(name)
            for name, value in self.constants.items()
            if name not in frame.columns
        )
        if self.models is None:
            return [(entity, Batch(frame=frame, problems=batch.problems))]
        if self._grouping is None:
            self._grouping = Grouping.of(self.models, structure, batch.frame.columns)
        models, products = self._grouping.split(frame)
        parts = [("product_models", Batch(frame=models))] if models.height else []
        return [*parts, ("products", Batch(frame=products, problems=batch.problems))]

    def take_warnings(self) -> list[tuple[int, Violation]]:
        """Return the warnings since the last call, in the order of their rows."""
        taken, self._warnings = self._warnings, []
        return taken + (self._grouping.take_warnings() if self._grouping else [])

    def _meet(self, header: list[str]) -> None:
        """Compare a sheet's header with the profile's, and warn of what does not fit."""
        self._known = header
        missing = [name for name in self.columns if name not in header]
        if missing and len(missing) == len(self.columns):
            raise Refused(f"The sheet has none of the profile's columns: {', '.join(missing)}.")
        targets = {column.target for column in self.columns.values() if column}
        self._covered = {n for n in header if n not in self.columns and n in targets}
        needed = [name for name in missing if self.columns[name] is not None]
        self._warnings += [(1, column_missing(name)) for name in needed]
        self._warnings += [(1, column_covered(name)) for name in sorted(self._covered)]

    def _series(self, frame: pl.DataFrame, structure: Structure) -> Iterator[pl.Series]:
        """Yield the sheet's columns under their new names; unnamed ones stay as they are."""
        for header in frame.columns:
            if header == ROW or header in self._covered:
                continue
            column = self.columns.get(header)
            axes = self._axes_under(header)
            if column is not None:
                yield from self._translated(frame[header], column, structure)
                axes = [axis for axis in axes if axis != column.field]
            elif header not in self.columns and not axes and not self._is_key(header):
                yield frame[header]
            for axis in axes:
                yield self._words(frame[header], structure.attributes.get(axis), None).alias(axis)
            if self._is_key(header):
                yield frame[header].alias(Grouping.KEY)

    def _translated(
        self, cells: pl.Series, column: Column, structure: Structure
    ) -> Iterator[pl.Series]:
        attribute = structure.attributes.get(column.field)
        if column.remove_prefix:
            cells = cells.str.strip_prefix(column.remove_prefix)
        if attribute is not None and attribute.type in NUMBERS:
            cells = plain_numbers(cells, column.currency)
        yield self._words(cells, attribute, column).alias(column.target)
        if column.unit:
            filled = cells.fill_null("").str.strip_chars() != ""
            units = pl.Series([column.unit]).zip_with(filled, pl.Series([""]))
            yield units.alias(column.unit_target)

    def _words(
        self, cells: pl.Series, attribute: Attribute | None, column: Column | None
    ) -> pl.Series:
        """Return cells with the sheet's words in ours, worked out once per distinct cell."""
        has_options = attribute is not None and "select" in attribute.type
        if not has_options and (column is None or not (column.values or column.split)):
            return cells
        spell = self._speller(attribute if has_options else None, column)
        distinct = cells.drop_nulls().unique()
        spelt = [spell(text) for text in distinct.to_list()]
        return cells.replace(distinct, pl.Series(spelt, dtype=pl.String))

    def _speller(self, attribute: Attribute | None, column: Column | None) -> Callable[[str], str]:
        values = {k.strip().casefold(): v for k, v in column.values.items()} if column else {}
        separator = column.split if column else None
        if separator is None and attribute is not None and "multi" in attribute.type:
            separator = ","
        create = bool(column and column.create_options)

        def word(text: str) -> str:
            mapped = values.get(text.strip().casefold())
            if mapped is not None or attribute is None or not text.strip():
                return text if mapped is None else mapped
            return self.options.code(text, attribute, create=create)

        def words(text: str) -> str:
            if separator is None:
                return word(text)
            parts = (word(part.strip()) for part in text.split(separator))
            return ",".join(part for part in parts if part)

        return words

    def _axes_under(self, header: str) -> list[str]:
        if self.models is None:
            return []
        return [axis for axis, under in self.models.axes.items() if under.strip() == header]

    def _is_key(self, header: str) -> bool:
        return self.models is not None and self.models.key.strip() == header
