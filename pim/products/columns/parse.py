"""A column of cells to canonical values, at columnar speed and with the scalar check's answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import reduce
from operator import and_
from typing import Final

import polars as pl

from pim.domain.attribute_types import CellFormat
from pim.domain.structure import Attribute, Structure
from pim.products.columns import numbers, texts
from pim.products.columns.result import VIOLATIONS, ColumnResult
from pim.products.columns.scalar import check_distinct

Columns = Mapping[str, pl.Series]

Rule = Callable[[Columns, Attribute, Structure, CellFormat], pl.Series]


def parse_column(
    attribute: Attribute,
    columns: Columns,
    structure: Structure,
    fmt: CellFormat,
    *,
    path: str | None = None,
) -> ColumnResult:
    """Return the canonical JSON of every row of a value's columns, and what is wrong.

    `columns` maps suffixes of the flat format ("" for the column itself, "unit", "EUR") to String
    series of one length, at least one; blank and null cells are empty. `path` is the name of the
    column in violations (default: the attribute's code). What a vectorised rule accepts is taken
    at once; every other cell goes through the attribute type's own `from_cells`, each distinct
    one once.
    """
    empty = _empty(attribute, columns)
    quick = _quick(attribute, columns, structure, fmt).set(empty, None).alias("json")
    left = (quick.is_null() & ~empty).arg_true()
    if left.is_empty():
        return ColumnResult(json=quick, violations=VIOLATIONS.to_frame())
    rows = {suffix: series.gather(left) for suffix, series in columns.items()}
    slow = check_distinct(left, rows, attribute, structure, fmt, path or attribute.code)
    return ColumnResult(json=quick.scatter(left, slow.json), violations=slow.violations)


def _empty(attribute: Attribute, columns: Columns) -> pl.Series:
    """Tell which rows hold no value: a unit alone is none, a price in any currency is one."""
    if attribute.type == "pim_catalog_price_collection":
        return reduce(and_, map(numbers.blank, columns.values()))
    if "" in columns:
        return numbers.blank(columns[""])
    return pl.repeat(value=True, n=next(iter(columns.values())).len(), eager=True)


def _quick(
    attribute: Attribute, columns: Columns, structure: Structure, fmt: CellFormat
) -> pl.Series:
    """Return the JSON of the rows that a vectorised rule accepts, null for every other."""
    rule = _RULES.get(attribute.type)
    listed = "" in columns
    if rule is None or listed == (attribute.type == "pim_catalog_price_collection"):
        return numbers.nothing(next(iter(columns.values())).len())
    return rule(columns, attribute, structure, fmt)


_RULES: Final[Mapping[str, Rule]] = {
    "pim_catalog_identifier": lambda columns, a, _s, _f: texts.identifier(columns[""], a),
    "pim_catalog_text": lambda columns, a, _s, _f: texts.text(columns[""], a),
    "pim_catalog_textarea": lambda columns, a, _s, _f: texts.text(columns[""], a),
    "pim_catalog_image": lambda columns, a, _s, _f: texts.media(columns[""], a),
    "pim_catalog_file": lambda columns, a, _s, _f: texts.media(columns[""], a),
    "pim_catalog_number": lambda columns, a, _s, f: numbers.number(columns[""], a, f.decimal),
    "pim_catalog_metric": lambda columns, a, s, f: numbers.metric(
        columns[""], columns.get("unit"), a, s, f.decimal
    ),
    "pim_catalog_price_collection": lambda columns, a, s, f: numbers.prices(
        columns, a, s, f.decimal
    ),
}
