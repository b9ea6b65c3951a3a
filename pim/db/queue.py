"""The queue's entrance: a job is deferred in the transaction of the change that needs it.

The queue carries a run id and the name of a task; the run's row is what people see. It lies this
low so that pages and commands can ask for work without knowing who does it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import procrastinate
from sqlalchemy.orm import Session

from pim.db.runs import UNFINISHED, Run, finish_run
from pim.db.unit_of_work import Work
from pim.errors import Refused

#: Tasks by kind of run, as `pim.jobs.tasks` registers them.
TASKS: Mapping[str, str] = {
    "publish": "publish",
    "import": "import",
    "project": "project",
    "preview": "preview",
    "bulk": "bulk",
    "undo": "undo",
    "rules": "rules",
}

#: The parameter that counts how often a run was begun without coming further.
TRIES = "tries"
#: The parameter that keeps the lock under which a run waits.
LOCK = "queue_lock"

#: Never opened: it only knows the SQL; the connection is always the caller's.
_door = procrastinate.App(connector=procrastinate.SyncPsycopgConnector())


def enqueue_run(
    work: Work, *, kind: str, label: str, parameters: Mapping[str, Any], lock: str | None = None
) -> Run:
    """Return a new queued run and defer the job that carries it out, once this is committed.

    Jobs of the same `lock` run one after the other.
    """
    known = {**parameters, LOCK: lock} if lock else dict(parameters)
    run = Run(kind=kind, label=label, state="queued", author_id=work.actor, parameters=known)
    work.session.add(run)
    work.session.flush()
    defer(work.session, task=TASKS[kind], run_id=run.id, lock=lock)
    return run


def resumable(run: Run) -> bool:
    """Tell whether a run stopped before its end and a worker can go on with it."""
    return run.state in UNFINISHED and run.kind in TASKS


def requeue_run(work: Work, run: Run) -> None:
    """Let a worker go on with a run that stopped before its end; Refused for any other."""
    if not resumable(run):
        raise Refused(f"Run {run.id} ({run.kind}) is {run.state}: it cannot be taken up again.")
    run.state, run.stage, run.error, run.finished = "queued", "", None, None
    run.cancel_requested = False
    run.parameters = {name: value for name, value in run.parameters.items() if name != TRIES}
    work.session.flush()
    lock = run.parameters.get(LOCK)
    defer(work.session, task=TASKS[run.kind], run_id=run.id, lock=lock)


def defer(session: Session, *, task: str, run_id: int, lock: str | None = None) -> None:
    """Add a job to the queue in the session's transaction."""
    driver = session.connection().connection.driver_connection
    job = _door.configure_task(task, connection=driver, lock=lock)
    job.defer(run_id=run_id)


def cancel_run(work: Work, run: Run) -> None:
    """Ask a run to end at its next chunk; one that nobody is at ends at once."""
    if run.state in {"queued", "interrupted"}:
        finish_run(work, run, state="cancelled")
    elif run.state == "running":
        run.cancel_requested = True
    work.session.flush()
