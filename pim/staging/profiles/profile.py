"""An import profile: how a foreign sheet becomes rows in the flat format."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from importers.contract import Batch, ReadOptions
from pim.domain.structure import Structure
from pim.domain.violations import Violation
from pim.staging.profiles.grouping import uncut
from pim.staging.profiles.options import NewOption
from pim.staging.profiles.translation import Translation

__all__ = ["Column", "Format", "Models", "Profile"]


@dataclass(frozen=True, kw_only=True)
class Format:
    """How a sheet is written; `dates` is a pattern such as dd.MM.yyyy."""

    encoding: str | None = None
    separator: str | None = None
    quote: str | None = '"'
    sheet: str | None = None
    decimal: str = "."
    dates: str = "yyyy-MM-dd"
    true: list[str] | None = None
    false: list[str] | None = None


@dataclass(frozen=True, kw_only=True)
class Column:
    """What one column becomes.

    `split` is the sign between several values of a cell, `values` maps the sheet's words to ours,
    `remove_prefix` is taken off where a cell begins with it (the apostrophe of spreadsheets).
    """

    field: str
    scope: str | None = None
    locale: str | None = None
    currency: str | None = None
    unit: str | None = None
    split: str | None = None
    values: Mapping[str, str] = dataclasses.field(default_factory=dict)
    create_options: bool = False
    remove_prefix: str | None = None

    @property
    def target(self) -> str:
        """Return the name of the column in the flat format."""
        parts = (self.field, self.locale, self.scope, self.currency)
        return "-".join(part for part in parts if part)

    @property
    def unit_target(self) -> str:
        """Return the name of the flat format's column for the unit."""
        return f"{self.target}-unit"


@dataclass(frozen=True, kw_only=True)
class Models:
    """Rows that share what stands under `key` are variants of one model; axes by attribute."""

    key: str
    family_variant: str
    axes: Mapping[str, str]


@dataclass(kw_only=True)
class Profile:
    """A profile, and its progress through the sheets of one import.

    Load one per import: it remembers which models it has named and which options are new.
    """

    code: str
    entity: str = "products"
    label: str = ""
    format: Format = dataclasses.field(default_factory=Format)
    mode: Literal["create_or_update", "create", "update"] = "create_or_update"
    blank: Literal["keep", "clear", "refuse"] = "keep"
    columns: Mapping[str, Column | None] = dataclasses.field(default_factory=dict)
    constants: Mapping[str, str] = dataclasses.field(default_factory=dict)
    models: Models | None = None
    document: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    @property
    def read_options(self) -> ReadOptions:
        """Return how the sheet is read."""
        given = self.format
        return ReadOptions(
            encoding=given.encoding,
            separator=given.separator,
            quote=given.quote,
            sheet=given.sheet,
            decimal=given.decimal,
        )

    @property
    def cell_format(self) -> Mapping[str, Any]:
        """Return how cells spell numbers, dates and truth: the arguments of a CellFormat."""
        given: dict[str, Any] = {"decimal": self.format.decimal, "dates": self.format.dates}
        for name in ("true", "false"):
            words = getattr(self.format, name)
            if words is not None:
                given[name] = tuple(words)
        return given

    @cached_property
    def _translation(self) -> Translation:
        return Translation(columns=self.columns, constants=self.constants, models=self.models)

    def batches(self, batches: Iterable[Batch]) -> Iterator[Batch]:
        """Yield a sheet's batches, cut anew where one would end between the rows of a model."""
        return uncut(batches, self.models.key.strip()) if self.models else iter(batches)

    def apply(self, batch: Batch, structure: Structure) -> list[tuple[str, Batch]]:
        """Return a batch of the sheet as batches in the flat format, models before products.

        Rows keep their `__row__`. Every batch of a sheet yields the same columns per entity.
        """
        return self._translation.apply(batch, structure, entity=self.entity)

    def take_options(self) -> list[NewOption]:
        """Return the options that are to be created before the rows so far are applied, once."""
        return self._translation.options.take()

    def take_warnings(self) -> list[tuple[int, Violation]]:
        """Return what the rows so far lost in translation (row, why), once."""
        return self._translation.take_warnings()
