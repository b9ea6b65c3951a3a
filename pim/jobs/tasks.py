"""The tasks of the queue: each takes a run's id, calls one service, and ends the run."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Final

import procrastinate
import structlog
from procrastinate import JobContext as Job
from sqlalchemy import select

from pim import logs
from pim.db.runs import Cancelled, Run, find_run, finish_run
from pim.db.unit_of_work import unit_of_work
from pim.errors import PimError, Retryable
from pim.jobs.context import JobContext
from pim.jobs.importing import import_files
from pim.jobs.projecting import project
from pim.jobs.publishing import publish
from pim.jobs.watch import Watch

log = structlog.get_logger(__name__)

#: Returns the run's last state and its result, None if the service has written the result itself.
Handler = Callable[[JobContext, int, Watch], tuple[str, Mapping[str, object] | None]]

HANDLERS: Final[Mapping[str, Handler]] = {
    "publish": publish,
    "import": import_files,
    "project": project,
}

_AGAIN: Final = procrastinate.RetryStrategy(
    max_attempts=3, exponential_wait=2, retry_exceptions={Retryable}
)


def register(app: procrastinate.App) -> None:
    """Make every task known to a worker's app."""
    for name in HANDLERS:
        app.task(name=name, pass_context=True, retry=_AGAIN)(_task(name))


def _task(name: str) -> Callable[..., None]:
    def task(job: Job, *, run_id: int) -> None:
        carry_out(job.additional_context["jobs"], name, run_id)

    task.__name__ = name
    return task


def carry_out(context: JobContext, name: str, run_id: int) -> None:
    """Carry out a queued run to its end, whatever the end is.

    A run that was cancelled meanwhile is left alone. Raises Retryable for the queue to try again.
    """
    names = _claim(context, run_id)
    if names is None:
        return
    with logs.bound(run=run_id, **names):
        _carry_out(context, name, run_id)


def _carry_out(context: JobContext, name: str, run_id: int) -> None:
    began = time.monotonic()
    log.info("run started")
    try:
        state, result = HANDLERS[name](context, run_id, Watch(context.engine, run_id))
    except Cancelled:
        _end(context, run_id, state="cancelled")
    except Retryable:
        _end(context, run_id, state="queued")
        raise
    except Exception as error:
        log.exception("run failed", seconds=round(time.monotonic() - began, 3))
        _end(context, run_id, state="failed", error=_words(error))
    else:
        _end(context, run_id, state=state, result=result)
        log.info("run ended", state=state, seconds=round(time.monotonic() - began, 3))


def _claim(context: JobContext, run_id: int) -> dict[str, object] | None:
    """Take a queued run and return what its lines carry; None if somebody has ended it already."""
    with unit_of_work(context.engine) as work:
        run = work.session.scalar(select(Run).where(Run.id == run_id).with_for_update())
        if run is None or run.state not in ("queued", "running"):
            return None
        if run.cancel_requested:
            finish_run(work, run, state="cancelled")
            return None
        run.state, run.heartbeat = "running", work.clock()
        run.started = run.started or run.heartbeat
        change_set = (run.parameters.get("state") or {}).get("change_set")
        return {"kind": run.kind, "feed": run.parameters.get("feed"), "change_set": change_set}


def _end(
    context: JobContext,
    run_id: int,
    *,
    state: str,
    result: Mapping[str, object] | None = None,
    error: str | None = None,
) -> None:
    with unit_of_work(context.engine) as work:
        run = find_run(work.session, run_id)
        finish_run(work, run, result=result, state=state, error=error)
        if state == "queued":
            run.finished = None


def _words(error: Exception) -> str:
    return str(error) if isinstance(error, PimError) else f"{type(error).__name__}: {error}"
