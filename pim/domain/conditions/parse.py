"""From JSON to a condition, with every mistake named at its place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any, Final, get_args

from pim.domain import addresses
from pim.domain.addresses import join
from pim.domain.attribute_types import ATTRIBUTE_TYPES
from pim.domain.attribute_types.problems import listed, problem, wrong_type
from pim.domain.conditions import shorthands
from pim.domain.conditions.fields import (
    FIELDS,
    OPERATORS,
    WITH_LIST,
    WITHOUT_VALUE,
    FieldKind,
)
from pim.domain.conditions.operands import read_one
from pim.domain.conditions.tree import EVERYTHING, All, Any_, Condition, Leaf, Node, Not, View
from pim.domain.structure import ALL, Attribute, Structure
from pim.domain.violations import Violation
from pim.errors import Refused

DEEPEST: Final = 32

_LEAF_KEYS: Final = frozenset({"field", "operator", "value", "scope", "locale"})
_ALL_OPERATORS: Final = tuple(dict.fromkeys(o for known in OPERATORS.values() for o in known))


def parse(document: Any, structure: Structure | None = None, *, path: str = "") -> Condition:
    """Return the condition that a JSON document spells, in canonical form.

    Codes get their stored spelling, numbers and days their canonical text; shorthands (BETWEEN,
    SINCE LAST N DAYS, = on codes, the main identifier's attribute code) become what the kernel in
    `fields.KERNEL` knows. `{}`, `[]` and None hold for everything. Without a structure attributes
    and codes are taken as written. Raises Refused with a violation for each mistake; their paths
    begin with `path`.
    """
    reader = _Reader(structure)
    root, view = reader.top(document, path)
    if reader.violations:
        raise Refused("The condition cannot be used.", reader.violations)
    return Condition(root=root, view=view)


class _Reader:
    """Read nodes, collecting what is wrong."""

    def __init__(self, structure: Structure | None) -> None:
        self.structure = structure
        self.violations: list[Violation] = []

    def top(self, document: Any, path: str) -> tuple[Node, View | None]:
        if document is None or document in ({}, []):
            return EVERYTHING, None
        if not isinstance(document, Mapping):
            self.violations.append(wrong_type(path, document, "an object"))
            return EVERYTHING, None
        view = document.get("view")
        if view not in (None, *get_args(View)):
            mend = 'Write "base" for stored values, "effective" for running campaigns included.'
            message = '"{value}" is not a view.'
            self.violations.append(
                problem("unknown_view", join(path, "view"), message, view, mend=mend)
            )
        rest = {key: part for key, part in document.items() if key != "view"}
        return (self.node(rest, path, 1) if rest else EVERYTHING), view

    def node(self, document: Any, path: str, depth: int) -> Node:
        if depth > DEEPEST:
            self.violations.append(_too_deep(path))
        elif not isinstance(document, Mapping):
            self.violations.append(wrong_type(path, document, "an object"))
        elif "field" in document:
            return self.leaf(document, path)
        elif len(document) == 1 and (key := next(iter(document))) in ("all", "any", "not"):
            return self.branch(key, document[key], join(path, key), depth)
        else:
            self.violations.append(_not_a_node(document, path))
        return EVERYTHING

    def branch(self, key: str, inner: Any, path: str, depth: int) -> Node:
        if key == "not":
            return Not(self.node(inner, path, depth + 1))
        if not isinstance(inner, list | tuple):
            self.violations.append(wrong_type(path, inner, "a list of conditions"))
            return EVERYTHING
        parts = tuple(self.node(p, f"{path}[{i}]", depth + 1) for i, p in enumerate(inner))
        return All(parts) if key == "all" else Any_(parts)

    def leaf(self, document: Mapping[str, Any], path: str) -> Node:
        before = len(self.violations)
        for key in set(document) - _LEAF_KEYS:
            self.violations.append(unknown_key(key, join(path, key), _LEAF_KEYS))
        field, kind, attribute = self.field(document["field"], join(path, "field"))
        operator = self.operator(document.get("operator"), kind, join(path, "operator"))
        if len(self.violations) > before:
            return EVERYTHING
        scope, locale = self.address(field, attribute, document, path)
        value = self.value(field, kind, operator, document.get("value"), join(path, "value"))
        leaf = Leaf(field=field, operator=operator, value=value, scope=scope, locale=locale)
        if len(self.violations) > before:
            return EVERYTHING
        return shorthands.resolve(leaf, kind, document.get("value"))

    def field(self, given: Any, path: str) -> tuple[str, FieldKind | None, Attribute | None]:
        if not isinstance(given, str):
            self.violations.append(wrong_type(path, given, "a field's name as text"))
            return "", None, None
        if given.lower() in FIELDS:
            return given.lower(), FIELDS[given.lower()], None
        if self.structure is None:
            return given, None, None
        attribute = self.structure.attributes.get(given)
        if attribute is None:
            self.violations.append(_unknown_field(given, path, self.structure))
            return given, None, None
        if attribute is self.structure.identifier:
            return "identifier", "text", None
        return attribute.code, ATTRIBUTE_TYPES[attribute.type].kind, attribute

    def operator(self, given: Any, kind: FieldKind | None, path: str) -> str:
        known = OPERATORS[kind] if kind else _ALL_OPERATORS
        operator = given.strip().upper() if isinstance(given, str) else None
        if operator in known:
            return operator
        message = '"{value}" is not an operator of this field.'
        mend = "Choose one of {known}."
        shown = listed(known, most=20)
        self.violations.append(
            problem("unknown_operator", path, message, given, known=shown, mend=mend)
        )
        return ""

    def address(
        self, field: str, attribute: Attribute | None, document: Mapping[str, Any], path: str
    ) -> tuple[str | None, str | None]:
        scope, locale = document.get("scope") or None, document.get("locale") or None
        if field == "completeness":
            return self.completeness_address(scope, locale, path)
        if attribute is not None and self.structure is not None:
            cell, faults = addresses.cell_of(attribute, scope, locale, self.structure, path)
            self.violations.extend(faults)
            return _given(cell.channel), _given(cell.locale)
        if field in FIELDS:
            self.refuse_address(field, {"scope": scope, "locale": locale}, path)
        return scope, locale

    def refuse_address(self, field: str, given: Mapping[str, Any], path: str) -> None:
        for name, code in given.items():
            if code is not None:
                message = "{field} is the same everywhere; it has no {name}."
                found = problem(
                    f"{name}_not_allowed", join(path, name), message, code,
                    field=field, name=name, mend="Leave {name} out.",
                )  # fmt: skip
                self.violations.append(found)

    def completeness_address(
        self, scope: Any, locale: Any, path: str
    ) -> tuple[str | None, str | None]:
        if self.structure is None and scope is not None:
            return scope, locale
        channels = self.structure.channels if self.structure else ()
        channel = self.structure.channels.get(scope) if self.structure and scope else None
        if channel is None:
            known = listed(c.code for c in channels)
            message = "Completeness is asked per channel; which scope is meant?"
            mend = "Set scope to one of {known}."
            found = problem(
                "missing_scope", join(path, "scope"), message, scope or "", known=known, mend=mend
            )
            self.violations.append(found)
            return None, None
        if locale is None or locale in channel.locales:
            return channel.code, locale
        message = '"{value}" is not a locale of the channel {channel}.'
        known = listed(channel.locales, most=20)
        found = problem(
            "unknown_locale", join(path, "locale"), message, locale,
            channel=channel.code, known=known, mend="Choose one of {known}.",
        )  # fmt: skip
        self.violations.append(found)
        return None, None

    def value(
        self, field: str, kind: FieldKind | None, operator: str, value: Any, path: str
    ) -> Any:
        if operator in WITHOUT_VALUE:
            if value not in (None, "", []):
                message = "The operator {operator} takes no value."
                self.violations.append(
                    problem("value_not_allowed", path, message, value, operator=operator,
                            mend="Leave value out.")
                )  # fmt: skip
            return None
        if operator == shorthands.RECENT:
            return self.days(value, path)
        if operator in WITH_LIST:
            return self.several(field, kind, value, path)
        if operator in shorthands.RANGE:
            return self.pair(field, kind, value, path)
        return self.one(field, kind, value, path)

    def one(self, field: str, kind: FieldKind | None, value: Any, path: str) -> Any:
        if kind is None:
            return value
        data, violations = read_one(kind, value, field, self.structure, path)
        self.violations.extend(violations)
        return data

    def several(self, field: str, kind: FieldKind | None, value: Any, path: str) -> Any:
        if not isinstance(value, list | tuple):
            self.violations.append(wrong_type(path, value, "a list"))
            return None
        found = [self.one(field, kind, v, f"{path}[{index}]") for index, v in enumerate(value)]
        return list(dict.fromkeys(found))

    def pair(self, field: str, kind: FieldKind | None, value: Any, path: str) -> Any:
        if not isinstance(value, list | tuple) or len(value) != 2:
            self.violations.append(wrong_type(path, value, "a list of two values, from and to"))
            return None
        return [self.one(field, kind, v, f"{path}[{index}]") for index, v in enumerate(value)]

    def days(self, value: Any, path: str) -> Any:
        number = str(value).strip()
        if isinstance(value, bool) or not re.fullmatch("[0-9]{1,5}", number):
            self.violations.append(wrong_type(path, value, "a whole number of days"))
        return number


def _given(code: str) -> str | None:
    return None if code == ALL else code


def unknown_key(key: str, path: str, known: Iterable[str]) -> Violation:
    """Return the violation of a key that a document does not know, with the likeliest meant."""
    return _unknown("unknown_key", key, path, '"{value}" is not known here.', list(known))


def _unknown_field(given: str, path: str, structure: Structure) -> Violation:
    known = [*FIELDS, *(a.code for a in structure.attributes)]
    return _unknown("unknown_field", given, path, 'There is no field "{value}".', known)


def _unknown(code: str, given: Any, path: str, message: str, known: list[str]) -> Violation:
    close = get_close_matches(str(given).lower(), known, n=1)
    meant = close[0] if close else None
    mend = 'Did you mean "{meant}"?' if meant else "Choose one of {known}."
    return problem(code, path, message, given, meant=meant, known=listed(sorted(known)), mend=mend)


def _not_a_node(document: Mapping[str, Any], path: str) -> Violation:
    message = "{value} is not a condition."
    mend = 'Write {{"field", "operator", "value"}}, or one of "all", "any" and "not" alone.'
    return problem("not_a_condition", path, message, document, mend=mend)


def _too_deep(path: str) -> Violation:
    message = "Conditions are nested more than {value} deep."
    return problem("too_deep", path, message, DEEPEST, mend="Flatten all and any.")
