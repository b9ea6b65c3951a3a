"""How far a publication is: told to its run at the borders of steps, where it can be cancelled."""

from __future__ import annotations

import time
from collections.abc import Iterator

import polars as pl

from pim.db import runs
from pim.db.unit_of_work import Work

#: Seconds between two reports: a small delta makes none.
EVERY = 0.5

#: Rows that are written at once, and the finest step at which a publication can be cancelled.
FRAME_ROWS = 50_000


class Progress:
    """Report to a run, if there is one; what is reported is committed.

    Raises pim.db.runs.Cancelled when somebody has asked the run to stop.
    """

    def __init__(self, work: Work, run_id: int | None) -> None:
        self._work = work
        self._run_id = run_id
        self._last = time.monotonic()

    def __call__(self, stage: str, *, done: int = 0, total: int | None = None) -> None:
        """Tell which step begins, and how many items of it are done."""
        now = time.monotonic()
        if self._run_id is None or now - self._last < EVERY:
            return
        self._last = now
        run = runs.find_run(self._work.session, self._run_id)
        runs.heed_cancel(self._work.session, run)
        runs.progress(self._work, run, done=done, total=total, stage=stage)
        self._work.commit()

    def frames(self, items: pl.DataFrame) -> Iterator[pl.DataFrame]:
        """Yield items some at a time, to be written."""
        for start in range(0, items.height, FRAME_ROWS):
            self("writing", done=start, total=items.height)
            yield items.slice(start, FRAME_ROWS)
