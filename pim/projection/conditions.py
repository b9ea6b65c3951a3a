"""Conditions as Polars expressions; `pim.domain.conditions.evaluate` says what they mean.

A leaf is two-valued: it holds or it does not, never null, so that `not` is plain negation.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import reduce
from operator import and_, or_
from typing import Any, Final

import polars as pl

from pim.domain.attribute_types import ATTRIBUTE_TYPES
from pim.domain.conditions import All, Any_, FieldKind, Leaf, Node, Not, descendants, fold
from pim.domain.conditions import kind_of, resolve_day, resolve_moment
from pim.domain.structure import ALL, Attribute, Structure
from pim.domain.values import Cell
from pim.projection import columns, metrics
from pim.projection.columns import AMOUNT, Column
from pim.projection.metrics import ORDER

#: Returns the ids of products and models that any of these change sets touched.
Members = Callable[[Sequence[int]], pl.Series]


@dataclass(frozen=True, kw_only=True)
class Test:
    """A compiled leaf: which columns it reads, and the expression that holds or does not.

    `cell` tells that the columns are parts of one value cell.
    """

    columns: tuple[Column, ...]
    holds: pl.Expr
    cell: bool = False


@dataclass(frozen=True, kw_only=True)
class Compiler:
    """Compiles leaves for one structure, one as-of, and the columns that exist.

    A column that does not exist is null everywhere; `known` serves prices, whose emptiness is that
    of every currency.
    """

    structure: Structure
    now: datetime
    known: Collection[str] = ()
    members: Members | None = None

    def node(self, node: Node) -> pl.Expr:
        """Return the expression of a whole condition, over a frame of `needed(node)`."""
        match node:
            case All(parts):
                return reduce(and_, map(self.node, parts), pl.lit(True))
            case Any_(parts):
                return reduce(or_, map(self.node, parts), pl.lit(False))
            case Not(part):
                return ~self.node(part)
            case Leaf():
                return self.leaf(node).holds

    def needed(self, node: Node) -> dict[str, Column]:
        """Return the columns that a condition reads, by name."""
        match node:
            case All(parts) | Any_(parts):
                return {n: c for part in parts for n, c in self.needed(part).items()}
            case Not(part):
                return self.needed(part)
            case Leaf():
                return {column.name: column for column in self.leaf(node).columns}

    def leaf(self, leaf: Leaf) -> Test:
        """Return the test of one leaf; KeyError if the structure lacks its field."""
        kind = kind_of(leaf.field, self.structure)
        if kind is None:
            raise KeyError(f"{leaf.field} is not a field of this structure")
        attribute = (
            None if leaf.field in columns.SYSTEM else self.structure.attributes.get(leaf.field)
        )
        test = _SYSTEM[kind](self, leaf) if attribute is None else self._value(leaf, attribute)
        return Test(columns=test.columns, holds=test.holds.fill_null(False), cell=test.cell)

    def _value(self, leaf: Leaf, attribute: Attribute) -> Test:
        cell = Cell(attribute.code, leaf.scope or ALL, leaf.locale or ALL)
        parts = self.parts(attribute, cell)
        if leaf.operator in ("EMPTY", "NOT EMPTY"):
            held = reduce(or_, (filled(part) for part in parts), pl.lit(False))
            holds = held if leaf.operator == "NOT EMPTY" else ~held
            return Test(columns=parts, holds=holds, cell=True)
        kind = ATTRIBUTE_TYPES[attribute.type].kind
        if kind == "price":
            price = columns.of_cell(attribute, cell, leaf.value["currency"])
            amount = pl.lit(Decimal(leaf.value["amount"]), dtype=AMOUNT)
            return Test(
                columns=(price,), holds=ORDER[leaf.operator](pl.col(price.name), amount), cell=True
            )
        holds = _VALUES[kind](self, leaf, attribute, pl.col(parts[0].name))
        return Test(columns=parts, holds=holds, cell=True)

    def parts(self, attribute: Attribute, cell: Cell) -> tuple[Column, ...]:
        """Return every column of a cell: one, amount and unit, or a price in each currency."""
        if attribute.type == columns.PRICES:
            prices = (columns.of_cell(attribute, cell, c.code) for c in self.structure.currencies)
            return tuple(price for price in prices if price.name in self.known)
        whole = columns.of_cell(attribute, cell)
        if attribute.type == columns.METRIC:
            return whole, columns.of_cell(attribute, cell, columns.UNIT)
        return (whole,)


def filled(part: Column) -> pl.Expr:
    """Return whether a column holds data; an empty text is none."""
    column = pl.col(part.name)
    return (column != "").fill_null(False) if part.dtype == pl.String else column.is_not_null()


def text_holds(column: pl.Expr, operator: str, value: Any) -> pl.Expr:
    """Compare text in lower case; an empty one meets no comparison."""
    text = column.str.to_lowercase()
    match operator:
        case "=":
            holds = text == fold(value)
        case "!=":
            holds = text != fold(value)
        case "IN":
            holds = text.is_in([fold(v) for v in value])
        case "NOT IN":
            holds = ~text.is_in([fold(v) for v in value])
        case "STARTS WITH":
            holds = text.str.starts_with(fold(value))
        case "CONTAINS":
            holds = text.str.contains(fold(value), literal=True)
        case "DOES NOT CONTAIN":
            holds = ~text.str.contains(fold(value), literal=True)
        case _:
            raise KeyError(f"{operator} does not compare text")
    return holds & (text != "")


def any_of(ids: pl.Expr, wanted: Collection[int]) -> pl.Expr:
    """Tell whether a list of ids holds one of those wanted; null where there is no list."""
    if not wanted:
        return ids.list.len() < 0
    if len(wanted) <= 4:
        return reduce(or_, (ids.list.contains(number) for number in wanted), pl.lit(False))
    return ids.list.eval(pl.element().is_in(sorted(wanted))).list.any()


def _signed(holds: pl.Expr, operator: str) -> pl.Expr:
    return ~holds if operator.startswith("NOT ") else holds


Value = Callable[[Compiler, Leaf, Attribute, pl.Expr], pl.Expr]


def _text(_c: Compiler, leaf: Leaf, _a: Attribute, column: pl.Expr) -> pl.Expr:
    return text_holds(column, leaf.operator, leaf.value)


def _media(_c: Compiler, leaf: Leaf, _a: Attribute, column: pl.Expr) -> pl.Expr:
    return text_holds(file_name(column), leaf.operator, leaf.value)


def _number(_c: Compiler, leaf: Leaf, _a: Attribute, column: pl.Expr) -> pl.Expr:
    return ORDER[leaf.operator](column, pl.lit(Decimal(leaf.value), dtype=AMOUNT))


def _boolean(_c: Compiler, leaf: Leaf, _a: Attribute, column: pl.Expr) -> pl.Expr:
    return ORDER[leaf.operator](column, pl.lit(leaf.value))


def _day(compiler: Compiler, leaf: Leaf, _a: Attribute, column: pl.Expr) -> pl.Expr:
    return ORDER[leaf.operator](column, pl.lit(resolve_day(leaf.value, compiler.now)))


def _metric(compiler: Compiler, leaf: Leaf, attribute: Attribute, column: pl.Expr) -> pl.Expr:
    return metrics.compared(column, leaf, attribute, compiler.structure)


def _options(_c: Compiler, leaf: Leaf, attribute: Attribute, column: pl.Expr) -> pl.Expr:
    found = (attribute.options.get(code) for code in leaf.value)
    wanted = [option.id for option in found if option]
    several = columns.DTYPES[attribute.type] == columns.IDS
    holds = any_of(column, wanted) if several else column.is_in(wanted)
    return _signed(holds, leaf.operator)


def _keys(_c: Compiler, leaf: Leaf, _a: Attribute, column: pl.Expr) -> pl.Expr:
    return _signed(column.list.eval(pl.element().is_in(leaf.value)).list.any(), leaf.operator)


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


System = Callable[[Compiler, Leaf], Test]


def _column(name: str) -> Column:
    return Column(name=name, dtype=columns.SYSTEM[name])


def _identifier(_c: Compiler, leaf: Leaf) -> Test:
    column = pl.col("identifier")
    if leaf.operator in ("EMPTY", "NOT EMPTY"):
        held = filled(_column("identifier"))
        holds = held if leaf.operator == "NOT EMPTY" else ~held
    else:
        holds = text_holds(column, leaf.operator, leaf.value)
    return Test(columns=(_column("identifier"),), holds=holds)


def _belongs(name: str, wanted: Callable[[Compiler, Leaf], Collection[Any]]) -> System:
    """Return the test of one thing that a product belongs to: NOT IN holds where there is none."""

    def test(compiler: Compiler, leaf: Leaf) -> Test:
        column = pl.col(name)
        if leaf.operator in ("EMPTY", "NOT EMPTY"):
            holds = column.is_null() if leaf.operator == "EMPTY" else column.is_not_null()
            return Test(columns=(_column(name),), holds=holds)
        held = column.str.to_lowercase() if columns.SYSTEM[name] == pl.String else column
        found = held.is_in(list(wanted(compiler, leaf))).fill_null(False)
        return Test(columns=(_column(name),), holds=_signed(found, leaf.operator))

    return test


def _folded(_c: Compiler, leaf: Leaf) -> list[str]:
    return [fold(str(value)) for value in leaf.value]


def _levels(_c: Compiler, leaf: Leaf) -> list[str]:
    levels = _folded(_c, leaf)
    return [*levels, "sub_model"] if "model" in levels else levels


def _ids(things: Callable[[Structure], Any]) -> Callable[[Compiler, Leaf], list[int]]:
    def wanted(compiler: Compiler, leaf: Leaf) -> list[int]:
        found = (things(compiler.structure).get(code) for code in leaf.value)
        return [thing.id for thing in found if thing]

    return wanted


def _groups(compiler: Compiler, leaf: Leaf) -> Test:
    ids = pl.col("groups")
    some = (ids.list.len() > 0).fill_null(False)
    if leaf.operator in ("EMPTY", "NOT EMPTY"):
        holds = some if leaf.operator == "NOT EMPTY" else ~some
    else:
        wanted = _ids(lambda structure: structure.groups)(compiler, leaf)
        holds = _signed(any_of(ids, wanted).fill_null(False), leaf.operator)
    return Test(columns=(_column("groups"),), holds=holds)


def _categories(compiler: Compiler, leaf: Leaf) -> Test:
    ids = pl.col("categories")
    none = ids.list.len() == 0
    if leaf.operator == "UNCLASSIFIED":
        return Test(columns=(_column("categories"),), holds=none)
    codes = leaf.value
    if leaf.operator.endswith("IN CHILDREN"):
        codes = descendants(leaf.value, compiler.structure)
    found = (compiler.structure.categories.get(code) for code in codes)
    holds = any_of(ids, [category.id for category in found if category])
    if leaf.operator == "IN OR UNCLASSIFIED":
        holds = holds | none
    return Test(columns=(_column("categories"),), holds=_signed(holds, leaf.operator))


def _enabled(_c: Compiler, leaf: Leaf) -> Test:
    holds = ORDER[leaf.operator](pl.col("enabled"), pl.lit(leaf.value))
    return Test(columns=(_column("enabled"),), holds=holds)


def _moment(compiler: Compiler, leaf: Leaf) -> Test:
    moment = pl.lit(resolve_moment(leaf.value, compiler.now)).dt.convert_time_zone("UTC")
    holds = ORDER[leaf.operator](pl.col(leaf.field), moment)
    return Test(columns=(_column(leaf.field),), holds=holds)


def _completeness(compiler: Compiler, leaf: Leaf) -> Test:
    """Compare the ratio in one locale of the channel, or in any of them if none is named."""
    channel = compiler.structure.channels[str(leaf.scope)]
    locales = (leaf.locale,) if leaf.locale else channel.locales
    read = tuple(
        Column(name=f"{columns.COMPLETENESS}-{locale}-{channel.code}", dtype=pl.Int64())
        for locale in locales
    )
    amount = pl.lit(Decimal(leaf.value), dtype=AMOUNT)
    tests = (ORDER[leaf.operator](pl.col(c.name).cast(AMOUNT), amount) for c in read)
    return Test(columns=read, holds=reduce(or_, (t.fill_null(False) for t in tests), pl.lit(False)))


def _change_set(compiler: Compiler, leaf: Leaf) -> Test:
    assert compiler.members is not None, "change_set needs somebody who knows its members"
    ids = compiler.members(leaf.value)
    return Test(columns=(_column("id"),), holds=pl.col("id").is_in(ids.implode()))


_SYSTEM: Final[Mapping[FieldKind, System]] = {
    "text": _identifier,
    "uuid": _belongs("uuid", _folded),
    "family": _belongs("family", _ids(lambda structure: structure.families)),
    "family_variant": _belongs("family_variant", _ids(lambda s: s.family_variants)),
    "parent": _belongs("parent_code", _folded),
    "level": _belongs("level", _levels),
    "categories": _categories,
    "groups": _groups,
    "enabled": _enabled,
    "completeness": _completeness,
    "moment": _moment,
    "change_set": _change_set,
}
