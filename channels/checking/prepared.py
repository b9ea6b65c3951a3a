"""The rules of a feed made ready: chosen, weighed, and as expressions over one shape of items."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import cast

import polars as pl

from channels.checking.conditions import Facts
from channels.checking.elements import ELEMENT_CHECKS
from channels.checking.relations import ROW_CHECKS, applies, as_text
from channels.checking.result import LONGEST, Severity
from channels.mapping.targets import UNMAPPED
from exporters.contract import CHECKS, Requirements, Rule


@dataclass(frozen=True, kw_only=True, eq=False)
class Prepared:
    """One rule with its severity, ready for items of one shape; `name` is its column's."""

    name: str
    rule: Rule
    severity: Severity
    schema: pl.Schema
    facts: Facts

    @cached_property
    def breaks(self) -> pl.Expr:
        """Return which items break the rule, never null, in a column of the rule's name."""
        return self._fails().fill_null(False).alias(self.name)

    def _fails(self) -> pl.Expr:
        column = self.rule.parameters.get("column")
        if column is not None:
            return pl.col(column).is_not_null()
        if self.rule.check in ROW_CHECKS:
            fails = ROW_CHECKS[self.rule.check](self.rule, self.schema)
        else:
            fails = self._in_elements()
        where = applies(self.rule, self.schema, self.facts)
        return fails if where is None else fails & where

    def _in_elements(self) -> pl.Expr:
        rule = self.rule
        if rule.target not in self.schema:
            return pl.lit(False)
        broken, value = ELEMENT_CHECKS[rule.check], pl.col(rule.target)
        if isinstance(self.schema[rule.target], pl.List):
            return value.list.eval(broken(pl.element(), rule.parameters)).list.any()
        return broken(value, rule.parameters)

    @cached_property
    def value(self) -> pl.Expr:
        """Return what is shown of an item that breaks the rule."""
        column = self.rule.parameters.get("column", self.rule.target)
        return as_text(column, self.schema).str.slice(0, LONGEST).alias("value")

    @cached_property
    def without(self) -> pl.Expr:
        """Return the target without the values (or list elements) that break the rule."""
        rule, value = self.rule, pl.col(self.rule.target)
        left = pl.lit(None, dtype=self.schema[rule.target])
        if isinstance(self.schema[rule.target], pl.List):
            if rule.check == "max_items":
                left = value.list.head(rule.parameters["limit"])
            elif rule.check in ELEMENT_CHECKS:
                broken = ELEMENT_CHECKS[rule.check](pl.element(), rule.parameters)
                kept = value.list.eval(pl.element().filter(broken.fill_null(False).not_()))
                left = pl.when(kept.list.len() > 0).then(kept)
        return pl.when(self.breaks).then(left).otherwise(value).alias(rule.target)


@dataclass(frozen=True, kw_only=True)
class Checks:
    """All that items of one shape are checked for.

    Rules in `dropping` empty values, before `others` are asked.
    """

    schema: pl.Schema
    item_id: str
    dropping: Sequence[Prepared]
    others: Sequence[Prepared]


def prepare(
    schema: pl.Schema,
    requirements: Requirements,
    *,
    severities: Mapping[str, str],
    item_id: str,
    facts: Facts,
) -> Checks:
    """Return the checks of items with these columns.

    `severities` are the feed's own, by rule code or by target.
    """
    every = [
        Prepared(
            name=f"\x00{number}",
            rule=rule,
            severity=severity_of(rule, severities),
            schema=schema,
            facts=facts,
        )
        for number, rule in enumerate(_rules(schema.names(), requirements, item_id, facts))
    ]
    return Checks(
        schema=schema,
        item_id=item_id,
        dropping=[each for each in every if each.severity == "drop_value"],
        others=[each for each in every if each.severity not in ("drop_value", "off")],
    )


def severity_of(rule: Rule, severities: Mapping[str, str]) -> Severity:
    """Return the feed's severity of a rule: by its code, by its target, else the rule's own."""
    chosen = severities.get(rule.code) or severities.get(rule.target) or rule.severity
    return cast("Severity", chosen)


def _rules(
    columns: Sequence[str], requirements: Requirements, item_id: str, facts: Facts
) -> list[Rule]:
    targets = [name for name in columns if not name.startswith(UNMAPPED)]
    rules = [_with_currency(rule, facts) for rule in requirements.rules_for(targets)]
    own = {(rule.target, rule.check) for rule in rules}
    identity = [rule for rule in _identity(item_id) if (rule.target, rule.check) not in own]
    return [*identity, *rules, *_unmapped(columns)]


def _with_currency(rule: Rule, facts: Facts) -> Rule:
    if rule.check != "currency":
        return rule
    return replace(rule, parameters={**rule.parameters, "currency": facts.get("currency")})


def _identity(item_id: str) -> Iterable[Rule]:
    """Yield what every feed needs of its item ids, whatever the destination says."""
    for name in ("required", "unique"):
        words = CHECKS[name]
        yield Rule(
            code=f"{item_id}.{name}",
            target=item_id,
            check=name,
            message=words.message,
            mend=words.mend,
        )


def _unmapped(columns: Collection[str]) -> Iterable[Rule]:
    """Yield a rule for each target whose lookup reports what its table lacks."""
    for name in columns:
        if name.startswith(UNMAPPED):
            target = name.removeprefix(UNMAPPED)
            yield Rule(
                code=f"{target}.unmapped",
                target=target,
                check="recommended",
                parameters={"column": name},
                severity="warning",
                message='{target} would be "{value}", which the lookup table lacks',
                mend="Add the value to the table, or give the lookup a default",
            )
