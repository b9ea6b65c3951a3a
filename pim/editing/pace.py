"""How fast a run goes and how long it still takes, by its last chunks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pim.db.runs import Run
from pim.db.unit_of_work import Work

#: How many of the last chunks tell the speed: the first ones are slower, and others' work changes.
CHUNKS: Final = 5
MARKS: Final = "marks"


@dataclass(frozen=True, kw_only=True)
class Pace:
    """Rows per second, and seconds to go; None where nobody can know."""

    rate: float | None = None
    left: float | None = None


def mark(work: Work, run: Run) -> None:
    """Note how far a run is by now, in the transaction of its chunk."""
    marks = [*run.parameters.get(MARKS, ()), [work.clock().isoformat(), run.done]]
    run.parameters = {**run.parameters, MARKS: marks[-CHUNKS - 1 :]}


def pace(run: Run) -> Pace:
    """Return a run's speed over its last chunks and what it has ahead of it."""
    marks = run.parameters.get(MARKS, ())
    if len(marks) < 2 or run.state != "running":
        return Pace()
    (began, first), (at, last) = marks[0], marks[-1]
    seconds = (datetime.fromisoformat(at) - datetime.fromisoformat(began)).total_seconds()
    if seconds <= 0 or last <= first:
        return Pace()
    rate = (last - first) / seconds
    return Pace(rate=rate, left=max(0, (run.total or 0) - run.done) / rate if run.total else None)
