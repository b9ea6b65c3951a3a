"""Columns of the projection: their names, dtypes, and the value cells that they show.

Names are those of the flat format: `name-en_GB`, `price-EUR`, `weight` beside `weight-unit`. With
locale and channel the part comes last: `price-en_US-ecommerce-EUR`, `weight-en_US-web-unit`.
References are database ids: family, family_variant, parent, root, colourway, categories, groups
and the options of selects.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import polars as pl

from pim.domain.structure import ALL, Attribute, Structure
from pim.domain.values import Cell
from pim.errors import NotFound

AMOUNT: Final = pl.Decimal(38, 10)
MOMENT: Final = pl.Datetime("us", "UTC")
IDS: Final = pl.List(pl.Int64)

SYSTEM: Final[Mapping[str, pl.DataType]] = {
    "id": pl.Int64(),
    "uuid": pl.String(),
    "identifier": pl.String(),
    "family": pl.Int64(),
    "family_variant": pl.Int64(),
    "parent": pl.Int64(),
    "parent_code": pl.String(),
    "root": pl.Int64(),
    "root_code": pl.String(),
    "colourway": pl.Int64(),
    "categories": IDS,
    "groups": IDS,
    "enabled": pl.Boolean(),
    "level": pl.String(),
    "created": MOMENT,
    "updated": MOMENT,
    "version": pl.Int64(),
}

COMPLETENESS: Final = "completeness"
UNIT: Final = "unit"

#: How a type's data becomes columns; types that are not listed are shown as text.
DTYPES: Final[Mapping[str, pl.DataType]] = {
    "pim_catalog_number": AMOUNT,
    "pim_catalog_metric": AMOUNT,
    "pim_catalog_price_collection": AMOUNT,
    "pim_catalog_boolean": pl.Boolean(),
    "pim_catalog_date": pl.Date(),
    "pim_catalog_simpleselect": pl.Int64(),
    "pim_reference_data_simpleselect": pl.Int64(),
    "pim_catalog_multiselect": IDS,
    "pim_reference_data_multiselect": IDS,
    "pim_catalog_asset_collection": pl.List(pl.String),
}

METRIC: Final = "pim_catalog_metric"
PRICES: Final = "pim_catalog_price_collection"


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column: of the system (no attribute) or of one part of a value cell.

    `part` is a currency code for prices, "unit" for the unit of a metric, else None.
    """

    name: str
    dtype: pl.DataType
    attribute: Attribute | None = None
    cell: Cell | None = None
    part: str | None = None


def of_cell(attribute: Attribute, cell: Cell, part: str | None = None) -> Column:
    """Return the column of a cell, or of one part of it."""
    dtype = pl.String() if part == UNIT else DTYPES.get(attribute.type, pl.String())
    name = cell.column if part is None else f"{cell.column}-{part}"
    return Column(name=name, dtype=dtype, attribute=attribute, cell=cell, part=part)


def fits(attribute: Attribute, cell: Cell) -> bool:
    """Tell whether a cell varies as its attribute does; others are leftovers and not shown."""
    return (cell.channel != ALL) == attribute.scopable and (
        cell.locale != ALL
    ) == attribute.localizable


def exists(structure: Structure, attribute: Attribute, cell: Cell) -> bool:
    """Tell whether a cell fits its attribute, at a channel and locale that there are."""
    return (
        fits(attribute, cell)
        and (cell.channel == ALL or cell.channel in structure.channels)
        and (cell.locale == ALL or cell.locale in structure.locales)
    )


def of_attribute(
    structure: Structure, attribute: Attribute, *, channel: str | None, locale: str | None
) -> Iterator[Column]:
    """Yield the columns of an attribute at one channel and locale, prices in every currency."""
    cell = Cell(
        attribute.code,
        (channel or ALL) if attribute.scopable else ALL,
        (locale or ALL) if attribute.localizable else ALL,
    )
    if attribute.type == PRICES:
        yield from (of_cell(attribute, cell, c.code) for c in structure.currencies if c.active)
    else:
        yield of_cell(attribute, cell)
    if attribute.type == METRIC:
        yield of_cell(attribute, cell, UNIT)


def find(structure: Structure, name: str) -> Column:
    """Return the column that a name means; codes compare without regard to case.

    Raises NotFound for a name that the structure knows nothing about.
    """
    if name in SYSTEM:
        return Column(name=name, dtype=SYSTEM[name])
    if name.startswith(f"{COMPLETENESS}-"):
        return Column(name=name, dtype=pl.Int64())
    code, *rest = name.split("-")
    attribute = structure.attributes.get(code)
    column = attribute and _of_parts(structure, attribute, rest)
    if not column:
        raise NotFound(f'"{name}" is not a column: no attribute, locale or channel fits the name.')
    return column


def _of_parts(structure: Structure, attribute: Attribute, rest: list[str]) -> Column | None:
    """Return the column of an attribute whose name goes on with these parts, if they fit it."""
    locale = channel = ALL
    parts = list(rest)
    if attribute.localizable and parts:
        found = structure.locales.get(parts.pop(0))
        locale = found.code if found else ALL
    if attribute.scopable and parts:
        scope = structure.channels.get(parts.pop(0))
        channel = scope.code if scope else ALL
    cell = Cell(attribute.code, channel, locale)
    if not fits(attribute, cell):
        return None
    if attribute.type == PRICES:
        currency = structure.currencies.get(parts[0]) if len(parts) == 1 else None
        return of_cell(attribute, cell, currency.code) if currency else None
    if attribute.type == METRIC and parts == [UNIT]:
        return of_cell(attribute, cell, UNIT)
    return None if parts else of_cell(attribute, cell)
