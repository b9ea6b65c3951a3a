"""What was measured, beside its budget, the machine's own limit and Python row by row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Budget:
    """What a step must reach: things per second, seconds, peak memory; `text` says it."""

    text: str = ""
    rate: float | None = None
    seconds: float | None = None
    peak_mb: int | None = None

    def met(self, rate: float, seconds: float, peak_mb: int) -> bool | None:
        """Tell whether a measurement keeps to it; None where nothing is asked."""
        asked = [
            (self.rate, self.rate is not None and rate >= self.rate),
            (self.seconds, self.seconds is not None and seconds <= self.seconds),
            (self.peak_mb, self.peak_mb is not None and peak_mb <= self.peak_mb),
        ]
        kept = [held for limit, held in asked if limit is not None]
        return all(kept) if kept else None


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What a step took: `count` things in `seconds`.

    For lists `seconds` is the 95th percentile of one answer, and `rate` says what it does not.
    """

    count: int
    seconds: float
    rate: float | None = None
    note: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Ends:
    """Both ends of what is possible, in things per second.

    `limit` is the machine's own, `by_row` that of plain Python, row by row.
    """

    limit: float | None = None
    by_row: float | None = None


@dataclass(frozen=True, kw_only=True)
class Memory:
    """Peaks in MB: of a step's processes together and each, and of PostgreSQL's together.

    Mapped pages that processes share are counted once; `anonymous` are those of no file.
    """

    peak: int = 0
    anonymous: int = 0
    processes: Sequence[int] = ()
    postgres: int = 0


@dataclass(frozen=True, kw_only=True)
class Row:
    """A line of the table.

    `ratio` is the part of the machine's limit that was reached, `times` how many times faster
    than row by row it was, `growth` the time over that of a tenth of the size.
    """

    name: str
    count: int
    seconds: float
    rate: float
    peak_mb: int
    limit: float | None = None
    ratio: float | None = None
    budget: str = ""
    met: bool | None = None
    note: str = ""
    by_row: float | None = None
    times: float | None = None
    growth: float | None = None
    anonymous_mb: int = 0
    processes_mb: Sequence[int] = ()
    postgres_mb: int = 0
    details: Mapping[str, Any] = field(default_factory=dict)
    error: str = ""


HEADER = (
    f"{'step':<48} {'count':>11} {'seconds':>9} {'per second':>12} {'peak':>8} "
    f"{'of limit':>8} {'x by row':>8} {'x a 10th':>8}  budget"
)


def row(name: str, measured: Measured, budget: Budget, *, memory: Memory) -> Row:
    """Return the line of a measurement."""
    rate = measured.count / max(measured.seconds, 1e-9) if measured.rate is None else measured.rate
    return Row(
        name=name,
        count=measured.count,
        seconds=round(measured.seconds, 4),
        rate=round(rate, 1),
        peak_mb=memory.peak,
        budget=budget.text,
        met=budget.met(rate, measured.seconds, memory.peak),
        note=measured.note,
        anonymous_mb=memory.anonymous,
        processes_mb=list(memory.processes),
        postgres_mb=memory.postgres,
        details=measured.details,
    )


def failed(name: str, budget: Budget, error: str) -> Row:
    """Return the line of a step that ended badly."""
    return Row(
        name=name, count=0, seconds=0, rate=0, peak_mb=0, budget=budget.text,
        met=False if budget.text else None, error=error,
    )  # fmt: skip


def beside(shown: Row, ends: Ends, tenth: Row | None) -> Row:
    """Return a row with what it is compared to."""
    return replace(
        shown,
        limit=_rounded(ends.limit, 1),
        ratio=_rounded(_over(shown.rate, ends.limit), 3),
        by_row=_rounded(ends.by_row, 1),
        times=_rounded(_over(shown.rate, ends.by_row), 1),
        growth=_rounded(_over(shown.seconds, tenth.seconds if tenth else None), 2),
    )


def _over(part: float, whole: float | None) -> float | None:
    return part / whole if whole else None


def _rounded(number: float | None, digits: int) -> float | None:
    return None if number is None else round(number, digits)


def line(shown: Row) -> str:
    """Return a row as people read it."""
    if shown.error:
        return f"{shown.name:<48} FAILED: {shown.error}"
    ratio = "" if shown.ratio is None else f"{shown.ratio:.0%}"
    times = "" if shown.times is None else f"{shown.times:,.0f}"
    growth = "" if shown.growth is None else f"{shown.growth:.1f}"
    verdict = {True: " met", False: " MISSED", None: ""}[shown.met]
    note = f" [{shown.note}]" if shown.note else ""
    return (
        f"{shown.name:<48} {shown.count:>11,} {shown.seconds:>9,.3f} {shown.rate:>12,.0f} "
        f"{shown.peak_mb:>5,} MB {ratio:>8} {times:>8} {growth:>8}  {shown.budget}{verdict}{note}"
    )
