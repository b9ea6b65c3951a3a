"""The verbs of planned change sets: preview, choose, submit, approve, run, cancel, comment."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl

from pim.db.queue import cancel_run, defer
from pim.db.runs import Run, find_run
from pim.db.unit_of_work import Work
from pim.domain.change_sets import APPROVED, CANCELLED, RUNNING
from pim.editing.change_sets import drafts, reach, ticking
from pim.editing.change_sets.pages import Filter, chosen_cells
from pim.editing.change_sets.permission import (
    needs_approval,
    require_permission,
    require_second_person,
)
from pim.editing.change_sets.plan import Plan
from pim.editing.change_sets.record import CANCEL, COMMENT, planned, record, require
from pim.errors import Refused
from pim.products.change_sets import close_change_set
from pim.products.models import ChangeSet


def ask_for_preview(work: Work, number: int, *, queue: bool = True) -> Run:
    """Return the queued run that previews a change set; everything is ticked again.

    With `queue` a worker carries it out, else the caller (`pim.jobs.tasks.go_on`).
    """
    require_permission(work, "products.edit")
    change_set = planned(work.session, number)
    require(change_set, "preview")
    ticking.forget(work.session, number)
    parameters = {"change_set": number}
    run = _queued(work, "preview", f"Preview of {_called(change_set)}", parameters, queue=queue)
    change_set.preview_id = run.id
    work.session.flush()
    return run


def choose(
    work: Work, number: int, runs_folder: Path, which: Filter, *, ticked: bool
) -> dict[str, int]:
    """Tick or untick what a filter finds in the preview; return how many rows or cells these are.

    A filter by identifiers alone takes whole rows, any other one single cells.
    """
    require_permission(work, "products.edit")
    change_set = planned(work.session, number)
    require(change_set, "choose")
    found = chosen_cells(runs_folder / str(change_set.preview_id), which)
    if found.is_empty():
        raise Refused(
            "Nothing in the preview is called that, so nothing was changed. The rows of a preview"
            " are those that are written: a value that belongs to a model shows there."
        )
    rows = found.select("entity", field=pl.lit(ticking.ROW)) if which.whole_rows else found
    if ticked:
        ticking.tick(work.session, number, rows)
    else:
        ticking.untick(work.session, number, rows)
    record(work, change_set, "choose", which.words(ticked=ticked))
    distinct = rows.unique()
    return {"rows" if which.whole_rows else "cells": distinct.height}


def submit(work: Work, number: int, comment: str = "") -> ChangeSet:
    """Ask for the approval of a second person."""
    require_permission(work, "products.edit")
    change_set = planned(work.session, number)
    record(work, change_set, "submit", comment)
    return change_set


def approve(work: Work, number: int, comment: str = "") -> ChangeSet:
    """Let somebody else's change set be run."""
    change_set = planned(work.session, number)
    require(change_set, "approve")
    require_second_person(work, change_set)
    record(work, change_set, "approve", comment)
    return change_set


def reject(work: Work, number: int, comment: str) -> ChangeSet:
    """Send somebody else's change set back, as a draft, with the reason."""
    if not comment.strip():
        raise Refused(
            "Say why it is rejected: a draft that comes back without a word helps nobody."
        )
    change_set = planned(work.session, number)
    require(change_set, "reject")
    require_second_person(work, change_set)
    record(work, change_set, "reject", comment)
    return change_set


def withdraw(work: Work, number: int, comment: str = "") -> ChangeSet:
    """Make a draft again of what waits for its approval or its run."""
    require_permission(work, "products.edit")
    change_set = planned(work.session, number)
    record(work, change_set, "withdraw", comment)
    return change_set


def comment(work: Work, number: int, text: str) -> ChangeSet:
    """Say something about a change set, in any state."""
    require_permission(work, "products.view")
    if not text.strip():
        raise Refused("The comment is empty, so nothing was said.")
    change_set = planned(work.session, number)
    record(work, change_set, COMMENT, text)
    return change_set


def cancel(work: Work, number: int, text: str = "") -> ChangeSet:
    """Give up what was not run; one that runs stops after its chunk, and can be undone."""
    require_permission(work, "products.edit")
    change_set = planned(work.session, number)
    if change_set.state != RUNNING or change_set.run_id is None:
        record(work, change_set, "drop", text)
        change_set.finished = work.clock()
        return change_set
    run = find_run(work.session, change_set.run_id)
    work.session.refresh(run)
    cancel_run(work, run)
    record(work, change_set, CANCEL, text)
    if run.state == "cancelled":
        close_change_set(work, change_set, counts=change_set.counts, state=CANCELLED)
    return change_set


def start(
    work: Work, number: int, runs_folder: Path, *, strict: bool | None = None, queue: bool = True
) -> Run:
    """Return the queued run that carries a change set out as it was previewed.

    Refused when it needs an approval that it has not. With `strict` rows that have moved on since
    the preview are left out; None does as the draft says.
    """
    require_permission(work, "products.edit")
    change_set = planned(work.session, number)
    require(change_set, "run")
    if why := approval_missing(work, change_set, runs_folder):
        raise Refused(f"Change set {number} needs approval before it is run. {why} Submit it.")
    assert change_set.preview_id is not None
    plan = Plan(
        change_set=number,
        preview=change_set.preview_id,
        strict=change_set.strict if strict is None else strict,
    )
    parameters = {**drafts.parameters(change_set), "plan": plan.document()}
    run = _queued(work, "bulk", change_set.label, parameters, queue=queue)
    record(work, change_set, "run")
    change_set.run_id = run.id
    work.session.flush()
    return run


def approval_missing(work: Work, change_set: ChangeSet, runs_folder: Path) -> str | None:
    """Return why a change set must be approved before it is run, None if it may be run as it is."""
    if change_set.state == APPROVED or change_set.preview_id is None:
        return None
    unticked = ticking.unticked(work.session, change_set.id)
    counts = reach.of_preview(work.session, runs_folder / str(change_set.preview_id), unticked)
    return needs_approval(work.session, change_set, counts.reached)


def _queued(work: Work, kind: str, label: str, parameters: dict[str, Any], *, queue: bool) -> Run:
    run = Run(kind=kind, label=label, state="queued", author_id=work.actor, parameters=parameters)
    work.session.add(run)
    work.session.flush()
    if queue:
        defer(work.session, task=kind, run_id=run.id)
    return run


def _called(change_set: ChangeSet) -> str:
    return change_set.label or f"change set {change_set.id}"
