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

#: Values that a table lacks are listed up to this number, each with so many items.
MOST_VALUES = 100
ITEMS_OF_VALUE = 3

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
class ValueCount:
    """One value that a table lacks: on how many items, with the first few."""

    value: str
    count: int
    items: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class RuleCount:
    """How many items break a rule, with the first few.

    `lacking` are the values that a lookup's table lacks, the most frequent first, `more_lacking`
    how many there are beyond them.
    """

    rule: str
    target: str
    severity: Severity
    count: int
    mend: str
    source: str
    examples: tuple[Example, ...]
    lacking: tuple[ValueCount, ...] = ()
    more_lacking: int = 0

    def as_json(self) -> dict[str, Any]:
        """Return the entry of a publication's quality report."""
        examples = [vars(example) for example in self.examples]
        lacking = [vars(value) for value in self.lacking]
        return {**vars(self), "examples": examples, "lacking": lacking}


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
    lacking, more = _lacking(found) if "column" in rule.parameters else ((), 0)
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
        lacking=lacking,
        more_lacking=more,
    )


def _lacking(found: pl.DataFrame) -> tuple[tuple[ValueCount, ...], int]:
    """Return what a table lacks, the most frequent first, and how much more there is."""
    each = found.group_by("value", maintain_order=True).agg(
        pl.len().alias("count"), pl.col("item").head(ITEMS_OF_VALUE).alias("items")
    )
    ordered = each.sort("count", descending=True, maintain_order=True)
    listed = tuple(
        ValueCount(value=value, count=count, items=tuple(items))
        for value, count, items in ordered.head(MOST_VALUES).iter_rows()
    )
    return listed, max(0, ordered.height - MOST_VALUES)


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
