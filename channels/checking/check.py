"""Check a mapped frame against what the destination demands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from channels.checking.conditions import Facts
from channels.checking.controls import may_hold_forbidden
from channels.checking.elements import ELEMENT_CHECKS
from channels.checking.prepared import Checks, Prepared, prepare
from channels.checking.relations import as_text
from channels.checking.result import VIOLATIONS, Checked, RuleCount, counted
from channels.mapping.targets import UNMAPPED
from exporters.contract import Requirements
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
    are the feed's own, by rule code or by target. `group` (a target, or a series as long as the
    frame) says who is held together under `hold_group`. `facts` are the feed's country, currency
    and locale.
    """
    checks = prepare(
        frame.schema, requirements, severities=severities, item_id=item_id, facts=facts or {}
    )
    return carry_out(checks, frame, group=group)


def carry_out(
    checks: Checks, frame: pl.DataFrame, *, group: pl.Series | str | None = None
) -> Checked:
    """Do the same with checks that are prepared; the frame has the columns that they are for.

    Values of rules with `drop_value` are emptied first, so that the other rules see what will be
    published.
    """
    work = frame.with_row_index(_ROW)
    ids, found = _ids(work, checks), _Findings()
    broken = _pass(work, checks.dropping, ids, found)
    work = _emptied(work, checks.dropping, broken)
    _pass(work, checks.others, ids, found)
    return _outcome(work, ids, found, _groups(frame, group))


def _ids(frame: pl.DataFrame, checks: Checks) -> pl.Series:
    if checks.item_id not in checks.schema:
        return pl.repeat("", frame.height, dtype=pl.String, eager=True)
    return frame.select(as_text(checks.item_id, checks.schema).fill_null("")).to_series()


def _pass(
    frame: pl.DataFrame, rules: Sequence[Prepared], ids: pl.Series, found: _Findings
) -> list[pl.Series | None]:
    """Note what every rule finds; return the rows that break it, None where no row does."""
    broken = _broken(frame, rules)
    for each, rows in zip(rules, broken, strict=True):
        if rows is not None:
            _note(frame, each, rows, ids, found)
    return broken


def _broken(frame: pl.DataFrame, rules: Sequence[Prepared]) -> list[pl.Series | None]:
    """Return for every rule the rows that break it, None where no row does.

    What is costly and looks at one item by itself is asked once per run of equal neighbours.
    """
    if frame.is_empty():
        return [None] * len(rules)
    runs = Told(frame)
    kept = _surely_kept(rules, runs)
    asked = [each for each in rules if each not in kept]
    costly = [each for each in asked if each.rule.check in COSTLY and not runs.small]
    # The row number comes along so that rules about no column at all are as long as the frame.
    plain = frame.select(_ROW, *(each.breaks for each in asked if each not in costly))
    found = {mask.name: mask.arg_true() for mask in plain.get_columns()[1:] if mask.any()}
    for mask, several in runs.select([each.breaks for each in costly]):
        if mask.any():  # most rules find nothing, so there is nothing to spread
            found[mask.name] = (several.spread(mask) if several else mask).arg_true()
    return [found.get(each.name) for each in rules]


def _surely_kept(rules: Sequence[Prepared], runs: Told) -> set[Prepared]:
    """Return the rules that no item can break, where that is known more quickly than asked."""
    texts = {
        each: runs.frame[each.rule.target]
        for each in rules
        if each.rule.check == "control_characters"
        and each.schema.get(each.rule.target) == pl.String
    }
    if runs.small and texts and not may_hold_forbidden(pl.concat(texts.values(), rechunk=True)):
        return set(texts)
    return {each for each, column in texts.items() if not may_hold_forbidden(_once(runs, column))}


def _once(runs: Told, column: pl.Series) -> pl.Series:
    """Return a column's values once per run."""
    several = runs.runs([column.name])
    return several.pick(column) if several else column


def _note(
    frame: pl.DataFrame, each: Prepared, rows: pl.Series, ids: pl.Series, found: _Findings
) -> None:
    rule, severity = each.rule, each.severity
    listed = pl.DataFrame([ids[rows].alias("item"), frame.select(_ROW, each.value)["value"][rows]])
    found.report.append(counted(rule, severity, listed))
    names = {"target": rule.target, "rule": rule.code, "severity": severity}
    constant = (pl.lit(text).alias(name) for name, text in names.items())
    found.rows.append(listed.with_columns(*constant).select(list(VIOLATIONS)))
    if severity in ("error", "hold_group"):
        found.failed.append(rows)
    if severity == "hold_group":
        found.holding.append(rows)


def _emptied(
    frame: pl.DataFrame, rules: Sequence[Prepared], broken: Sequence[pl.Series | None]
) -> pl.DataFrame:
    """Return the frame without what breaks these rules, one after the other.

    A value that is gone may break a later rule, so from the first that found rows all are asked.
    """
    first = next((n for n, rows in enumerate(broken) if rows is not None), len(rules))
    for each in rules[first:]:
        if each.rule.target in frame.columns:
            frame = frame.with_columns(each.without)
    return frame


def _groups(frame: pl.DataFrame, group: pl.Series | str | None) -> pl.Series | None:
    if isinstance(group, str):
        return frame.get_column(group) if group in frame.columns else None
    return group


def _outcome(
    work: pl.DataFrame, ids: pl.Series, found: _Findings, groups: pl.Series | None
) -> Checked:
    extra = [_ROW, *(name for name in work.columns if name.startswith(UNMAPPED))]
    report, violations = tuple(found.report), _violations(found)
    if not found.failed:  # none is held either: who holds others has failed itself
        return Checked(
            frame=work.drop(extra),
            kept=work[_ROW],
            dropped=ids.clear(),
            held=ids.clear(),
            report=report,
            violations=violations,
        )
    failed = _mask(work.height, found.failed)
    held = _mask(work.height, found.holding)
    if groups is not None and found.holding:
        held = held | groups.is_in(groups.filter(held).drop_nulls().implode()).fill_null(False)
    held = held & ~failed
    stays = ~(failed | held)
    return Checked(
        frame=work.filter(stays).drop(extra),
        kept=stays.arg_true(),
        dropped=ids.filter(failed),
        held=ids.filter(held),
        report=report,
        violations=violations,
    )


def _violations(found: _Findings) -> pl.DataFrame:
    return pl.concat(found.rows) if found.rows else pl.DataFrame(schema=VIOLATIONS)


def _mask(height: int, rows: list[pl.Series]) -> pl.Series:
    mask = pl.zeros(height, dtype=pl.Boolean, eager=True)
    return mask.scatter(pl.concat(rows), True) if rows else mask
