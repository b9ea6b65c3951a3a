"""The tasks of the queue: each takes a run's id, calls one service, and ends the run."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Final

import procrastinate
import structlog
from procrastinate import JobContext as Job
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from pim import logs
from pim.db.run_locks import carrying_out
from pim.db.runs import UNFINISHED, Cancelled, Run, find_run, finish_run
from pim.db.troubles import LOST, lost, told, words
from pim.db.unit_of_work import unit_of_work
from pim.errors import DatabaseGone, Refused, Retryable
from pim.jobs import trying
from pim.jobs.context import JobContext
from pim.jobs.editing import edit, preview, undo_change_set
from pim.jobs.importing import import_files
from pim.jobs.projecting import project
from pim.jobs.publishing import publish
from pim.jobs.rules import run_rules
from pim.jobs.watch import Watch

log = structlog.get_logger(__name__)

#: Seconds that a job waits for a database that is gone, before it leaves that to the worker.
PATIENCE: Final = 60.0

#: Returns the run's last state and its result, None if the service has written the result itself.
Handler = Callable[[JobContext, int, Watch], tuple[str, Mapping[str, object] | None]]

HANDLERS: Final[Mapping[str, Handler]] = {
    "publish": publish,
    "import": import_files,
    "project": project,
    "preview": preview,
    "bulk": edit,
    "undo": undo_change_set,
    "rules": run_rules,
}


def register(app: procrastinate.App) -> None:
    """Make every task known to a worker's app."""
    for name in HANDLERS:
        app.task(name=name, pass_context=True, retry=trying.Strategy())(_task(name))


def _task(name: str) -> Callable[..., None]:
    def task(job: Job, *, run_id: int) -> None:
        carry_out(job.additional_context["jobs"], name, run_id)

    task.__name__ = name
    return task


def carry_out(context: JobContext, name: str, run_id: int) -> None:
    """Carry out a queued run to its end, whatever the end is.

    A run that was cancelled meanwhile, or that another process is at, is left alone. Raises Again
    for the queue to try again.
    """
    try:
        with carrying_out(context.engine, run_id, lend=True):
            names = _claim(context, run_id)
            if names is None:
                return
            with logs.bound(run=run_id, **names):
                _carry_out(context, name, run_id)
    except Refused as error:
        log.info("run left alone", run=run_id, reason=str(error))
    except Exception as error:
        known = told(error, context.settings)
        if not isinstance(known, Retryable):
            raise
        log.warning("run is tried again", run=run_id, reason=str(known))
        raise _again(context, run_id, known) from error


def go_on(context: JobContext, run_id: int, watch: Watch) -> Run:
    """Carry out an unfinished run here and now and return it ended; raises what stops it.

    Refused when it is done, or another process is at it.
    """
    with carrying_out(context.engine, run_id, lend=True):
        with unit_of_work(context.engine) as work:
            run = find_run(work.session, run_id)
            if run.state not in {"queued", *UNFINISHED} or run.kind not in HANDLERS:
                raise Refused(
                    f"Run {run_id} ({run.kind}) is {run.state}: only an unfinished one is resumed."
                )
            run.state, run.heartbeat, run.cancel_requested = "running", work.clock(), False
        try:
            state, result = HANDLERS[run.kind](context, run_id, watch)
        except Exception as error:
            state = "cancelled" if isinstance(error, Cancelled) else "failed"
            if not lost(error):
                with suppress(*LOST):
                    _end(context, run_id, state=state, error=words(error, context.settings))
            raise
        return _end(context, run_id, state=state, result=result)


def _carry_out(context: JobContext, name: str, run_id: int) -> None:
    began = time.monotonic()
    log.info("run started")
    try:
        state, result = HANDLERS[name](context, run_id, Watch(context.engine, run_id))
    except Cancelled:
        _end(context, run_id, state="cancelled")
    except Exception as error:
        known = told(error, context.settings)
        seconds = round(time.monotonic() - began, 3)
        if isinstance(known, Retryable):
            raise
        log.exception("run failed", seconds=seconds)
        _end(context, run_id, state="failed", error=words(known))
    else:
        _end(context, run_id, state=state, result=result)
        log.info("run ended", state=state, seconds=round(time.monotonic() - began, 3))


def _claim(context: JobContext, run_id: int) -> dict[str, object] | None:
    """Take a queued run and return what its lines carry; None if somebody has ended it already."""
    with unit_of_work(context.engine) as work:
        run = work.session.scalar(select(Run).where(Run.id == run_id).with_for_update())
        if run is None or run.state not in ("queued", "running", "interrupted"):
            return None
        if run.cancel_requested:
            finish_run(work, run, state="cancelled")
            return None
        if trying.count(run) > trying.MOST:
            error = trying.GAVE_UP.format(most=trying.MOST)
            finish_run(work, run, state="failed", error=error)
            return None
        run.state, run.heartbeat = "running", work.clock()
        run.error, run.finished = None, None
        run.started = run.started or run.heartbeat
        change_set = (run.parameters.get("state") or {}).get("change_set")
        return {"kind": run.kind, "feed": run.parameters.get("feed"), "change_set": change_set}


def _again(context: JobContext, run_id: int, error: Retryable) -> trying.Again:
    """Put a run back into the queue; return what asks the queue for another try.

    A database that is gone is waited for, for a minute at most; after that the next worker finds
    the run by its lock. With the database our lock was gone, so another worker may be at the run
    already: then it is left alone.
    """
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        try:
            with carrying_out(context.engine, run_id), unit_of_work(context.engine) as work:
                run = find_run(work.session, run_id)
                if run.state in {"running", "queued", "failed", "interrupted"}:
                    run.state, run.stage, run.error, run.finished = "queued", str(error), None, None
                gone = isinstance(error, DatabaseGone)  # and is back, or we were not here
                return trying.Again(str(error), 1 if gone else trying.wait_after(run))
        except Refused:
            break
        except DBAPIError:
            time.sleep(0.5)
    return trying.Again(str(error), 1)


def _end(
    context: JobContext,
    run_id: int,
    *,
    state: str,
    result: Mapping[str, object] | None = None,
    error: str | None = None,
) -> Run:
    with unit_of_work(context.engine) as work:
        run = find_run(work.session, run_id)
        finish_run(work, run, result=result, state=state, error=error)
        return run
