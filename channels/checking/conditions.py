"""Conditions on targets, compiled to columns of a mapped frame."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import reduce
from operator import and_, or_
from typing import Any

import polars as pl

from pim.domain.conditions import All, Any_, Leaf, Node, Not

NEGATED = {"!=": "=", "NOT IN": "IN", "NOT EMPTY": "EMPTY"}

#: What a condition may ask besides targets: the feed's own country, currency and locale.
Facts = Mapping[str, str | None]


def holds(node: Node, schema: Mapping[str, Any], facts: Facts) -> pl.Expr:
    """Return whether a condition holds for each item, never null.

    Values compare as text, letter by letter; an absent value is only EMPTY; a list holds when one
    element does. `@country`, `@currency` and `@locale` stand for the feed's own.
    """
    match node:
        case All(parts):
            return reduce(and_, (holds(part, schema, facts) for part in parts), pl.lit(True))
        case Any_(parts):
            return reduce(or_, (holds(part, schema, facts) for part in parts), pl.lit(False))
        case Not(part):
            return holds(part, schema, facts).not_()
        case Leaf():
            return _leaf(node, schema, facts)


def _leaf(leaf: Leaf, schema: Mapping[str, Any], facts: Facts) -> pl.Expr:
    if leaf.operator in NEGATED:
        positive = Leaf(field=leaf.field, operator=NEGATED[leaf.operator], value=leaf.value)
        return _leaf(positive, schema, facts).not_()
    value = operand(leaf.field, schema, facts)
    if leaf.operator == "EMPTY":
        return value.is_null()
    compare = OPERATORS[leaf.operator]
    if isinstance(schema.get(leaf.field), pl.List):
        return value.list.eval(compare(pl.element(), leaf.value)).list.any().fill_null(False)
    return compare(value, leaf.value).fill_null(False)


def operand(field: str, schema: Mapping[str, Any], facts: Facts) -> pl.Expr:
    """Return a target's column, or a fact; what is not mapped is null."""
    if field.startswith("@"):
        return pl.lit(facts.get(field[1:]), dtype=pl.String)
    return pl.col(field) if field in schema else pl.lit(None, dtype=pl.String)


def _texts(value: Any) -> list[str]:
    return [str(each) for each in (value if isinstance(value, list | tuple) else (value,))]


OPERATORS: Mapping[str, Callable[[pl.Expr, Any], pl.Expr]] = {
    "=": lambda text, value: text == str(value),
    "IN": lambda text, value: text.is_in(_texts(value)),
    "STARTS WITH": lambda text, value: text.str.starts_with(str(value)),
    "CONTAINS": lambda text, value: text.str.contains(str(value), literal=True),
}
