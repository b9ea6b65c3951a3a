"""Runs: neighbours with equal values, so that work on them is done once.

Items come in the order of their products, and variants of a style follow each other: of 700,000
descriptions a seventh differ from the one before. Telling that takes a hundredth of the time of
escaping, checking or mapping them, and what was worked out once is then spread by reference.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_

import polars as pl

#: Below this number of rows finding runs is not worth its while.
MANY = 2000

#: Up to this share of runs texts that stand side by side are joined before they are spread.
TOGETHER = 0.4

#: Above this share of runs the work on all rows costs less than finding and spreading.
WORTHWHILE = 0.6


@dataclass(frozen=True)
class Runs:
    """Where runs begin: `first` is the row of the first of each, `number` the run of each row."""

    first: pl.Series
    number: pl.Series

    def pick(self, column: pl.Series) -> pl.Series:
        """Return one value per run."""
        return column.gather(self.first)

    def spread(self, column: pl.Series) -> pl.Series:
        """Return each run's value on all of its rows."""
        return column.gather(self.number)


def changes(column: pl.Series) -> pl.Series:
    """Return for each row whether its value differs from the row before; the first always does.

    Of lists hashes are compared: told apart by them are all lists but one pair in 10^19.
    """
    told = column.hash(seed=0) if isinstance(column.dtype, pl.List) else column
    name = told.name or "value"
    differs = pl.col(name).ne_missing(pl.col(name).shift(1))
    frame = told.alias(name).to_frame()
    return frame.select(changed=differs | (pl.int_range(pl.len()) == 0)).to_series()


def runs_of(columns: Iterable[pl.Series], *, worthwhile: float = WORTHWHILE) -> Runs | None:
    """Return the runs of rows that are equal in all columns; None if there are too many.

    `columns` are what `changes` returned, at least one.
    """
    starts = reduce(or_, columns)
    if starts.is_empty() or starts.sum() > len(starts) * worthwhile:
        return None
    number = starts.to_frame("start").select(pl.col("start").cum_sum() - 1).to_series()
    return Runs(starts.arg_true(), number)


class Told:
    """A frame and the runs of its columns, found when they are asked for."""

    def __init__(self, frame: pl.DataFrame) -> None:
        self.frame = frame
        self._changes: dict[str, pl.Series] = {}
        self._runs: dict[tuple[str, ...], Runs | None] = {}

    @property
    def small(self) -> bool:
        """Tell whether the frame is too small for runs to be looked for."""
        return self.frame.height <= MANY

    def runs(self, names: Iterable[str]) -> Runs | None:
        """Return the runs of rows that are equal in these columns, None if that saves nothing."""
        key = tuple(sorted(set(names)))
        if not key or self.small:
            return None
        if key not in self._runs:
            self._runs[key] = runs_of([self._changed(name) for name in key])
        return self._runs[key]

    def _changed(self, name: str) -> pl.Series:
        if name not in self._changes:
            self._changes[name] = changes(self.frame[name])
        return self._changes[name]

    def select(self, expressions: Sequence[pl.Expr]) -> list[tuple[pl.Series, Runs | None]]:
        """Return what each expression gives per run, with the runs; without any, on all rows.

        Expressions have names, and look at each row by itself.
        """
        if self.small:  # to optimise a plan takes longer than to carry it out
            return [(column, None) for column in self.frame.select(expressions)]
        together: dict[int, tuple[Runs | None, list[pl.Expr], set[str]]] = {}
        for each in expressions:
            names = each.meta.root_names()
            runs = self.runs(names)
            _, several, columns = together.setdefault(id(runs), (runs, [], set()))
            several.append(each)
            columns.update(names)
        plans = [
            self._picked(columns, runs).lazy().select(several)
            for runs, several, columns in together.values()
        ]
        found = {
            column.name: (column, runs)
            for (runs, _, _), part in zip(together.values(), pl.collect_all(plans), strict=True)
            for column in part
        }
        return [found[each.meta.output_name()] for each in expressions]

    def joined(self, parts: Iterable[pl.Expr]) -> pl.Series:
        """Return the texts of all parts, one after another, row by row; null adds nothing.

        Parts look at each row by itself. Neighbours that repeat together are joined once per run.
        """
        named = [part.alias(str(number)) for number, part in enumerate(self._neighbours(parts))]
        text = pl.concat_str(pl.all(), ignore_nulls=True).alias("text")
        return pl.DataFrame(self.columns(named)).select(text).to_series()

    def columns(self, expressions: Sequence[pl.Expr]) -> list[pl.Series]:
        """Return what each expression gives, as long as the frame."""
        return [self._whole(column, runs) for column, runs in self.select(expressions)]

    def _whole(self, column: pl.Series, runs: Runs | None) -> pl.Series:
        if runs is not None:
            return runs.spread(column)
        # A constant alone is one row long, whatever the frame.
        height = self.frame.height
        return column if len(column) == height else column.new_from_index(0, height)

    def _neighbours(self, parts: Iterable[pl.Expr]) -> Iterator[pl.Expr]:
        several: list[pl.Expr] = []
        names: set[str] = set()
        for part in parts:
            reads = names | set(part.meta.root_names())
            runs = self.runs(reads)
            few = runs is not None and len(runs.first) <= TOGETHER * self.frame.height
            if several and reads and not few:
                yield _side_by_side(several)
                several, reads = [], set(part.meta.root_names())
            several.append(part)
            names = reads
        yield _side_by_side(several)

    def _picked(self, names: Iterable[str], runs: Runs | None) -> pl.DataFrame:
        if runs is None:
            return self.frame
        return pl.DataFrame([runs.pick(self.frame[name]) for name in sorted(names)])


def _side_by_side(parts: Sequence[pl.Expr]) -> pl.Expr:
    return parts[0] if len(parts) == 1 else pl.concat_str(parts, ignore_nulls=True)


def once(column: pl.Series, change: Callable[[pl.Series], pl.Series]) -> pl.Series:
    """Return `change(column)`, worked out once per run; it must look at each value by itself."""
    runs = Told(column.to_frame()).runs([column.name])
    if runs is None:
        return change(column)
    return runs.spread(change(runs.pick(column)))
