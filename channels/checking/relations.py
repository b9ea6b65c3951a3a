"""Checks of an item's values together, or of all items: true where the item breaks the rule."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import polars as pl

from channels.checking.conditions import Facts, holds, operand
from channels.checking.elements import number
from exporters.contract import Check, Rule
from pim.projection.columns import AMOUNT

Schema = Mapping[str, Any]
RowCheck = Callable[[Rule, Schema], pl.Expr]

_CURRENCY = r" ([A-Z]{3})$"
_UNIT = r"^[^ ]* (.*)$"


def column(target: str, schema: Schema) -> pl.Expr:
    """Return a target's column; one that is not mapped is absent everywhere."""
    return operand(target, schema, {})


def as_text(target: str, schema: Schema) -> pl.Expr:
    """Return a target as one text; a list is joined."""
    value = column(target, schema)
    return value.list.join(", ") if isinstance(schema.get(target), pl.List) else value


def applies(rule: Rule, schema: Schema, facts: Facts) -> pl.Expr | None:
    """Return where a rule with a condition applies, or None for everywhere."""
    return None if rule.when is None else holds(rule.when, schema, facts)


def _absent(rule: Rule, schema: Schema) -> pl.Expr:
    return column(rule.target, schema).is_null()


def _too_many(rule: Rule, schema: Schema) -> pl.Expr:
    if not isinstance(schema.get(rule.target), pl.List):
        return pl.lit(False)
    return column(rule.target, schema).list.len() > pl.lit(rule.parameters["limit"])


def _repeated(rule: Rule, schema: Schema) -> pl.Expr:
    value = as_text(rule.target, schema)
    return value.is_duplicated() & value.is_not_null()


def _not_less(rule: Rule, schema: Schema) -> pl.Expr:
    first, second = (as_text(target, schema) for target in rule.parameters["targets"])
    one, other = first.str.extract(_CURRENCY), second.str.extract(_CURRENCY)
    comparable = one.is_null() | other.is_null() | (one == other)
    return (number(first) >= number(second)) & comparable


def _too_little_less(rule: Rule, schema: Schema) -> pl.Expr:
    """Tell whether a price is lower than the other by less than so many percent, exactly."""
    first, second = (number(as_text(target, schema)) for target in rule.parameters["targets"])
    kept = 100 - rule.parameters["percent"]
    least = second * pl.lit(kept, dtype=AMOUNT)
    close = first * pl.lit(100, dtype=AMOUNT) > least
    return (first < second) & close


def _differing(rule: Rule, schema: Schema) -> pl.Expr:
    group = as_text(rule.parameters["group"], schema)
    values = [as_text(t, schema).fill_null("\x00") for t in rule.parameters["targets"]]
    together = pl.concat_str(values, separator="\x1f")
    return (together.n_unique().over(group) > 1) & group.is_not_null()


def _crowded(rule: Rule, schema: Schema) -> pl.Expr:
    group = as_text(rule.parameters["group"], schema)
    many: pl.Expr = pl.len().over(group) > rule.parameters["limit"]
    return many & group.is_not_null()


def _present(rule: Rule, schema: Schema) -> list[pl.Expr]:
    return [column(target, schema).is_not_null() for target in rule.parameters["targets"]]


def _some_only(rule: Rule, schema: Schema) -> pl.Expr:
    present = _present(rule, schema)
    return pl.any_horizontal(present) & pl.all_horizontal(present).not_()


def _none(rule: Rule, schema: Schema) -> pl.Expr:
    return pl.any_horizontal(_present(rule, schema)).not_()


def _together(rule: Rule, schema: Schema) -> pl.Expr:
    return pl.sum_horizontal(_present(rule, schema)) > 1


def _mixed_units(rule: Rule, schema: Schema) -> pl.Expr:
    units = [as_text(t, schema).str.extract(_UNIT) for t in rule.parameters["targets"]]
    return pl.min_horizontal(units) != pl.max_horizontal(units)


def _equal_within(rule: Rule, schema: Schema) -> pl.Expr:
    group = as_text(rule.parameters["group"], schema)
    values = [as_text(t, schema).fill_null("\x00") for t in rule.parameters["targets"]]
    together = pl.concat_str([group, *values], separator="\x1f")
    return together.is_duplicated() & group.is_not_null()


#: Checks of whole items, by name.
ROW_CHECKS: Mapping[Check, RowCheck] = {
    "required": _absent,
    "required_when": _absent,
    "recommended": _absent,
    "max_items": _too_many,
    "unique": _repeated,
    "less_than": _not_less,
    "below_by": _too_little_less,
    "all_or_none": _some_only,
    "one_of": _none,
    "not_together": _together,
    "same_unit": _mixed_units,
    "distinct_within": _equal_within,
    "same_within": _differing,
    "max_within": _crowded,
}
