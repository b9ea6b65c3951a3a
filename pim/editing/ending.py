"""How bulk runs end: done, cancelled, failed, or killed and closed by whoever comes next."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import select, text

from pim.db import runs
from pim.db.run_locks import is_carried_out
from pim.db.unit_of_work import Work
from pim.editing.result import BulkResult
from pim.editing.selection import FILE
from pim.products.change_sets import close_change_set
from pim.products.models import MODEL, PRODUCT, ChangeSet

KILLED = "The process that carried it out is gone. Resume the run, or undo its change set."


def end(
    work: Work,
    run: runs.Run,
    change_set: ChangeSet,
    result: BulkResult,
    *,
    state: str,
    error: str | None = None,
) -> None:
    """Close change set and run with what was written; one that wrote nothing leaves no trace."""
    if state == "failed":
        # The chunk that failed was rolled back: its counts are those of the last committed one.
        work.session.refresh(run)
        vars(result).update(vars(BulkResult.from_document(run.result or {})))
    parameters = {"change_set": change_set.id}
    result.written = int(work.session.scalar(_WRITTEN, parameters) or 0)
    result.reached = int(work.session.scalar(_REACHED, parameters) or 0)
    closed = close_change_set(work, change_set, counts=result.figures(), state=state)
    result.change_set = closed.id if closed and not work.dry_run else None
    runs.finish_run(work, run, result=result.document(), state=state, error=error)
    work.commit()


def close_killed(work: Work, run: runs.Run) -> bool:
    """Close a bulk run whose process is gone; False when it is not such a run."""
    if run.kind != "bulk" or run.state != "running" or is_carried_out(work.session, run.id):
        return False
    change_set = _change_set(work, run)
    if change_set is None:
        runs.finish_run(work, run, state="failed", error=KILLED)
        work.commit()
    else:
        end(work, run, change_set, BulkResult(), state="failed", error=KILLED)
    return True


def close_killed_edit(work: Work, change_set_id: int) -> None:
    """Close the bulk run of a change set if its process is gone, so that it can be undone."""
    change_set = work.session.get(ChangeSet, change_set_id)
    if change_set and change_set.state == "running" and change_set.run_id:
        close_killed(work, runs.find_run(work.session, change_set.run_id))


def can_resume(work: Work, run: runs.Run, folder: Path) -> bool:
    """Tell whether a bulk run stopped before its end and was not undone since."""
    change_set = _change_set(work, run)
    return (
        run.kind == "bulk"
        and run.state in {"running", "failed", "cancelled"}
        and (folder / FILE).exists()
        and (change_set is None or change_set.state != "undone")
    )


def reopen(work: Work, run: runs.Run) -> ChangeSet | None:
    """Set a run going again, with its change set if it has one still."""
    run.state, run.error, run.finished, run.cancel_requested = "running", None, None, False
    run.heartbeat = work.clock()
    change_set = _change_set(work, run)
    if change_set:
        change_set.state, change_set.finished = "running", None
    return change_set


def _change_set(work: Work, run: runs.Run) -> ChangeSet | None:
    return work.session.scalar(select(ChangeSet).where(ChangeSet.run_id == run.id))


_WRITTEN = text("SELECT count(*) FROM history WHERE change_set_id = :change_set")

_REACHED = text(
    f"""
    WITH written AS (
        SELECT entity_id AS id, kind FROM history WHERE change_set_id = :change_set
    ), models AS (
        SELECT id FROM written WHERE kind = {MODEL}
        UNION SELECT m.id FROM product_model m JOIN written w
            ON w.kind = {MODEL} AND w.id = m.parent_id
    )
    SELECT count(*) FROM (
        SELECT id FROM written WHERE kind = {PRODUCT}
        UNION SELECT p.id FROM product p JOIN models ON models.id = p.parent_id
    ) AS reached
    """  # noqa: S608 - numbers of this code
)
