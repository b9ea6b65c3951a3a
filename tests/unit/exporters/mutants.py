"""One broken item per rule: whoever states a rule must show a value that fails it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from channels.checking.check import check
from exporters.contract import Exporter, Options, Rule

Values = dict[str, Any]


def found(exporter: Exporter, options: Options, items: list[Values]) -> set[str]:
    """Return the codes of the rules that items break."""
    names = list(dict.fromkeys(name for item in items for name in item))
    lists = {name for item in items for name, value in item.items() if isinstance(value, list)}
    types = {name: pl.List(pl.String) if name in lists else pl.String() for name in names}
    frame = pl.DataFrame([{name: item.get(name) for name in names} for item in items], schema=types)
    checked = check(
        frame,
        exporter.requirements(options),
        severities={},
        item_id=exporter.item_id(options),
        facts={"currency": "EUR", "country": "DE", "locale": "de_DE"},
    )
    return {each.rule for each in checked.report}


def mutated(rule: Rule, good: Values, targets: Mapping[str, str]) -> list[Values]:
    """Return items of which one breaks the rule; `targets` name a target for `x.*`."""
    target = targets.get(rule.target, rule.target)
    other = {**good, "id": "other", "sku": "other"}
    if rule.check == "unique":
        return [good, {**other, target: good[target]}]
    return [{**good, target: _wrong(rule, good.get(target))}, other]


def _wrong(rule: Rule, value: Any) -> Any:
    if rule.check in ("required", "required_when", "recommended"):
        return None
    if rule.check == "max_items":
        return value * (rule.parameters["limit"] + 1)
    if isinstance(value, list):
        return [_wrong(rule, value[0])]
    return WRONG[rule.check](rule.parameters, value or "")


WRONG = {
    "format": lambda p, value: "12,50 | x",
    "enumeration": lambda p, value: "something else",
    "pattern": lambda p, value: " \x1f!",
    "max_length": lambda p, value: value + "x" * (p["limit"] + 1 - len(value)),
    "minimum": lambda p, value: str(p["limit"] - 1),
    "above": lambda p, value: str(p["limit"]),
    "maximum": lambda p, value: str(p["limit"] + 1),
    "digits": lambda p, value: value[:-2],
    "check_digit": lambda p, value: value[:-1] + str((int(value[-1]) + 1) % 10),
    "control_characters": lambda p, value: value + "\x07",
}
