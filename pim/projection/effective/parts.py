"""What campaigns compete for: a value cell of a product, of prices each currency by itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from pim.domain import decimals, values
from pim.domain.structure import Attribute, Structure
from pim.domain.values import Cell
from pim.projection import columns, lowered
from pim.projection.columns import AMOUNT, IDS, METRIC, PRICES, SYSTEM, UNIT, Column, of_cell

#: Columns of the product itself that campaigns may lay something over.
ENTITY = ("categories", "enabled")


@dataclass(frozen=True)
class Part:
    """What one campaign wins as a whole: one or two columns (an amount and its unit).

    `cell` is None for `categories` and `enabled`; `currency` is that of a price.
    """

    columns: tuple[Column, ...]
    cell: Cell | None = None
    currency: str | None = None

    @property
    def names(self) -> list[str]:
        """Return the names of the columns."""
        return [column.name for column in self.columns]

    @property
    def attribute(self) -> Attribute | None:
        """Return the attribute of the cell."""
        return self.columns[0].attribute

    def empty(self) -> pl.Expr:
        """Return whether nothing is there."""
        return pl.all_horizontal(pl.col(name).is_null() for name in self.names)


def part_of(structure: Structure, column: Column) -> Part | None:
    """Return the part that a column belongs to, None for columns that stay as they are.

    A column in lower case belongs to that of the text.
    """
    if (plain := lowered.plain(column.name)) is not None:
        column = columns.find(structure, plain)
    if column.name in ENTITY:
        return Part((Column(name=column.name, dtype=SYSTEM[column.name]),))
    if column.cell is None or column.attribute is None:
        return None
    return part_of_cell(
        column.attribute, column.cell, column.part if column.attribute.type == PRICES else None
    )


def part_of_cell(attribute: Attribute, cell: Cell, currency: str | None = None) -> Part:
    """Return the part of a cell; of prices the one in a currency."""
    shown = [of_cell(attribute, cell, currency)]
    if attribute.type == METRIC:
        shown.append(of_cell(attribute, cell, UNIT))
    return Part(tuple(shown), cell, currency)


def parts_of_cell(structure: Structure, cell: Cell) -> list[Part]:
    """Return every part of a cell: of prices one in each active currency."""
    attribute = structure.attributes[cell.attribute]
    if attribute.type != PRICES:
        return [part_of_cell(attribute, cell)]
    return [part_of_cell(attribute, cell, c.code) for c in structure.currencies if c.active]


def document_of(parts: Sequence[Part], content: Sequence[Any]) -> dict[str, Any]:
    """Return the values that columns of parts show, as a document of the domain."""
    document: dict[str, Any] = {}
    place = 0
    for part in parts:
        shown = content[place : place + len(part.columns)]
        place += len(part.columns)
        data = data_of(part, shown)
        if data is not None and part.cell is not None:
            document = values.merge(document, values.patch_of(part.cell, data))
    return document


def data_of(part: Part, shown: Sequence[Any]) -> Any:
    """Return the data of a part from its columns; of prices an object of its currency."""
    first, attribute = shown[0], part.attribute
    if first is None or attribute is None:
        return None
    if part.currency is not None:
        return {part.currency: decimals.canonical(first)}
    if attribute.type == METRIC:
        unit = shown[1]
        return {"amount": decimals.canonical(first), "unit": unit} if unit else None
    return _scalar(attribute, part.columns[0].dtype, first)


def _scalar(attribute: Attribute, dtype: pl.DataType, value: Any) -> Any:
    if attribute.type == "pim_catalog_product_link":
        return {"type": "product", "identifier": value}
    if dtype == AMOUNT:
        return decimals.canonical(value)
    if dtype == pl.Date:
        return value.isoformat()
    if dtype in (pl.Int64, IDS):
        codes = [_code(attribute, number) for number in ([value] if dtype == pl.Int64 else value)]
        held = sorted(code for code in codes if code is not None)
        return (held[0] if held else None) if dtype == pl.Int64 else held or None
    return list(value) if isinstance(value, list | pl.Series) else value


def _code(attribute: Attribute, number: int) -> str | None:
    option = attribute.options.by_id.get(number)
    return option.code if option else None
