"""Translate a sheet's columns: renamed, cleaned, words mapped, then rows grouped into models."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import polars as pl

from importers.contract import ROW, Batch
from pim.domain.structure import Attribute, Structure
from pim.domain.violations import Violation
from pim.staging.profiles.grouping import Grouping
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

    def apply(self, batch: Batch, structure: Structure, *, entity: str) -> list[tuple[str, Batch]]:
        """Return the batch in the flat format; problems go with its last part."""
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
        """Return the warnings since the last call."""
        return self._grouping.take_warnings() if self._grouping else []

    def _series(self, frame: pl.DataFrame, structure: Structure) -> Iterator[pl.Series]:
        """Yield the sheet's columns under their new names; unnamed ones stay as they are."""
        for header in frame.columns:
            if header == ROW:
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
