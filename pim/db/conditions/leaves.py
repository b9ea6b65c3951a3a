"""One leaf as SQL: values by their kind here, fields that are not attributes in `system`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from pim.db.conditions.completeness import completeness_sql
from pim.db.conditions.context import Compiler
from pim.db.conditions.metrics import metric_sql
from pim.db.conditions.system import SYSTEM, System
from pim.db.conditions.texts import text_sql
from pim.domain.attribute_types import ATTRIBUTE_TYPES
from pim.domain.conditions import FIELDS, FieldKind, Leaf, resolve_day
from pim.domain.structure import ALL, Attribute
from pim.domain.values import Cell


def leaf_sql(leaf: Leaf, compiler: Compiler) -> str:
    """Return a boolean expression, which may be null where it does not hold."""
    if leaf.field in FIELDS:
        return _OF_SYSTEM[FIELDS[leaf.field]](leaf, compiler)
    attribute = compiler.structure.attributes[leaf.field]
    data = compiler.cell(Cell(attribute.code, leaf.scope or ALL, leaf.locale or ALL))
    filled = f"{data} NOT IN ('null', '\"\"', '[]', '{{}}')"
    match leaf.operator:
        case "NOT EMPTY":
            return filled
        case "EMPTY":
            return f"NOT coalesce({filled}, false)"
    holds = _VALUES[ATTRIBUTE_TYPES[attribute.type].kind]
    return f"({filled} AND {holds(leaf, data, attribute, compiler)})"


Value = Callable[[Leaf, str, Attribute, Compiler], str]


def _text(leaf: Leaf, data: str, _a: Attribute, compiler: Compiler) -> str:
    return text_sql(leaf, f"({data} #>> '{{}}')", compiler)


def _media(leaf: Leaf, data: str, _a: Attribute, compiler: Compiler) -> str:
    # The twin of attribute_types.media.file_name; in this dialect a dot is a line break as well.
    name = f"regexp_replace({data} #>> '{{}}', '^(?:.*/)?(?:[0-9a-f]{{40}}_)?', '')"
    return text_sql(leaf, name, compiler)


def _link(leaf: Leaf, data: str, _a: Attribute, compiler: Compiler) -> str:
    return text_sql(leaf, f"({data} ->> 'identifier')", compiler)


def _number(leaf: Leaf, data: str, _a: Attribute, compiler: Compiler) -> str:
    number = f"CAST({data} #>> '{{}}' AS numeric)"
    return f"{number} {_sign(leaf)} {compiler.bind(leaf.value, 'numeric')}"


def _price(leaf: Leaf, data: str, _a: Attribute, compiler: Compiler) -> str:
    currency = compiler.bind(leaf.value["currency"], "text")
    amount = compiler.bind(leaf.value["amount"], "numeric")
    return f"CAST({data} ->> {currency} AS numeric) {_sign(leaf)} {amount}"


def _boolean(leaf: Leaf, data: str, _a: Attribute, compiler: Compiler) -> str:
    return (
        f"CAST({data} #>> '{{}}' AS boolean) {_sign(leaf)} {compiler.bind(leaf.value, 'boolean')}"
    )


def _day(leaf: Leaf, data: str, _a: Attribute, compiler: Compiler) -> str:
    day = compiler.bind(resolve_day(leaf.value, compiler.now).isoformat(), "text")
    return f"({data} #>> '{{}}') COLLATE \"C\" {_sign(leaf)} {day}"


def _metric(leaf: Leaf, data: str, attribute: Attribute, compiler: Compiler) -> str:
    return metric_sql(leaf, data, attribute, compiler)


def _codes(leaf: Leaf, data: str, _a: Attribute, compiler: Compiler) -> str:
    """Ask a code or a list of codes alike: ?| knows both."""
    some = f"{data} ?| {compiler.texts(leaf.value)}"
    return some if leaf.operator == "IN" else f"NOT {some}"


def _sign(leaf: Leaf) -> str:
    return {"!=": "<>"}.get(leaf.operator, leaf.operator)


_VALUES: Final[Mapping[FieldKind, Value]] = {
    "text": _text,
    "media": _media,
    "link": _link,
    "number": _number,
    "metric": _metric,
    "price": _price,
    "boolean": _boolean,
    "date": _day,
    "options": _codes,
    "keys": _codes,
}

_OF_SYSTEM: Final[Mapping[FieldKind, System]] = {**SYSTEM, "completeness": completeness_sql}
