"""Conditions inside a mapping: on fields of the catalogue, or on the current value."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from functools import reduce
from operator import and_, or_
from typing import TYPE_CHECKING, Any

import polars as pl

from channels.steps.contract import DECIMAL, NUMBERS, Cell, Context
from channels.steps.render import rendered
from channels.steps.sources import When
from pim.domain.conditions import EVERYTHING, FIELDS, All, Any_, Leaf, Node, Not, fold, parse
from pim.domain.structure import ALL, Structure
from pim.domain.values import Cell as ValueCell
from pim.errors import Refused
from pim.projection.columns import PRICES, of_cell
from pim.projection.conditions import Compiler

if TYPE_CHECKING:
    from channels.steps.reading import Reader

#: Fields of a condition that are no fields of the catalogue.
CURRENT = {"@value": "the value that reaches the step", "@length": "its number of characters"}

NEGATED = {
    "!=": "=",
    "NOT IN": "IN",
    "NOT BETWEEN": "BETWEEN",
    "DOES NOT CONTAIN": "CONTAINS",
    "NOT EMPTY": "EMPTY",
}
LISTED = ("IN", "NOT IN", "BETWEEN", "NOT BETWEEN")


def holds(node: Node, cell: Cell, context: Context) -> pl.Expr:
    """Return whether a condition holds, never null.

    The current value is compared as `pim.domain.conditions` says: text in lower case, numbers by
    amount, and no comparison holds for an empty value.
    """
    match node:
        case All(parts):
            return reduce(and_, (holds(p, cell, context) for p in parts), pl.lit(True))
        case Any_(parts):
            return reduce(or_, (holds(p, cell, context) for p in parts), pl.lit(False))
        case Not(part):
            return holds(part, cell, context).not_()
        case Leaf(field=field) if field in CURRENT:
            return _leaf(node, cell, context)
        case Leaf():
            return _of_field(node, context)


def _leaf(leaf: Leaf, cell: Cell, context: Context) -> pl.Expr:
    operand = cell if leaf.field == "@value" else _length(cell, context)
    shown = rendered(operand, context)
    if leaf.operator == "EMPTY":
        return shown.expr.is_null()
    if leaf.operator in NEGATED:
        positive = replace(leaf, operator=NEGATED[leaf.operator])
        return shown.expr.is_not_null() & _leaf(positive, cell, context).not_()
    if operand.kind in NUMBERS and leaf.operator not in TEXTUAL:
        return _compared(operand.expr, leaf.operator, _numbers(leaf.value)).fill_null(False)
    if shown.kind == "list":
        one = _compared(pl.element().str.to_lowercase(), leaf.operator, _texts(leaf.value))
        return shown.expr.list.eval(one).list.any().fill_null(False)
    text = shown.expr.str.to_lowercase()
    return _compared(text, leaf.operator, _texts(leaf.value)).fill_null(False)


def _of_field(leaf: Leaf, context: Context) -> pl.Expr:
    compiler = Compiler(
        structure=context.structure, now=context.as_of, known=_prices(leaf, context.structure)
    )
    return compiler.leaf(leaf).holds


def _prices(leaf: Leaf, structure: Structure) -> frozenset[str]:
    """Return the price columns of a field in every currency: the frame is completed with them."""
    attribute = structure.attributes.get(leaf.field)
    if attribute is None or attribute.type != PRICES:
        return frozenset()
    cell = ValueCell(attribute.code, leaf.scope or ALL, leaf.locale or ALL)
    return frozenset(of_cell(attribute, cell, each.code).name for each in structure.currencies)


def _length(cell: Cell, context: Context) -> Cell:
    text = rendered(cell, context)
    shown = text.expr if text.kind == "text" else text.expr.list.join("")
    return Cell(expr=shown.str.len_chars().cast(DECIMAL), kind="number")


def _compared(value: pl.Expr, operator: str, given: list[pl.Expr]) -> pl.Expr:
    if operator in TEXTUAL:
        return TEXTUAL[operator](value, given[0])
    if operator == "IN":
        return reduce(or_, (value == one for one in given), pl.lit(False))
    if operator == "BETWEEN":
        return (value >= given[0]) & (value <= given[1])
    return ORDERING[operator](value, given[0])


TEXTUAL: Mapping[str, Callable[[pl.Expr, pl.Expr], pl.Expr]] = {
    "CONTAINS": lambda text, part: text.str.contains(part, literal=True),
    "STARTS WITH": lambda text, part: text.str.starts_with(part),
}
ORDERING: Mapping[str, Callable[[pl.Expr, pl.Expr], pl.Expr]] = {
    "=": lambda left, right: left == right,
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
}
OPERATORS = (*ORDERING, *TEXTUAL, "IN", "BETWEEN", "EMPTY", *NEGATED)


def _each(value: Any) -> Iterator[Any]:
    yield from value if isinstance(value, list | tuple) else (value,)


def _numbers(value: Any) -> list[pl.Expr]:
    return [pl.lit(_number(each), dtype=DECIMAL) for each in _each(value)]


def _number(value: Any) -> Decimal | None:
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return None


def _texts(value: Any) -> list[pl.Expr]:
    return [pl.lit(fold(str(each))) for each in _each(value)]


def read_condition(reader: Reader, value: Any, path: str) -> When | None:
    """Return a condition of a mapping; problems go to the reader."""
    before = len(reader.violations)
    node = _read_node(reader, value, path)
    return When(node=node) if len(reader.violations) == before else None


def _read_node(reader: Reader, value: Any, path: str) -> Node:
    match value:
        case {"all": list(parts), **rest} if not rest:
            return All(tuple(_read_parts(reader, parts, f"{path}.all")))
        case {"any": list(parts), **rest} if not rest:
            return Any_(tuple(_read_parts(reader, parts, f"{path}.any")))
        case {"not": part, **rest} if not rest:
            return Not(_read_node(reader, part, f"{path}.not"))
        case {"field": field} if field in CURRENT:
            return _read_current(reader, value, path)
        case {"field": _}:
            return _read_field(reader, value, path)
    reader.wrong_type(value, 'a condition: {"field", "operator", "value"}', path)
    return EVERYTHING


def _read_parts(reader: Reader, parts: list[Any], path: str) -> Iterator[Node]:
    for number, part in enumerate(parts):
        yield _read_node(reader, part, f"{path}[{number}]")


def _read_field(reader: Reader, value: Mapping[str, Any], path: str) -> Node:
    """Return a leaf on a field; scope and locale are the feed's unless it says otherwise."""
    context = reader.context
    if value["field"] == "change_set":
        reader.add(
            path,
            "mapping.change_set",
            "A mapping cannot ask for change sets",
            mend="Ask for them in the feed's own condition",
        )
        return EVERYTHING
    if FIELDS.get(str(value["field"]).lower()) == "feeds":
        reader.add(
            path,
            "mapping.asks_feeds",
            "A mapping cannot ask where a product is published",
            mend="Ask for a value, a category or completeness",
        )
        return EVERYTHING
    attribute = context.structure.attributes.get(str(value["field"]))
    own: dict[str, Any] = {}
    if attribute is not None and attribute.scopable:
        own["scope"] = context.channel.code
    if attribute is not None and attribute.localizable:
        own["locale"] = context.locale
    try:
        return parse({**own, **value}, context.structure, path=path).root
    except Refused as refused:
        reader.violations += refused.violations
        return EVERYTHING


def _read_current(reader: Reader, value: Mapping[str, Any], path: str) -> Node:
    reader.only(value, ("field", "operator", "value"), path)
    operator, given = value.get("operator"), value.get("value")
    reader.one_of(operator, OPERATORS, f"{path}.operator")
    place = f"{path}.value"
    if operator in LISTED and not (isinstance(given, list) and given):
        reader.wrong_type(given, "a list", place)
    elif operator in ("BETWEEN", "NOT BETWEEN") and len(given or ()) != 2:
        reader.wrong_type(given, "a list of two", place)
    elif operator not in LISTED and "EMPTY" not in str(operator) and not _single(given):
        reader.wrong_type(given, "one value to compare with", place)
    frozen = tuple(given) if isinstance(given, list) else given
    return Leaf(field=value["field"], operator=str(operator), value=frozen)


def _single(value: Any) -> bool:
    return value is not None and not isinstance(value, list | dict)
