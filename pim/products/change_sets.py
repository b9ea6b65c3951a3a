"""Change sets: every write belongs to one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from pim import logs
from pim.db.unit_of_work import Work
from pim.errors import NotFound
from pim.products.models import ChangeLog, ChangeSet, History


def open_change_set(
    work: Work,
    *,
    kind: str,
    label: str = "",
    run_id: int | None = None,
    undoes_id: int | None = None,
    conditions: Mapping[str, Any] | None = None,
    operations: Sequence[Mapping[str, Any]] | None = None,
) -> ChangeSet:
    """Start a change set in the work's transaction."""
    change_set = ChangeSet(
        kind=kind,
        label=label,
        state="running",
        author_id=work.actor,
        run_id=run_id,
        undoes_id=undoes_id,
        conditions=dict(conditions) if conditions is not None else None,
        operations=[dict(o) for o in operations] if operations is not None else None,
    )
    work.session.add(change_set)
    work.session.flush()
    logs.bind(change_set=change_set.id)
    return change_set


def close_change_set(
    work: Work, change_set: ChangeSet, *, counts: Mapping[str, Any], state: str = "done"
) -> ChangeSet | None:
    """End a change set; one that changed nothing leaves no trace and returns None.

    One that was planned stays: people have said things about it.
    """
    work.session.flush()
    if not change_set.planned and not _wrote(work.session, change_set.id):
        work.session.delete(change_set)
        work.session.flush()
        return None
    change_set.state = state
    change_set.counts = dict(counts)
    change_set.finished = work.clock()
    work.session.flush()
    return change_set


def _wrote(session: Session, change_set_id: int) -> bool:
    """Tell whether a change set left anything; the log is short, and asked first."""
    logged = select(exists().where(ChangeLog.change_set_id == change_set_id))
    written = select(exists().where(History.change_set_id == change_set_id))
    return bool(session.scalar(logged)) or bool(session.scalar(written))


def find_change_set(session: Session, change_set_id: int) -> ChangeSet:
    """Return a change set, or raise NotFound."""
    change_set = session.get(ChangeSet, change_set_id)
    if change_set is None:
        raise NotFound(f"There is no change set {change_set_id}.")
    return change_set
