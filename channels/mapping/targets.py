"""Targets of a mapping, worked out for all items: once for neighbours that read the same.

Variants of a style follow each other and inherit most of what a mapping reads, so a target whose
columns do not change from one item to the next is not computed again (`exporters.contract.runs`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import polars as pl

from channels.steps.contract import Cell
from channels.steps.stages import AnyFrame, Stages, computed, own_columns
from exporters.contract.runs import Runs, Told

#: Columns beside the targets: a value that a lookup lacks. `channels.checking` takes them off.
UNMAPPED = "\x00unmapped "


@dataclass(frozen=True, kw_only=True)
class Target:
    """One target: its finished value, and what its steps hold on the way."""

    name: str
    cell: Cell
    stages: Stages
    lacking: pl.Expr | None = None
    #: Whether the value of an item follows from the item alone, not from others of its group.
    alone: bool = False

    @cached_property
    def reads(self) -> tuple[str, ...]:
        """Return the columns of the projection that the target reads."""
        return tuple(sorted({*self.stages.columns(), *own_columns(self.cell.expr)}))

    def nothing(self) -> Iterator[pl.Series]:
        """Yield the target's columns for no item."""
        kind = pl.List(pl.String) if self.cell.kind == "list" else pl.String()
        yield pl.Series(self.name, [], kind)
        if self.lacking is not None:
            yield pl.Series(UNMAPPED + self.name, [], pl.String)

    @property
    def shown(self) -> dict[str, pl.Expr]:
        """Return the target's column, and that of what its lookups lack if they report it."""
        if self.lacking is None:
            return {self.name: self.cell.expr}
        return {self.name: self.cell.expr, UNMAPPED + self.name: self.lacking}


@dataclass(frozen=True)
class _Batch:
    """Targets that read the same columns, and the rows in which these change."""

    targets: Sequence[Target]
    frame: pl.DataFrame
    runs: Runs | None = None

    def plan(self) -> pl.LazyFrame:
        """Return the columns of all targets, to be collected."""
        return _shown(self.targets, self.frame.lazy())


def _shown(targets: Sequence[Target], frame: AnyFrame) -> AnyFrame:
    stages = {id(each.stages): each.stages for each in targets}  # some share theirs
    shown = {name: expr for each in targets for name, expr in each.shown.items()}
    # Columns first, then select: a constant is then as long as the frame.
    return computed(frame, stages.values()).with_columns(**shown).select(*shown)


def mapped(targets: Sequence[Target], frame: pl.DataFrame) -> dict[str, pl.Series]:
    """Return the columns of targets by name, as long as the frame; `frame` has all that they read.

    Targets with a lookup that reports what it lacks have a column `UNMAPPED + target` more.
    """
    if frame.is_empty():  # as in most deltas of a quiet day: no plan is worth being made
        return {each.name: each for target in targets for each in target.nothing()}
    if Told(frame).small:  # to optimise a plan takes longer than to carry it out
        return {each.name: each for each in _shown(targets, frame)}
    batches = list(_batches(targets, frame))
    found = pl.collect_all([each.plan() for each in batches])
    return {
        column.name: batch.runs.spread(column) if batch.runs else column
        for batch, part in zip(batches, found, strict=True)
        for column in part
    }


def _batches(targets: Sequence[Target], frame: pl.DataFrame) -> Iterator[_Batch]:
    together: dict[tuple[str, ...], list[Target]] = {}
    rest = []
    for each in targets:
        if each.alone:
            together.setdefault(each.reads, []).append(each)
        else:
            rest.append(each)
    told = Told(frame)
    for reads, some in together.items():
        runs = told.runs(reads)
        if runs is None:
            rest += some
        else:
            yield _Batch(some, pl.DataFrame([runs.pick(frame[name]) for name in reads]), runs)
    yield _Batch(rest, frame)
