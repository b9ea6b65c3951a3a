"""Read requirements from the TOML beside an exporter."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from decimal import Decimal
from importlib.resources import files
from typing import Any, cast

from exporters.contract.checks import CHECKS, Check
from exporters.contract.requirement import Requirement
from exporters.contract.requirements import Relation, Requirements
from pim.domain.conditions import All, Any_, Leaf, Node, Not

TARGET_OPERATORS = (
    "=",
    "!=",
    "IN",
    "NOT IN",
    "EMPTY",
    "NOT EMPTY",
    "STARTS WITH",
    "CONTAINS",
)
_NUMBERS = ("minimum", "above", "maximum")
_LISTS = ("units", "enumeration", "lengths")


def load_requirements(package: str, name: str) -> Requirements:
    """Return the requirements in the TOML file `name` inside `package`."""
    text = files(package).joinpath(name).read_text(encoding="utf-8")
    return parse_requirements(tomllib.loads(text, parse_float=Decimal))


def parse_requirements(document: Mapping[str, Any]) -> Requirements:
    """Return requirements from a document.

    `source` at the top is the default source, `[defaults]` holds defaults of every target,
    `[targets.NAME]` (dotted names in quotes) the fields of `Requirement`, and `[[relations]]`
    the fields of `Relation`, where the check is the key that holds the targets:
    `{code = "sale_price.below_price", less_than = ["sale_price", "price"]}`.
    An unknown field raises TypeError or ValueError: a rule must not be lost to a typing slip.
    """
    common = {"source": document.get("source", ""), **document.get("defaults", {})}
    targets = tuple(
        _requirement(name, {**common, **body}) for name, body in document["targets"].items()
    )
    source = document.get("source", "")
    relations = [_relation({"source": source, **body}) for body in document.get("relations", [])]
    return Requirements(targets, tuple(relations))


def _requirement(target: str, body: dict[str, Any]) -> Requirement:
    lists = {name: tuple(body[name]) for name in _LISTS if name in body}
    numbers = {name: Decimal(body[name]) for name in _NUMBERS if name in body}
    when = {name: parse_target_condition(body[name]) for name in ("required_when",) if name in body}
    return Requirement(**{**body, **lists, **numbers, **when, "target": target})


def _relation(body: dict[str, Any]) -> Relation:
    checks = [key for key in body if key in CHECKS]
    if len(checks) != 1:
        raise ValueError(f"relation {body.get('code')}: name one check, not {checks}")
    targets = tuple(body.pop(checks[0]))
    if "percent" in body:
        body["percent"] = Decimal(body["percent"])
    when = parse_target_condition(body.pop("when")) if "when" in body else None
    target = body.pop("target", targets[0])
    return Relation(
        check=cast("Check", checks[0]), targets=targets, target=target, when=when, **body
    )


def parse_target_condition(document: Mapping[str, Any]) -> Node:
    """Return a condition on targets: `all`, `any`, `not`, or a leaf of target, operator, value.

    Leaves keep the target in `Leaf.field`; `@country`, `@currency` and `@locale` stand for the
    feed's own. Operators are `TARGET_OPERATORS`; values compare as text, letter by letter; an
    absent value is only EMPTY (`!=` and `NOT IN` hold for it); a list holds when one element does.
    """
    match document:
        case {"all": parts}:
            return All(tuple(parse_target_condition(part) for part in parts))
        case {"any": parts}:
            return Any_(tuple(parse_target_condition(part) for part in parts))
        case {"not": part}:
            return Not(parse_target_condition(part))
        case {"target": target, "operator": operator} if operator in TARGET_OPERATORS:
            value = document.get("value")
            frozen = tuple(value) if isinstance(value, list) else value
            return Leaf(field=target, operator=operator, value=frozen)
    raise ValueError(f"not a condition on targets: {document!r}")
