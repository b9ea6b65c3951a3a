"""Undo of a change set, cell by cell: what was edited since is kept and listed.

The undo is a change set itself, so it can be undone. It covers products and models; structure
that an import created stays. It is a run of chunks: one that was interrupted goes on after its
last committed chunk, when the run is resumed or the same undo is asked for again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict

from sqlalchemy import select

from pim.db import runs
from pim.db.run_locks import carrying_out
from pim.db.runs import Cancelled, Run
from pim.db.troubles import LOST, lost, words
from pim.db.unit_of_work import Work
from pim.domain import change_sets as life
from pim.domain.structure import Structure
from pim.errors import Refused
from pim.products.change_sets import close_change_set, find_change_set, open_change_set
from pim.products.models import ChangeSet
from pim.products.reverting import existence
from pim.products.reverting.cells import restore_cells
from pim.products.reverting.undone import Undoing, Undone

__all__ = ["Undone", "label_of", "undo"]

#: Versions of campaigns are taken back by the room of campaigns, which lies above this one.
CAMPAIGN = "campaign"
STEPS = (existence.bring_back, restore_cells, existence.take_away)


def undo(
    work: Work,
    change_set_id: int,
    structure: Structure,
    *,
    run: Run | None = None,
    progress: Callable[[int], None] = lambda _: None,
) -> Undone:
    """Restore every cell that still holds what the change set wrote; commit chunk by chunk.

    `run` is one that was queued or interrupted, else an unfinished undo of the same change set
    goes on, else a new run begins. `progress` is told each chunk's size. Raises Refused when the
    change set is not one that can be undone now.
    """
    target = find_change_set(work.session, change_set_id)
    if not life.may(target.state, "undo"):
        raise Refused(life.reason(change_set_id, target.state, "undo"))
    if target.kind == CAMPAIGN:
        raise Refused(
            f"Change set {change_set_id} holds versions of campaigns, no products: "
            f"pim undo {change_set_id} takes them back, pim campaign restore any of them."
        )
    if target.planned and target.run_id is None:
        raise Refused(f"Change set {change_set_id} was never run, so there is nothing to undo.")
    run = run or _unfinished(work, target) or _new_run(work, target)
    with _held(work, run):
        undoing, opened = _begin(work, run, target, structure)
        with _ended(work, run, undoing, opened):
            for step in STEPS:
                for count in step(undoing):
                    _note(work, run, undoing, count)
                    progress(count)
                    work.commit()
                    runs.heed_cancel(work.session, run)
            _close(work, run, target, opened, undoing.result)
    return undoing.result


def label_of(change_set: ChangeSet) -> str:
    """Return what the undo of a change set is called."""
    return f"Undo of {change_set.label or change_set.kind}"


def _unfinished(work: Work, target: ChangeSet) -> Run | None:
    """Return the last run that began to undo the same change set and stopped before its end."""
    return work.session.scalar(
        select(Run)
        .join(ChangeSet, ChangeSet.run_id == Run.id)
        .where(
            Run.kind == "undo",
            Run.state.in_(("running", *runs.UNFINISHED)),
            ChangeSet.undoes_id == target.id,
            ChangeSet.state != "undone",
        )
        .order_by(Run.id.desc())
        .limit(1)
    )


def _new_run(work: Work, target: ChangeSet) -> Run:
    parameters = {"change_set": target.id}
    return runs.start_run(work, kind="undo", label=label_of(target), parameters=parameters)


@contextmanager
def _held(work: Work, run: Run) -> Iterator[None]:
    """Hold the run, which others see; nobody sees that of a dry run."""
    if work.dry_run:
        yield
        return
    engine = work.session.get_bind().engine
    with carrying_out(engine, run.id) as check, work.guarded(check):
        yield


def _begin(
    work: Work, run: Run, target: ChangeSet, structure: Structure
) -> tuple[Undoing, ChangeSet]:
    """Open the change set of the undo, or take up the one that an earlier process has opened."""
    if run.state in runs.UNFINISHED:
        run.cancel_requested = False  # a wish of the time before
    run.state, run.error, run.finished = "running", None, None
    run.heartbeat = work.clock()
    opened = work.session.scalar(
        select(ChangeSet).where(ChangeSet.run_id == run.id, ChangeSet.state != "undone")
    )
    position = run.parameters.get("position")
    if opened is None:
        opened, position = _open(work, run, target), None
    opened.state, opened.finished = "running", None
    undoing = Undoing(work.session, target.id, opened.id, structure)
    if position and run.result:
        undoing.result = Undone(**run.result)
        undoing.series, undoing.place = position
    work.commit()
    return undoing, opened


def _open(work: Work, run: Run, target: ChangeSet) -> ChangeSet:
    return open_change_set(
        work, kind="undo", label=label_of(target), undoes_id=target.id, run_id=run.id
    )


def _note(work: Work, run: Run, undoing: Undoing, count: int) -> None:
    """Put position and result on the run's row, in the transaction of the chunk."""
    run.parameters = {**run.parameters, "position": [undoing.series, undoing.place]}
    run.result = asdict(undoing.result)
    runs.progress(work, run, done=run.done + count, stage="undo")


@contextmanager
def _ended(work: Work, run: Run, undoing: Undoing, opened: ChangeSet) -> Iterator[None]:
    """Note on run and change set what stopped an undo; what was committed stays and counts."""
    try:
        yield
    except BaseException as error:  # a person's Ctrl-C ends the run as well
        work.rollback()
        if not work.dry_run and not lost(error):
            with suppress(*LOST):  # the lock tells, if the database is gone
                _stop(work, run, opened, error)
        raise


def _stop(work: Work, run: Run, opened: ChangeSet, error: BaseException) -> None:
    state = "cancelled" if isinstance(error, Cancelled) else "failed"
    work.session.refresh(run)
    counts = {name: (run.result or {}).get(name, 0) for name in ("restored", "kept")}
    close_change_set(work, opened, counts=counts, state=state)
    runs.finish_run(work, run, state=state, error=words(error))
    work.commit()


def _close(work: Work, run: Run, target: ChangeSet, opened: ChangeSet, result: Undone) -> None:
    if result.restored or not result.kept:
        target.state = life.UNDONE
        if target.undoes_id:
            again = find_change_set(work.session, target.undoes_id)
            if life.may(again.state, "redo"):
                again.state = life.DONE
    counts = {"restored": result.restored, "kept": result.kept}
    closed = close_change_set(work, opened, counts=counts)
    result.change_set = closed.id if closed and not work.dry_run else None
    runs.finish_run(work, run, result=asdict(result))
    work.commit()
