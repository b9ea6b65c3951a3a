"""Check a mapped frame against what the destination demands."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import cast

import polars as pl

from channels.checking.conditions import Facts
from channels.checking.controls import may_hold_forbidden
from channels.checking.elements import ELEMENT_CHECKS
from channels.checking.relations import ROW_CHECKS, applies, as_text
from channels.checking.result import LONGEST, VIOLATIONS, Checked, RuleCount, Severity, counted
from channels.mapping.targets import UNMAPPED
from exporters.contract import CHECKS, Requirements, Rule
from exporters.contract.runs import Told

_ROW = "\x00row"

#: Checks that take long and look at one item by itself.
COSTLY = frozenset({*ELEMENT_CHECKS, "less_than", "below_by", "same_unit"})


@dataclass
class _Findings:
    """What the passes found so far."""

    report: list[RuleCount] = field(default_factory=list)
    rows: list[pl.DataFrame] = field(default_factory=list)
    failed: list[pl.Series] = field(default_factory=list)
    holding: list[pl.Series] = field(default_factory=list)


def check(
    frame: pl.DataFrame,
    requirements: Requirements,
    *,
    severities: Mapping[str, str],
    item_id: str,
    group: pl.Series | str | None = None,
    facts: Facts | None = None,
) -> Checked:
    """Return the items that may be published, and every violation.

    `frame` comes from `CompiledMapping.apply`, all items of the publication at once. `severities`
    are the feed's own, by rule code or by target. Values of rules with `drop_value` are emptied
    first, so that the other rules see what will be published. `group` (a target, or a series as
    long as the frame) says who is held together under `hold_group`. `facts` are the feed's
    country, currency and locale.
    """
    known = facts or {}
    work = frame.with_row_index(_ROW)
    chosen: list[tuple[Rule, Severity]] = [
        (rule, severity)
        for rule in _rules(frame, requirements, item_id, known)
        if (severity := severity_of(rule, severities)) != "off"
    ]
    ids, found = _ids(work, item_id), _Findings()
    dropping = [each for each in chosen if each[1] == "drop_value"]
    work = _pass(work, dropping, ids, known, found)
    work = _emptied(work, [rule for rule, _ in dropping], known)
    _pass(work, [each for each in chosen if each[1] != "drop_value"], ids, known, found)
    return _outcome(work, ids, found, _groups(frame, group))


def severity_of(rule: Rule, severities: Mapping[str, str]) -> Severity:
    """Return the feed's severity of a rule: by its code, by its target, else the rule's own."""
    chosen = severities.get(rule.code) or severities.get(rule.target) or rule.severity
    return cast("Severity", chosen)


def _rules(
    frame: pl.DataFrame, requirements: Requirements, item_id: str, facts: Facts
) -> list[Rule]:
    targets = [name for name in frame.columns if not name.startswith(UNMAPPED)]
    rules = [_with_currency(rule, facts) for rule in requirements.rules_for(targets)]
    own = {(rule.target, rule.check) for rule in rules}
    identity = [rule for rule in _identity(item_id) if (rule.target, rule.check) not in own]
    return [*identity, *rules, *_unmapped(frame.columns)]


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


def _ids(frame: pl.DataFrame, item_id: str) -> pl.Series:
    if item_id not in frame.columns:
        return pl.repeat("", frame.height, dtype=pl.String, eager=True)
    return frame.select(as_text(item_id, frame.schema).fill_null("")).to_series()


def breaks(rule: Rule, schema: pl.Schema, facts: Facts) -> pl.Expr:
    """Return which items break a rule, never null."""
    column = rule.parameters.get("column")
    if column is not None:
        return pl.col(column).is_not_null()
    if rule.check in ROW_CHECKS:
        fails = ROW_CHECKS[rule.check](rule, schema)
    else:
        fails = _in_elements(rule, schema)
    where = applies(rule, schema, facts)
    return (fails if where is None else fails & where).fill_null(False)


def _in_elements(rule: Rule, schema: pl.Schema) -> pl.Expr:
    if rule.target not in schema:
        return pl.lit(False)
    broken, value = ELEMENT_CHECKS[rule.check], pl.col(rule.target)
    if isinstance(schema[rule.target], pl.List):
        return value.list.eval(broken(pl.element(), rule.parameters)).list.any()
    return broken(value, rule.parameters)


def _pass(
    frame: pl.DataFrame,
    rules: list[tuple[Rule, Severity]],
    ids: pl.Series,
    facts: Facts,
    found: _Findings,
) -> pl.DataFrame:
    """Note what every rule finds; return the frame as it came."""
    broken = _broken(frame, [rule for rule, _ in rules], facts)
    for (rule, severity), rows in zip(rules, broken, strict=True):
        if rows is not None:
            _note(frame, rule, severity, rows, ids, found)
    return frame


def _broken(frame: pl.DataFrame, rules: list[Rule], facts: Facts) -> list[pl.Series | None]:
    """Return for every rule the rows that break it, None where no row does.

    What is costly and looks at one item by itself is asked once per run of equal neighbours.
    """
    if frame.is_empty():
        return [None] * len(rules)
    runs = Told(frame)
    masks = {
        number: breaks(rule, frame.schema, facts).alias(str(number))
        for number, rule in enumerate(rules)
        if not _surely_kept(rule, runs)
    }
    told = [n for n in masks if rules[n].check in COSTLY and not runs.small]
    # The row number comes along so that rules about no column at all are as long as the frame.
    plain = frame.select(_ROW, *(mask for number, mask in masks.items() if number not in told))
    found: dict[int, pl.Series | None] = {
        int(each.name): each.arg_true() if each.any() else None for each in plain.drop(_ROW)
    }
    by_runs = runs.select([masks[number] for number in told])
    for number, (mask, several) in zip(told, by_runs, strict=True):
        # Most rules find nothing, so there is nothing to spread.
        spread = several.spread(mask) if several is not None and mask.any() else mask
        found[number] = spread.arg_true() if spread.any() else None
    return [found.get(number) for number in range(len(rules))]


def _surely_kept(rule: Rule, runs: Told) -> bool:
    """Tell whether no item can break a rule, where that is known more quickly than asked."""
    if rule.check != "control_characters" or rule.target not in runs.frame.columns:
        return False
    column = runs.frame[rule.target]
    if column.dtype != pl.String:
        return False
    several = runs.runs([rule.target])
    return not may_hold_forbidden(several.pick(column) if several else column)


def _note(
    frame: pl.DataFrame,
    rule: Rule,
    severity: Severity,
    rows: pl.Series,
    ids: pl.Series,
    found: _Findings,
) -> None:
    column = rule.parameters.get("column", rule.target)
    value = as_text(column, frame.schema).str.slice(0, LONGEST).alias("value")
    shown = frame.select(_ROW, value)[rows].drop(_ROW)
    listed = shown.insert_column(0, ids[rows].alias("item"))
    found.report.append(counted(rule, severity, listed))
    names = [pl.lit(rule.target).alias("target"), pl.lit(rule.code).alias("rule")]
    found.rows.append(
        listed.with_columns(*names, pl.lit(severity).alias("severity")).select(list(VIOLATIONS))
    )
    if severity in ("error", "hold_group"):
        found.failed.append(rows)
    if severity == "hold_group":
        found.holding.append(rows)


def _emptied(frame: pl.DataFrame, rules: list[Rule], facts: Facts) -> pl.DataFrame:
    """Return the frame without the values (or list elements) that break these rules."""
    for rule in rules:
        if rule.target in frame.columns:
            frame = frame.with_columns(_without(rule, frame, facts).alias(rule.target))
    return frame


def _without(rule: Rule, frame: pl.DataFrame, facts: Facts) -> pl.Expr:
    value = pl.col(rule.target)
    if not isinstance(frame.schema[rule.target], pl.List):
        return pl.when(breaks(rule, frame.schema, facts).not_()).then(value)
    if rule.check == "max_items":
        return value.list.head(rule.parameters["limit"])
    if rule.check in ELEMENT_CHECKS:
        broken = ELEMENT_CHECKS[rule.check](pl.element(), rule.parameters).fill_null(False)
        kept = value.list.eval(pl.element().filter(broken.not_()))
        return pl.when(kept.list.len() > 0).then(kept)
    return pl.when(breaks(rule, frame.schema, facts).not_()).then(value)


def _groups(frame: pl.DataFrame, group: pl.Series | str | None) -> pl.Series | None:
    if isinstance(group, str):
        return frame.get_column(group) if group in frame.columns else None
    return group


def _outcome(
    work: pl.DataFrame, ids: pl.Series, found: _Findings, groups: pl.Series | None
) -> Checked:
    failed = _mask(work.height, found.failed)
    held = _mask(work.height, found.holding)
    if groups is not None:
        held = held | groups.is_in(groups.filter(held).drop_nulls().implode()).fill_null(False)
    held = held & ~failed
    stays = ~(failed | held)
    extra = [name for name in work.columns if name.startswith(UNMAPPED)]
    kept = work if stays.all() else work.filter(stays)
    return Checked(
        frame=kept.drop(_ROW, *extra),
        kept=stays.arg_true(),
        dropped=ids.filter(failed),
        held=ids.filter(held),
        report=tuple(found.report),
        violations=pl.concat([pl.DataFrame(schema=VIOLATIONS), *found.rows]),
    )


def _mask(height: int, rows: list[pl.Series]) -> pl.Series:
    mask = pl.zeros(height, dtype=pl.Boolean, eager=True)
    return mask.scatter(pl.concat(rows), True) if rows else mask
