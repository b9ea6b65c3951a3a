"""Close what killed processes have left in "running": the run's lock tells that they are gone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sqlalchemy import select, text

from pim.db import run_locks, runs
from pim.db.unit_of_work import Work
from pim.domain import change_sets as life
from pim.editing import ending
from pim.editing.result import BulkResult
from pim.products.change_sets import close_change_set
from pim.products.models import ChangeSet

GONE: Final = "The process that carried it out is gone; what it had committed stays."

_JOB = text(
    """
    SELECT id, status FROM procrastinate_jobs
    WHERE status IN ('todo', 'doing') AND (args ->> 'run_id')::bigint = :run
    ORDER BY id FOR UPDATE
    """
)
_RETRY = text("SELECT procrastinate_retry_job_v2(:job, now(), NULL, NULL, NULL)")


def settle(work: Work) -> list[runs.Run]:
    """Put right the runs whose process is gone, and return them.

    Whoever shows runs calls this first, so that none is shown as running that is not. What a
    worker carried out waits in the queue again; what a command did is interrupted: its change set
    can be undone, and `pim run resume` goes on.
    """
    found = [runs.find_run(work.session, number) for number in run_locks.interrupted(work.session)]
    for run in found:
        work.session.refresh(run)
        if not requeue(work, run):
            _close(work, run)
    _close_ended(work)
    work.session.flush()
    return found


def requeue(work: Work, run: runs.Run) -> bool:
    """Let another worker go on with a run that nobody holds; False if it has no job."""
    jobs = work.session.execute(_JOB, {"run": run.id}).all()
    for job in jobs:
        if job.status == "doing":
            work.session.execute(_RETRY, {"job": job.id})
    if jobs and run.state in {"running", "interrupted"}:
        run.state, run.stage, run.error, run.finished = "queued", "taken up again", None, None
    return bool(jobs)


def _close_ended(work: Work) -> None:
    """Close planned change sets whose run has ended before it had begun to write."""
    left = work.session.execute(
        select(ChangeSet, runs.Run)
        .join(runs.Run, runs.Run.id == ChangeSet.run_id)
        .where(
            ChangeSet.planned,
            ChangeSet.state == life.RUNNING,
            runs.Run.state.in_(runs.UNFINISHED),
        )
        .with_for_update(of=ChangeSet, skip_locked=True)
    ).all()
    for change_set, run in left:
        state = life.CANCELLED if run.state == "cancelled" else life.FAILED
        close_change_set(work, change_set, counts=change_set.counts, state=state)


def _close(work: Work, run: runs.Run) -> None:
    change_set = work.session.scalar(
        select(ChangeSet).where(ChangeSet.run_id == run.id, ChangeSet.state == "running")
    )
    undo = f"; pim undo {change_set.id} takes back what was written" if change_set else ""
    told = f"{GONE} pim run resume {run.id} goes on{undo}."
    if change_set is not None and run.kind == "bulk":
        ending.note(work, run, change_set, BulkResult(), state="interrupted", error=told)
        return
    if change_set is not None:
        close_change_set(work, change_set, counts=_counts(run), state="failed")
    runs.finish_run(work, run, state="interrupted", error=told)


def _counts(run: runs.Run) -> dict[str, int]:
    """Return the figures that a run had noted with its last chunk: of an import, its files' sum."""
    files: Mapping[str, Mapping[str, int]] = (run.parameters.get("state") or {}).get("files", {})
    total: dict[str, int] = {}
    for counts in files.values():
        for name, count in counts.items():
            total[name] = total.get(name, 0) + count
    noted = {name: n for name, n in (run.result or {}).items() if name in ("restored", "kept")}
    return total | noted
