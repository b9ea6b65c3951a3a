"""Workers: processes that take runs from the queue. Any number, on any number of machines."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import socket
from types import FrameType

import procrastinate
from sqlalchemy import make_url

from pim import logs
from pim.db.embedded import database_url
from pim.jobs import tasks, tick
from pim.jobs.context import JobContext
from pim.jobs.tidying import remove_old_uploads
from pim.settings import Settings

FOLLOW_SECONDS = 1.0
TAKE_OVER_SECONDS = 10.0
TIDY_SECONDS = 600.0
HEARTBEAT_SECONDS = 5.0


def run_worker(settings: Settings, engine_url: str, processes: int = 1) -> None:
    """Work until SIGTERM or SIGINT; a job that is under way is finished first.

    More than one process are spawned, never forked: threads of the projection do not survive that.
    """
    if processes == 1:
        _work(settings, engine_url)
        return
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
    following = tick.Repeating("Following changes", FOLLOW_SECONDS, context.projection.refresh)
    taking_over = tick.Repeating(
        "Taking over", TAKE_OVER_SECONDS, lambda: tick.take_over(context.engine)
    )
    tidying = tick.Repeating(
        "Tidying up", TIDY_SECONDS, lambda: remove_old_uploads(context.engine, context.settings)
    )
    with following, taking_over, tidying:
        asyncio.run(_serve(context))
    context.projection.close()
    context.engine.dispose()


async def _serve(context: JobContext) -> None:
    app = create_queue(context.database_url)
    async with app.open_async():
        await app.run_worker_async(
            concurrency=1,
            fetch_job_polling_interval=2.0,
            update_heartbeat_interval=HEARTBEAT_SECONDS,
            stalled_worker_timeout=tick.SILENCE,
            delete_jobs="successful",
            additional_context={"jobs": context},
        )


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
    with database_url(settings) as url:
        run_worker(settings, url)


if __name__ == "__main__":
    main()
