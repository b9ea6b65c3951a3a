"""Workers: processes that take runs from the queue. Any number, on any number of machines."""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import os
import signal
import socket
import sys
import time
from types import FrameType

import procrastinate
import structlog
from sqlalchemy import make_url
from sqlalchemy.exc import DBAPIError

from channels.publication.together import cores
from pim import logs
from pim.db.embedded import database_url
from pim.db.repeating import Repeating
from pim.db.troubles import told
from pim.errors import PimError
from pim.jobs import tasks, tick, version
from pim.jobs.context import JobContext
from pim.jobs.rules import begin_due
from pim.jobs.tidying import remove_old_uploads
from pim.operations.retention import keep_house
from pim.settings import Settings

FOLLOW_SECONDS = 1.0
FOLD_SECONDS = 15.0
TAKE_OVER_SECONDS = 5.0
TIDY_SECONDS = 600.0
VERSION_SECONDS = 10.0
KEEP_SECONDS = 3600.0
RULES_SECONDS = 20.0
HEARTBEAT_SECONDS = 5.0
LONGEST_WAIT = 15.0
#: A queue that was open so long was not refused: it is opened again at once.
SERVED = 2.0

log = structlog.get_logger(__name__)


def run_worker(settings: Settings, engine_url: str, processes: int = 1) -> None:
    """Work until SIGTERM or SIGINT; a job that is under way is finished first.

    More than one process are spawned, never forked: threads of the projection do not survive that.
    They share the cores, so that none makes the others' threads wait.
    """
    if processes == 1:
        _work(settings, engine_url)
        return
    os.environ.setdefault("POLARS_MAX_THREADS", str(max(1, cores() // processes)))
    context = multiprocessing.get_context("spawn")
    crew = [
        context.Process(target=_work, args=(settings, engine_url), name=f"worker-{number}")
        for number in range(1, processes + 1)
    ]
    for process in crew:
        process.start()

    def pass_on(_signal: int, _frame: FrameType | None) -> None:
        for process in crew:
            process.terminate()

    signal.signal(signal.SIGTERM, pass_on)
    signal.signal(signal.SIGINT, pass_on)
    for process in crew:
        process.join()


def create_queue(engine_url: str) -> procrastinate.App:
    """Return the queue's app with every task."""
    url = make_url(engine_url).set(drivername="postgresql")
    connector = procrastinate.PsycopgConnector(
        conninfo=url.render_as_string(hide_password=False), min_size=1, max_size=4
    )
    app = procrastinate.App(connector=connector)
    tasks.register(app)
    return app


def _work(settings: Settings, engine_url: str) -> None:
    set_up_logs(settings, engine_url)
    context = JobContext(settings, engine_url)
    version.require(context.engine)
    try:
        # A worker that starts often follows one that has died.
        tick.take_over(context.engine)
    except DBAPIError as error:
        log.warning("the database does not answer yet", reason=str(told(error, settings)))
    following = Repeating("Following changes", FOLLOW_SECONDS, context.projection.refresh)
    taking_over = Repeating(
        "Taking over", TAKE_OVER_SECONDS, lambda: tick.take_over(context.engine)
    )
    tidying = Repeating(
        "Tidying up", TIDY_SECONDS, lambda: remove_old_uploads(context.engine, context.settings)
    )
    folding = Repeating("Folding segments", FOLD_SECONDS, context.projection.compact)
    checking = Repeating(
        "Checking the version", VERSION_SECONDS, lambda: version.stop_if_outdated(context.engine)
    )
    keeping = Repeating(
        "Keeping house", KEEP_SECONDS, lambda: keep_house(context.engine, context.settings)
    )
    ruling = Repeating("Beginning rules", RULES_SECONDS, lambda: begin_due(context.engine))
    with following, folding, taking_over, tidying, checking, keeping, ruling:
        asyncio.run(_serve(context))
    context.projection.close()
    context.engine.dispose()


async def _serve(context: JobContext) -> None:
    """Take jobs until told to stop; a lost database is waited for."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    waited = 0.0
    while not stop.is_set():
        began = time.monotonic()
        serving = asyncio.create_task(_take_jobs(context, stop))
        await asyncio.wait([serving])
        if stop.is_set():
            return
        served = time.monotonic() - began > SERVED
        waited = 0.0 if served else min(waited + 1, LONGEST_WAIT)
        error = serving.exception()
        reason = str(told(error, context.settings)) if error else "the queue was left"
        log.warning("the queue is opened again", seconds=waited, reason=reason)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), waited)


async def _take_jobs(context: JobContext, stop: asyncio.Event) -> None:
    """Serve the queue until `stop` is set, or until its connections are lost."""
    app = create_queue(context.database_url)
    async with app.open_async():
        working = asyncio.create_task(
            app.run_worker_async(
                concurrency=1,
                fetch_job_polling_interval=1.0,
                update_heartbeat_interval=HEARTBEAT_SECONDS,
                stalled_worker_timeout=tick.SILENCE,
                delete_jobs="successful",
                install_signal_handlers=False,
                additional_context={"jobs": context},
            )
        )
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait([working, stopping], return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if not working.done():
            working.cancel()  # the job that is under way is finished first
        with contextlib.suppress(asyncio.CancelledError):
            await working


def set_up_logs(settings: Settings, *urls: str) -> None:
    """Log as a service does, every line with this worker's name."""
    logs.configure(
        logs.settings_of(service=True),
        secrets=[*settings.secrets, *urls],
        always={"worker": f"{socket.gethostname()}:{os.getpid()}"},
    )


def main() -> None:
    """Run one worker on what the environment names (`python -m pim.jobs.worker`)."""
    settings = Settings.from_environment()
    set_up_logs(settings)
    try:
        with database_url(settings, keep=True) as url:
            run_worker(settings, url)
    except PimError as error:
        log.error("the worker ends", reason=str(error))  # noqa: TRY400 - a sentence, no traceback
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
