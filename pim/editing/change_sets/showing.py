"""Change sets as people and scripts see them: lines, whole documents, pages of a preview."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from pim.access.models import User
from pim.db.runs import UNFINISHED, Run, find_run
from pim.db.unit_of_work import Work
from pim.domain.change_sets import DRAFT, PLANNED
from pim.editing.change_sets import pages, service, ticking
from pim.editing.change_sets.pages import Filter
from pim.editing.change_sets.record import events, planned
from pim.editing.pace import pace
from pim.errors import Refused
from pim.products.change_sets import find_change_set
from pim.products.models import ChangeSet


def recent(session: Session, *, state: str | None = None, limit: int = 50) -> list[dict[str, Any]]:
    """Return the newest change sets, of one state if that is given."""
    query = (
        select(ChangeSet, User.email)
        .outerjoin(User, User.id == ChangeSet.author_id)
        .order_by(ChangeSet.id.desc())
        .limit(limit)
    )
    rows = session.execute(query.where(ChangeSet.state == state) if state else query)
    return [_line(change_set, email) for change_set, email in rows]


def line(session: Session, number: int) -> dict[str, Any]:
    """Return what lists show of a change set."""
    found = find_change_set(session, number)
    author = session.get(User, found.author_id) if found.author_id else None
    return _line(found, author.email if author else None)


def document(work: Work, number: int, runs_folder: Path) -> dict[str, Any]:
    """Return everything about a change set: documents, counts, progress, what people did."""
    session = work.session
    found = find_change_set(session, number)
    waits = found.planned and found.state in PLANNED
    return {
        **line(session, number),
        "where" if not found.selects else "selection": found.conditions,
        "do": found.operations,
        "strict": found.strict,
        "counts": counts(session, number, runs_folder) if waits else found.counts,
        "needs_approval": service.approval_missing(work, found, runs_folder) if waits else None,
        "preview": _progress(session, found.preview_id),
        "progress": _progress(session, found.run_id),
        "undone_by": _undone_by(session, number),
        "events": events(session, number),
    }


def counts(session: Session, number: int, runs_folder: Path) -> dict[str, Any]:
    """Return the figures of a preview as far as it has come; none without a preview.

    `selected`, `written` and `reached` count rows as previewed, the others cells that are ticked.
    """
    found = find_change_set(session, number)
    if found.preview_id is None:
        return {}
    run = find_run(session, found.preview_id)
    result: Mapping[str, Any] = run.result or {}
    named = {name: result.get(name, 0) for name in ("selected", "written", "reached", "left_out")}
    folder = runs_folder / str(found.preview_id)
    return {**named, **pages.summary(folder, ticking.unticked(session, number))}


def is_previewed(session: Session, number: int) -> bool:
    """Tell whether there is a preview to look at, or one under way; Refused if there cannot be."""
    found = planned(session, number)
    if found.preview_id is None:
        return False
    run = find_run(session, found.preview_id)
    return not (found.state == DRAFT and run.state in {*UNFINISHED, "queued"})


def preview(
    session: Session,
    number: int,
    runs_folder: Path,
    which: Filter,
    *,
    page: int = 1,
    size: int = pages.PAGE,
) -> dict[str, Any]:
    """Return a page of a preview; `complete` is false while it is still being made."""
    found = find_change_set(session, number)
    if found.preview_id is None:
        raise Refused(f"Change set {number} has no preview: pim change-set preview {number}.")
    folder = runs_folder / str(found.preview_id)
    shown = pages.page(folder, ticking.unticked(session, number), which, number=page, size=size)
    run = find_run(session, found.preview_id)
    return {
        "change_set": number,
        "state": found.state,
        "complete": run.state == "done",
        "progress": _progress(session, run.id),
        "counts": counts(session, number, runs_folder),
        "page": shown.number,
        "pages": shown.pages,
        "total": shown.total,
        "cells": shown.cells,
    }


def _line(found: ChangeSet, email: str | None) -> dict[str, Any]:
    return {
        "change_set": found.id,
        "kind": found.kind,
        "label": found.label,
        "state": found.state,
        "author": email,
        "planned": found.planned,
        "undoes": found.undoes_id,
        "run": found.run_id,
        "created": found.created.isoformat(),
        "finished": found.finished.isoformat() if found.finished else None,
    }


def _progress(session: Session, run_id: int | None) -> dict[str, Any] | None:
    if run_id is None:
        return None
    run = session.get(Run, run_id)
    if run is None:
        return None
    speed = pace(run)
    return {
        "run": run.id,
        "state": run.state,
        "done": run.done,
        "total": run.total,
        "rate": speed.rate,
        "seconds_left": speed.left,
        "error": run.error,
    }


def _undone_by(session: Session, number: int) -> list[dict[str, Any]]:
    rows = session.execute(
        select(ChangeSet, User.email)
        .outerjoin(User, User.id == ChangeSet.author_id)
        .where(ChangeSet.undoes_id == number)
        .order_by(ChangeSet.id)
    )
    return [
        {"change_set": undo.id, "by": email, "at": undo.created.isoformat(), "state": undo.state}
        for undo, email in rows
    ]
