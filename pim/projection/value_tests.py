"""Leaves that ask about the value of an attribute."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import reduce
from operator import or_
from typing import Final

import polars as pl

from pim.domain.attribute_types import ATTRIBUTE_TYPES
from pim.domain.conditions import FieldKind, Leaf, resolve_day
from pim.domain.structure import ALL, Attribute
from pim.domain.values import Cell
from pim.projection import columns, metrics
from pim.projection.columns import AMOUNT, Column
from pim.projection.leaves import (
    Context,
    Test,
    any_of,
    compare,
    filled,
    lowered_holds,
    signed,
    text_holds,
)


def value_test(context: Context, leaf: Leaf, attribute: Attribute) -> Test:
    """Return the test of a leaf that asks about one cell of an attribute."""
    cell = Cell(attribute.code, leaf.scope or ALL, leaf.locale or ALL)
    kind = ATTRIBUTE_TYPES[attribute.type].kind
    if kind == "price" and leaf.operator not in ("EMPTY", "NOT EMPTY"):
        price = columns.of_cell(attribute, cell, leaf.value["currency"])
        amount = pl.lit(Decimal(leaf.value["amount"]), dtype=AMOUNT)
        return Test(
            columns=(price,),
            holds=compare(leaf.operator, pl.col(price.name), amount),
            cell=True,
        )
    parts = parts_of(context, attribute, cell)
    if leaf.operator in ("EMPTY", "NOT EMPTY"):
        held = reduce(or_, (filled(part) for part in parts), pl.lit(False))
        holds = held if leaf.operator == "NOT EMPTY" else ~held
        return Test(columns=parts, holds=holds, cell=True)
    if kind == "text" and (small := context.lowered(parts[0])):
        holds = lowered_holds(pl.col(small.name), leaf.operator, leaf.value)
        return Test(columns=(small,), holds=holds, cell=True)
    holds = _VALUES[kind](context, leaf, attribute, pl.col(parts[0].name))
    return Test(columns=parts, holds=holds, cell=True)


def parts_of(context: Context, attribute: Attribute, cell: Cell) -> tuple[Column, ...]:
    """Return every column of a cell: one, amount and unit, or a price in each currency."""
    if attribute.type == columns.PRICES:
        prices = (columns.of_cell(attribute, cell, c.code) for c in context.structure.currencies)
        return tuple(price for price in prices if price.name in context.known)
    whole = columns.of_cell(attribute, cell)
    if attribute.type == columns.METRIC:
        return whole, columns.of_cell(attribute, cell, columns.UNIT)
    return (whole,)


Value = Callable[[Context, Leaf, Attribute, pl.Expr], pl.Expr]


def _text(_c: Context, leaf: Leaf, _a: Attribute, column: pl.Expr) -> pl.Expr:
    return text_holds(column, leaf.operator, leaf.value)


def _media(_c: Context, leaf: Leaf, _a: Attribute, column: pl.Expr) -> pl.Expr:
    return text_holds(file_name(column), leaf.operator, leaf.value)


def _number(_c: Context, leaf: Leaf, _a: Attribute, column: pl.Expr) -> pl.Expr:
    return compare(leaf.operator, column, pl.lit(Decimal(leaf.value), dtype=AMOUNT))


def _boolean(_c: Context, leaf: Leaf, _a: Attribute, column: pl.Expr) -> pl.Expr:
    return compare(leaf.operator, column, pl.lit(leaf.value))


def _day(context: Context, leaf: Leaf, _a: Attribute, column: pl.Expr) -> pl.Expr:
    return compare(leaf.operator, column, pl.lit(resolve_day(leaf.value, context.now)))


def _metric(context: Context, leaf: Leaf, attribute: Attribute, column: pl.Expr) -> pl.Expr:
    return metrics.compared(column, leaf, attribute, context.structure)


def _options(_c: Context, leaf: Leaf, attribute: Attribute, column: pl.Expr) -> pl.Expr:
    found = (attribute.options.get(code) for code in leaf.value)
    wanted = [option.id for option in found if option]
    several = columns.DTYPES[attribute.type] == columns.IDS
    holds = any_of(column, wanted) if several else column.is_in(wanted)
    return signed(holds, leaf.operator)


def _keys(_c: Context, leaf: Leaf, _a: Attribute, column: pl.Expr) -> pl.Expr:
    return signed(column.list.eval(pl.element().is_in(leaf.value)).list.any(), leaf.operator)


_VALUES: Final[Mapping[FieldKind, Value]] = {
    "text": _text,
    "media": _media,
    "link": _text,
    "number": _number,
    "metric": _metric,
    "date": _day,
    "boolean": _boolean,
    "options": _options,
    "keys": _keys,
}


def file_name(key: pl.Expr) -> pl.Expr:
    """Return the name of a stored file as people gave it, from its key."""
    return key.str.replace(r"(?s)^(?:.*/)?(?:[0-9a-f]{40}_)?", "")
