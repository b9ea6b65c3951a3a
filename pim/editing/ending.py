"""How bulk runs end: done, cancelled, failed, or interrupted, and how they are taken up again."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import select, text

from pim.db import runs
from pim.db.unit_of_work import Work
from pim.editing.result import BulkResult
from pim.editing.selection import FILE
from pim.products.change_sets import close_change_set
from pim.products.models import MODEL, PRODUCT, ChangeSet


def note(
    work: Work,
    run: runs.Run,
    change_set: ChangeSet,
    result: BulkResult,
    *,
    state: str,
    error: str | None = None,
) -> None:
    """Close change set and run with what was written; one that wrote nothing leaves no trace."""
    if state in {"failed", "interrupted"}:
        # The chunk that failed was rolled back: its counts are those of the last committed one.
        work.session.refresh(run)
        vars(result).update(vars(BulkResult.from_document(run.result or {})))
    parameters = {"change_set": change_set.id}
    result.written = int(work.session.scalar(_WRITTEN, parameters) or 0)
    result.reached = int(work.session.scalar(_REACHED, parameters) or 0)
    ended = "failed" if state == "interrupted" else state
    closed = close_change_set(work, change_set, counts=result.figures(), state=ended)
    result.change_set = closed.id if closed and not work.dry_run else None
    runs.finish_run(work, run, result=result.document(), state=state, error=error)


def can_resume(work: Work, run: runs.Run, folder: Path) -> bool:
    """Tell whether a bulk run stopped before its end and was not undone since.

    One that has written nothing may begin anew, without a frozen selection.
    """
    change_set = change_set_of(work, run)
    begun = run.parameters.get("chunk", 0) > 0
    return (
        run.kind == "bulk"
        and run.state in {"running", *runs.UNFINISHED}
        and (not begun or (folder / FILE).exists())
        and (change_set is None or change_set.state != "undone")
    )


def reopen(work: Work, run: runs.Run) -> ChangeSet | None:
    """Set a run going again, with its change set if it has one still."""
    if run.state in runs.UNFINISHED:
        run.cancel_requested = False  # a wish of the time before
    run.state, run.error, run.finished = "running", None, None
    run.heartbeat = work.clock()
    change_set = change_set_of(work, run)
    if change_set:
        change_set.state, change_set.finished = "running", None
    return change_set


def change_set_of(work: Work, run: runs.Run) -> ChangeSet | None:
    """Return what a run has written, None if that is nothing."""
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
