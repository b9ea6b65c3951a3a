"""What every worker does beside its jobs: follow changes, and take over from dead workers."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Self

from sqlalchemy import Engine, text

from pim.db.runs import Run, finish_run
from pim.db.unit_of_work import Work, unit_of_work

logger = logging.getLogger(__name__)

#: Seconds without a sign of life after which a worker counts as dead; workers sign every 5.
SILENCE = 25
#: How often a job is taken over before its run counts as failed.
TAKEOVERS = 3
#: A run outside the queue (a command) reports per chunk, which may take a while.
PATIENCE = timedelta(minutes=10)

_STALLED = text(
    """
    SELECT job.id, job.attempts, (job.args ->> 'run_id')::bigint AS run_id
    FROM procrastinate_jobs job LEFT JOIN procrastinate_workers w ON w.id = job.worker_id
    WHERE job.status = 'doing' AND (w.id IS NULL OR w.last_heartbeat < now() - :silence)
    FOR UPDATE OF job SKIP LOCKED
    """
)
_RETRY = text("SELECT procrastinate_retry_job_v2(:job, now(), NULL, NULL, NULL)")
_FAIL = text("SELECT procrastinate_finish_job_v1(:job, 'failed', false)")
_ORPHANS = text(
    """
    SELECT r.id FROM run r
    WHERE r.state = 'running' AND r.heartbeat < now() - :patience AND NOT EXISTS (
        SELECT 1 FROM procrastinate_jobs job
        WHERE job.status IN ('todo', 'doing') AND (job.args ->> 'run_id')::bigint = r.id)
    FOR UPDATE OF r SKIP LOCKED
    """
)

DEAD = "The process that carried it out ended before it was done. What it had committed stays."


def take_over(engine: Engine) -> int:
    """Queue the jobs of dead workers again, end runs that nobody carries out; return how many."""
    with unit_of_work(engine) as work:
        silence = timedelta(seconds=SILENCE)
        stalled = work.session.execute(_STALLED, {"silence": silence}).all()
        for job in stalled:
            _take_over_job(work, job.id, job.attempts, job.run_id)
        orphans = work.session.scalars(_ORPHANS, {"patience": PATIENCE}).all()
        for run_id in orphans:
            _fail(work, run_id)
        return len(stalled) + len(orphans)


def _take_over_job(work: Work, job_id: int, attempts: int, run_id: int) -> None:
    again = attempts < TAKEOVERS
    work.session.execute(_RETRY if again else _FAIL, {"job": job_id})
    if not again:
        _fail(work, run_id)
    elif (run := work.session.get(Run, run_id)) and run.state == "running":
        run.state, run.stage = "queued", "taken up again"


def _fail(work: Work, run_id: int) -> None:
    run = work.session.get(Run, run_id)
    if run is not None and run.state in ("queued", "running"):
        finish_run(work, run, state="failed", error=DEAD)


class Repeating:
    """Call something every few seconds in a thread of its own, until stopped."""

    def __init__(self, name: str, seconds: float, action: Callable[[], object]) -> None:
        self._name, self._seconds, self._action = name, seconds, action
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._loop, name=name, daemon=True)

    def __enter__(self) -> Self:
        """Start."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop, once a call that is under way has ended."""
        self._stop.set()
        self._thread.join()

    def _loop(self) -> None:
        while not self._stop.wait(self._seconds):
            try:
                self._action()
            except Exception:
                logger.exception("%s failed; it is tried again", self._name)
