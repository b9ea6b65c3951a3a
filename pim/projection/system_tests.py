"""Leaves that ask about the product itself: where it belongs, its completeness, its times."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from decimal import Decimal
from functools import reduce
from operator import or_
from typing import Any, Final

import polars as pl

from pim.db.conditions.context import nobody_knows
from pim.domain.conditions import FieldKind, Leaf, descendants, fold, resolve_moment
from pim.domain.structure import Structure
from pim.projection import columns
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

System = Callable[[Context, Leaf], Test]


def _column(name: str) -> Column:
    return Column(name=name, dtype=columns.SYSTEM[name])


def _identifier(context: Context, leaf: Leaf) -> Test:
    column = _column("identifier")
    if leaf.operator in ("EMPTY", "NOT EMPTY"):
        held = filled(column)
        return Test(columns=(column,), holds=held if leaf.operator == "NOT EMPTY" else ~held)
    if small := context.lowered(column):
        holds = lowered_holds(pl.col(small.name), leaf.operator, leaf.value)
        return Test(columns=(small,), holds=holds)
    return Test(columns=(column,), holds=text_holds(pl.col(column.name), leaf.operator, leaf.value))


def _belongs(name: str, wanted: Callable[[Context, Leaf], Collection[Any]]) -> System:
    """Return the test of one thing that a product belongs to: NOT IN holds where there is none."""

    def test(context: Context, leaf: Leaf) -> Test:
        column = pl.col(name)
        if leaf.operator in ("EMPTY", "NOT EMPTY"):
            holds = column.is_null() if leaf.operator == "EMPTY" else column.is_not_null()
            return Test(columns=(_column(name),), holds=holds)
        held = column.str.to_lowercase() if columns.SYSTEM[name] == pl.String else column
        found = held.is_in(list(wanted(context, leaf))).fill_null(False)
        return Test(columns=(_column(name),), holds=signed(found, leaf.operator))

    return test


def _folded(_c: Context, leaf: Leaf) -> list[str]:
    return [fold(str(value)) for value in leaf.value]


def _levels(_c: Context, leaf: Leaf) -> list[str]:
    levels = _folded(_c, leaf)
    return [*levels, "sub_model"] if "model" in levels else levels


def _ids(things: Callable[[Structure], Any]) -> Callable[[Context, Leaf], list[int]]:
    def wanted(context: Context, leaf: Leaf) -> list[int]:
        found = (things(context.structure).get(code) for code in leaf.value)
        return [thing.id for thing in found if thing]

    return wanted


def _groups(context: Context, leaf: Leaf) -> Test:
    ids = pl.col("groups")
    some = (ids.list.len() > 0).fill_null(False)
    if leaf.operator in ("EMPTY", "NOT EMPTY"):
        holds = some if leaf.operator == "NOT EMPTY" else ~some
    else:
        wanted = _ids(lambda structure: structure.groups)(context, leaf)
        holds = signed(any_of(ids, wanted).fill_null(False), leaf.operator)
    return Test(columns=(_column("groups"),), holds=holds)


def _categories(context: Context, leaf: Leaf) -> Test:
    ids = pl.col("categories")
    none = ids.list.len() == 0
    if leaf.operator == "UNCLASSIFIED":
        return Test(columns=(_column("categories"),), holds=none)
    codes = leaf.value
    if leaf.operator.endswith("IN CHILDREN"):
        codes = descendants(leaf.value, context.structure)
    found = (context.structure.categories.get(code) for code in codes)
    holds = any_of(ids, [category.id for category in found if category])
    if leaf.operator == "IN OR UNCLASSIFIED":
        holds = holds | none
    return Test(columns=(_column("categories"),), holds=signed(holds, leaf.operator))


def _enabled(_c: Context, leaf: Leaf) -> Test:
    holds = compare(leaf.operator, pl.col("enabled"), pl.lit(leaf.value))
    return Test(columns=(_column("enabled"),), holds=holds)


def _moment(context: Context, leaf: Leaf) -> Test:
    moment = pl.lit(resolve_moment(leaf.value, context.now)).dt.convert_time_zone("UTC")
    holds = compare(leaf.operator, pl.col(leaf.field), moment)
    return Test(columns=(_column(leaf.field),), holds=holds)


def _completeness(context: Context, leaf: Leaf) -> Test:
    """Compare the ratio in one locale of the channel, or in any of them if none is named."""
    channel = context.structure.channels[str(leaf.scope)]
    locales = (leaf.locale,) if leaf.locale else channel.locales
    read = tuple(
        Column(name=f"{columns.COMPLETENESS}-{locale}-{channel.code}", dtype=pl.Int64())
        for locale in locales
    )
    amount = pl.lit(Decimal(leaf.value), dtype=AMOUNT)
    tests = (compare(leaf.operator, pl.col(c.name).cast(AMOUNT), amount) for c in read)
    return Test(columns=read, holds=reduce(or_, (t.fill_null(False) for t in tests), pl.lit(False)))


def _change_set(context: Context, leaf: Leaf) -> Test:
    assert context.members is not None, "change_set needs somebody who knows its members"
    ids = context.members(leaf.value)
    return Test(columns=(_column("id"),), holds=pl.col("id").is_in(ids.implode()))


def _feeds(context: Context, leaf: Leaf) -> Test:
    if context.facts is None:
        raise nobody_knows(leaf.field)
    ids = context.facts(leaf.field, leaf.value)
    some = pl.col("id").is_in(ids.implode())
    none = leaf.operator in ("EMPTY", "NOT IN")
    return Test(columns=(_column("id"),), holds=~some if none else some)


SYSTEM_TESTS: Final[Mapping[FieldKind, System]] = {
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
    "feeds": _feeds,
}
