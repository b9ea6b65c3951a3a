"""Take over what dead workers have left, and close what nobody carries out any more."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Engine, text

from pim.db.run_locks import is_carried_out
from pim.db.runs import Run
from pim.db.unit_of_work import Work, unit_of_work
from pim.editing.interruptions import requeue, settle

#: Seconds without a sign of life after which a worker counts as dead; workers sign every 5.
SILENCE = 25

# A worker that died before it had claimed its job is known by its silence only; one that had is
# known by the lock of its run.
_SILENT = text(
    """
    SELECT DISTINCT (job.args ->> 'run_id')::bigint AS run_id
    FROM procrastinate_jobs job LEFT JOIN procrastinate_workers w ON w.id = job.worker_id
    WHERE job.status = 'doing' AND (w.id IS NULL OR w.last_heartbeat < now() - :silence)
    """
)


def take_over(engine: Engine) -> int:
    """Queue the jobs of dead workers again, end runs that nobody carries out; return how many."""
    with unit_of_work(engine) as work:
        settled = {run.id for run in settle(work)}
        silent = work.session.scalars(_SILENT, {"silence": timedelta(seconds=SILENCE)}).all()
        taken = {number for number in silent if number not in settled and _taken(work, number)}
        return len(settled | taken)


def _taken(work: Work, run_id: int) -> bool:
    if is_carried_out(work.session, run_id):
        return False  # its worker is busy, not dead
    run = work.session.get(Run, run_id)
    return run is not None and requeue(work, run)
