"""What was measured, beside its budget and the machine's own limit."""

from __future__ import annotations

from dataclasses import dataclass


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
    """What a step took: `count` things in `seconds`, and the limit in things per second."""

    count: int
    seconds: float
    limit: float | None = None
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Row:
    """A line of the table; `ratio` is the part of the machine's limit that was reached."""

    name: str
    count: int
    seconds: float
    rate: float
    peak_mb: int
    limit: float | None
    ratio: float | None
    budget: str
    met: bool | None
    note: str = ""


HEADER = (
    f"{'step':<34} {'count':>11} {'seconds':>9} {'per second':>12} {'peak':>8} "
    f"{'of limit':>8}  budget"
)


def row(name: str, measured: Measured, budget: Budget, *, peak_mb: int) -> Row:
    """Return the line of a measurement."""
    rate = measured.count / max(measured.seconds, 1e-9)
    return Row(
        name=name,
        count=measured.count,
        seconds=round(measured.seconds, 3),
        rate=round(rate, 1),
        peak_mb=peak_mb,
        limit=None if measured.limit is None else round(measured.limit, 1),
        ratio=None if measured.limit is None else round(rate / measured.limit, 3),
        budget=budget.text,
        met=budget.met(rate, measured.seconds, peak_mb),
        note=measured.note,
    )


def line(shown: Row) -> str:
    """Return a row as people read it."""
    ratio = "" if shown.ratio is None else f"{shown.ratio:.1%}"
    verdict = {True: "met", False: "MISSED", None: ""}[shown.met]
    note = f" [{shown.note}]" if shown.note else ""
    return (
        f"{shown.name:<34} {shown.count:>11,} {shown.seconds:>9,.2f} {shown.rate:>12,.0f} "
        f"{shown.peak_mb:>5,} MB {ratio:>8}  {shown.budget} {verdict}{note}"
    )
