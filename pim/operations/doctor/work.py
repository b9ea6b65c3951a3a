"""Work: runs that nobody carries out, workers that are gone, a queue that does not move."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from sqlalchemy import text

from pim.db.run_locks import interrupted
from pim.db.unit_of_work import unit_of_work
from pim.editing.interruptions import settle
from pim.operations import queries
from pim.operations.doctor.finding import Finding, Patient, ok, warning
from pim.operations.readiness import WORKER_SILENCE

#: A job that waits so long although workers live.
STALLED: Final = timedelta(minutes=15)

_DEAD = text("SELECT count(*) FROM procrastinate_workers WHERE last_heartbeat < now() - :silence")
_FORGET = text("DELETE FROM procrastinate_workers WHERE last_heartbeat < now() - :silence")
_FAILED = text("SELECT count(*) FROM run WHERE state = 'failed' AND finished > now() - :since")
_LONG = text(
    """
    SELECT pid, application_name AS name, extract(epoch FROM now() - xact_start)::bigint AS seconds
    FROM pg_stat_activity
    WHERE datname = current_database() AND state LIKE 'idle in transaction%'
      AND xact_start < now() - interval '10 minutes'
    """
)


def runs(patient: Patient) -> Iterator[Finding]:
    """Look for runs that are shown as running and are not."""
    with unit_of_work(patient.engine) as work:
        stuck = list(interrupted(work.session))
        failed = work.session.scalar(_FAILED, {"since": timedelta(days=1)}) or 0
    if stuck:
        numbers = ", ".join(map(str, stuck))
        yield warning(
            "runs",
            f"Nobody carries these runs out any more: {numbers}.",
            mend="A worker takes them up within seconds; pim doctor --fix closes them.",
            fix=lambda: _settle(patient),
        )
    if failed:
        yield warning("runs", f"{failed} runs failed within a day.", mend="pim run list tells why.")
    if not stuck and not failed:
        yield ok("runs", "No run is stuck, none failed within a day.")


def queue(patient: Patient) -> Iterator[Finding]:
    """Look at workers and at what waits for them."""
    with patient.connect() as connection:
        workers = connection.execute(queries.WORKERS).one()
        oldest = float(connection.scalar(queries.OLDEST_JOB) or 0)
        dead = connection.scalar(_DEAD, {"silence": WORKER_SILENCE}) or 0
        long = connection.execute(_LONG).all()
    if not workers.alive:
        yield warning(
            "workers",
            "No worker is at work: runs wait, columns and feeds do not follow.",
            mend="Start pim worker, or pim serve --with-worker.",
        )
    else:
        yield ok("workers", f"{workers.alive} at work.")
    if oldest > STALLED.total_seconds():
        yield warning(
            "queue",
            f"A job has waited for {oldest / 60:.0f} minutes.",
            mend="pim run list tells what keeps the workers busy; more of them help.",
        )
    if dead:
        yield warning(
            "workers",
            f"{dead} workers are registered that have not signed for a minute.",
            mend="They are forgotten by the next worker, or by pim doctor --fix.",
            fix=lambda: _forget(patient),
        )
    for each in long:
        yield warning(
            "transactions",
            f"Process {each.pid} ({each.name}) has left a transaction open for "
            f"{each.seconds // 60} minutes: nothing can be vacuumed meanwhile.",
            mend=f"Find out who it is; SELECT pg_terminate_backend({each.pid}) ends it.",
        )


def _settle(patient: Patient) -> str:
    with unit_of_work(patient.engine) as work:
        found = settle(work)
    return f"{len(found)} runs were closed or queued again."


def _forget(patient: Patient) -> str:
    with patient.engine.begin() as connection:
        gone = connection.execute(_FORGET, {"silence": WORKER_SILENCE}).rowcount
    return f"{gone} workers were forgotten."
