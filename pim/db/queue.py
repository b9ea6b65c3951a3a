"""The queue's entrance: a job is deferred in the transaction of the change that needs it.

The queue carries a run id and the name of a task; the run's row is what people see. It lies this
low so that pages and commands can ask for work without knowing who does it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import procrastinate
from sqlalchemy.orm import Session

from pim.db.runs import Run, finish_run
from pim.db.unit_of_work import Work

#: Tasks by kind of run, as `pim.jobs.tasks` registers them.
TASKS: Mapping[str, str] = {"publish": "publish", "import": "import", "project": "project"}

#: Never opened: it only knows the SQL; the connection is always the caller's.
_door = procrastinate.App(connector=procrastinate.SyncPsycopgConnector())


def enqueue_run(
    work: Work, *, kind: str, label: str, parameters: Mapping[str, Any], lock: str | None = None
) -> Run:
    """Return a new queued run and defer the job that carries it out, once this is committed.

    Jobs of the same `lock` run one after the other.
    """
    run = Run(
        kind=kind, label=label, state="queued", author_id=work.actor, parameters=dict(parameters)
    )
    work.session.add(run)
    work.session.flush()
    defer(work.session, task=TASKS[kind], run_id=run.id, lock=lock)
    return run


def defer(session: Session, *, task: str, run_id: int, lock: str | None = None) -> None:
    """Add a job to the queue in the session's transaction."""
    driver = session.connection().connection.driver_connection
    job = _door.configure_task(task, connection=driver, lock=lock)
    job.defer(run_id=run_id)


def cancel_run(work: Work, run: Run) -> None:
    """Ask a run to end at its next chunk; one that has not begun ends at once."""
    if run.state == "queued":
        finish_run(work, run, state="cancelled")
    elif run.state == "running":
        run.cancel_requested = True
    work.session.flush()
