"""Carry out bulk edits and undos that wait in the queue, or go on with interrupted ones."""

from __future__ import annotations

from collections.abc import Mapping

from pim.db.runs import find_run
from pim.db.unit_of_work import unit_of_work
from pim.editing.bulk import BulkEdit
from pim.editing.change_sets.preview import Preview
from pim.jobs.context import JobContext
from pim.jobs.watch import Watch
from pim.products.undo import undo
from pim.structure.queries import current


def edit(context: JobContext, run_id: int, watch: Watch) -> tuple[str, Mapping[str, object] | None]:
    """Edit what a run's condition chooses, going on where an earlier worker stopped."""
    with unit_of_work(context.engine) as work:
        run = find_run(work.session, run_id)
        work.actor = run.author_id
        result = BulkEdit.again(
            work,
            context.projection,
            current(work.session),
            run,
            runs_folder=context.settings.runs,
            settings=context.settings,
            progress=watch.show,
        )
        return run.state, result.document()


def preview(
    context: JobContext, run_id: int, watch: Watch
) -> tuple[str, Mapping[str, object] | None]:
    """Preview the change set that a run names, going on where an earlier worker stopped."""
    with unit_of_work(context.engine) as work:
        run = find_run(work.session, run_id)
        work.actor = run.author_id
        result = Preview(
            work,
            context.projection,
            current(work.session),
            context.settings.runs,
            context.settings,
            watch.show,
        ).run(run)
        return "done", result.document()


def undo_change_set(
    context: JobContext, run_id: int, watch: Watch
) -> tuple[str, Mapping[str, object] | None]:
    """Undo the change set that a run names, going on where an earlier worker stopped."""
    with unit_of_work(context.engine) as work:
        run = find_run(work.session, run_id)
        work.actor = run.author_id
        undo(
            work,
            run.parameters["change_set"],
            current(work.session),
            run=run,
            progress=lambda _: watch.show(run.done, run.done, "undo"),
        )
        return run.state, run.result
