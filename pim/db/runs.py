"""The table of runs: what people see of every long piece of work, whoever carries it out.

It lies this low because imports, edits, projections and publications all report to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from pim import logs
from pim.db.base import Base, BigId, Json, Now
from pim.db.unit_of_work import Work
from pim.errors import NotFound, PimError

#: queued -> running -> done | held | failed | cancelled | interrupted; "done" may have rejected
#: rows, "interrupted" means that the process is gone.
STATES = ("queued", "running", "done", "held", "failed", "cancelled", "interrupted")
#: A run in one of these stopped before its end and can be taken up again.
UNFINISHED = frozenset({"failed", "cancelled", "interrupted"})
KINDS = ("import", "export", "preview", "bulk", "undo", "project", "publish", "rules")


class Cancelled(PimError):
    """Say that a person has cancelled the run; what was committed stays."""


class Run(Base):
    """One piece of long work: progress in `done` of `total`, a result, or the error's text."""

    __tablename__ = "run"
    __table_args__ = (Index("ix_run_created", text("created DESC")),)

    id: Mapped[BigId]
    kind: Mapped[str]
    label: Mapped[str] = mapped_column(server_default=text("''"))
    state: Mapped[str] = mapped_column(server_default=text("'queued'"))
    author_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    parameters: Mapped[Json] = mapped_column(server_default=text("'{}'::jsonb"))
    # JSON, not JSONB: a report keeps the order in which it was told, such as files as imported.
    result: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    stage: Mapped[str] = mapped_column(server_default=text("''"))
    done: Mapped[int] = mapped_column(server_default=text("0"))
    total: Mapped[int | None]
    error: Mapped[str | None]
    cancel_requested: Mapped[bool] = mapped_column(server_default=text("false"))
    created: Mapped[Now]
    started: Mapped[datetime | None]
    heartbeat: Mapped[datetime | None]
    finished: Mapped[datetime | None]


def start_run(
    work: Work, *, kind: str, label: str = "", parameters: Mapping[str, Any] | None = None
) -> Run:
    """Open a run that this process carries out now."""
    now = work.clock()
    run = Run(
        kind=kind,
        label=label,
        state="running",
        author_id=work.actor,
        parameters=dict(parameters or {}),
        started=now,
        heartbeat=now,
    )
    work.session.add(run)
    work.session.flush()
    logs.bind(run=run.id, kind=kind)
    return run


def progress(work: Work, run: Run, *, done: int, total: int | None = None, stage: str = "") -> None:
    """Report how far a run is; part of the transaction of the work that it reports."""
    run.done = done
    run.total = total if total is not None else run.total
    run.stage = stage or run.stage
    run.heartbeat = work.clock()


def finish_run(
    work: Work,
    run: Run,
    *,
    result: Mapping[str, Any] | None = None,
    state: str = "done",
    error: str | None = None,
) -> None:
    """End a run with its result, or with the error as people read it."""
    run.state = state
    run.result = dict(result) if result is not None else run.result
    run.error = error
    run.finished = run.heartbeat = work.clock()


def heed_cancel(session: Session, run: Run) -> None:
    """Raise Cancelled if somebody has asked the run to stop."""
    session.refresh(run, ["cancel_requested"])
    if run.cancel_requested:
        raise Cancelled("The run was cancelled; what was committed stays.")


def find_run(session: Session, run_id: int) -> Run:
    """Return a run, or raise NotFound."""
    run = session.get(Run, run_id)
    if run is None:
        raise NotFound(f"There is no run {run_id}.")
    return run


def recent_runs(session: Session, *, limit: int = 50, kind: str | None = None) -> list[Run]:
    """Return the newest runs."""
    query = select(Run).order_by(Run.created.desc(), Run.id.desc()).limit(limit)
    return list(session.scalars(query.where(Run.kind == kind) if kind else query))
