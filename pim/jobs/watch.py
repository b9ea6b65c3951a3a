"""Report how far a run is, and hear that somebody has cancelled it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from sqlalchemy import Engine, text

from pim.db.runs import Cancelled

#: Seconds between two looks at the database.
EVERY = 0.5

_CANCELLED = text("SELECT cancel_requested FROM run WHERE id = :run")
_PROGRESS = text(
    "UPDATE run SET done = :done, total = :total, stage = :stage, heartbeat = now() WHERE id = :run"
)


@dataclass
class Watch:
    """The progress function of a run: (done, total, stage).

    `writes` puts the progress on the run's row from a connection of its own: for work whose own
    transaction does not show it. `show` is told everything, such as a bar on a terminal. Raises
    Cancelled.
    """

    engine: Engine
    run_id: int
    writes: bool = False
    show: Callable[[int, int, str], None] = lambda _done, _total, _stage: None
    _last: float = field(default=0.0, repr=False)

    def __call__(self, done: int, total: int | None, stage: str = "") -> None:
        """Take note of progress."""
        self.show(done, total or done, stage)
        now = time.monotonic()
        if now - self._last < EVERY:
            return
        self._last = now
        with self.engine.begin() as connection:
            if connection.scalar(_CANCELLED, {"run": self.run_id}):
                raise Cancelled("The run was cancelled.")
            if self.writes:
                values = {"run": self.run_id, "done": done, "total": total, "stage": stage}
                connection.execute(_PROGRESS, values)
