"""What checking finds: counts and examples for people, rows for machines."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import polars as pl

from exporters.contract import Rule

Severity = Literal["error", "warning", "drop_value", "hold_group", "off"]

EXAMPLES = 10
LONGEST = 200

VIOLATIONS = {
    "item": pl.String,
    "target": pl.String,
    "rule": pl.String,
    "severity": pl.String,
    "value": pl.String,
}


@dataclass(frozen=True, kw_only=True)
class Example:
    """One item that breaks a rule."""

    item: str
    value: str | None
    message: str


@dataclass(frozen=True, kw_only=True)
class RuleCount:
    """How many items break a rule, with the first few."""

    rule: str
    target: str
    severity: Severity
    count: int
    mend: str
    source: str
    examples: tuple[Example, ...]

    def as_json(self) -> dict[str, Any]:
        """Return the entry of a publication's quality report."""
        examples = [vars(example) for example in self.examples]
        return {**vars(self), "examples": examples}


@dataclass(frozen=True, kw_only=True)
class Checked:
    """A frame without what may not be published, and all that was found.

    - `kept`: positions (row numbers of the frame that came in) of the items that stay, ascending.
    - `dropped`: ids of the items with errors; `held`: ids of items without errors of their own
      that are kept back with their group. Both hold "" where an item has no id.
    - `violations`: one row per item and broken rule: item, target, rule, severity, value.
    """

    frame: pl.DataFrame
    kept: pl.Series
    dropped: pl.Series
    held: pl.Series
    report: tuple[RuleCount, ...]
    violations: pl.DataFrame

    @property
    def errors(self) -> int:
        """Return how many violations cost an item its place."""
        return sum(each.count for each in self.report if each.severity in ("error", "hold_group"))

    @property
    def warnings(self) -> int:
        """Return how many violations did not, emptied values included."""
        return sum(each.count for each in self.report if each.severity in ("warning", "drop_value"))


def counted(rule: Rule, severity: Severity, found: pl.DataFrame) -> RuleCount:
    """Return the count of a rule's violations (item, value) with examples in words."""
    words = _words(rule)
    return RuleCount(
        rule=rule.code,
        target=rule.target,
        severity=severity,
        count=found.height,
        mend=rule.mend.format_map(words),
        source=rule.source,
        examples=tuple(
            Example(item=item, value=value, message=_message(rule, words, value))
            for item, value in found.head(EXAMPLES).iter_rows()
        ),
    )


def _words(rule: Rule) -> dict[str, Any]:
    shown = {
        name: ", ".join(map(str, given)) if isinstance(given, tuple) else given
        for name, given in rule.parameters.items()
    }
    return {**shown, "target": rule.target, "value": ""}


def _message(rule: Rule, words: Mapping[str, Any], value: str | None) -> str:
    message = rule.message.format_map({**words, "value": value or ""})
    near = _nearest(rule, value)
    return f"{message}; did you mean {near}?" if near else message


def _nearest(rule: Rule, value: str | None) -> str | None:
    if rule.check != "enumeration" or not value:
        return None
    spelled = {_plain(allowed): allowed for allowed in rule.parameters["values"]}
    found = difflib.get_close_matches(_plain(value), spelled, n=1, cutoff=0.75)
    return spelled[found[0]] if found else None


def _plain(text: str) -> str:
    return text.casefold().replace("_", " ").replace("-", " ").strip()
