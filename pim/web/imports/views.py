"""Upload a file, see what it would do, then import it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from pim.db.queue import enqueue_run
from pim.db.runs import Run, find_run, recent_runs
from pim.editing.interruptions import settle
from pim.errors import Refused
from pim.staging import profiles
from pim.staging.entities import ENTITIES
from pim.web import people, state
from pim.web.imports import uploads
from pim.web.rules import allowed
from pim.web.runs import presenting

pages = Blueprint("imports", __name__, url_prefix="/imports")

BLANKS = ("keep", "clear", "refuse")
SHOWN = 20


@pages.get("")
@allowed("imports.run")
def index() -> str:
    """Show the form, and the last imports."""
    session = state.work().session
    settle(state.work())
    runs = recent_runs(session, limit=SHOWN, kind="import")
    return render_template(
        "imports/form.html",
        profiles=profiles.list_all(session),
        entities=ENTITIES,
        runs=runs,
        kinds=presenting.KINDS,
        progress={run.id: presenting.progress(run) for run in runs},
        authors=presenting.authors(session, runs),
    )


@pages.post("")
@allowed("imports.run")
def upload() -> ResponseReturnValue:
    """Take a file in and queue its dry run, or the import itself."""
    path = uploads.keep(state.parts().settings, request.files.get("file"))
    run = _enqueue(path, dry_run="now" not in request.form, asked=request.form)
    return redirect(url_for("runs.show", number=run.id), 303)


@pages.post("/<int:number>/confirm")
@allowed("imports.run")
def confirm(number: int) -> ResponseReturnValue:
    """Import for good what a dry run has looked at."""
    looked = find_run(state.work().session, number)
    if looked.kind != "import" or not looked.parameters.get("dry_run"):
        raise Refused(f"Run {number} is not a dry run.")
    path = uploads.again(state.parts().settings, Path(looked.parameters["paths"][0]))
    run = _enqueue(path, dry_run=False, asked=looked.parameters)
    return redirect(url_for("runs.show", number=run.id), 303)


def _enqueue(path: Path, *, dry_run: bool, asked: Any) -> Run:
    blank, entity = asked.get("blank"), asked.get("entity", "auto")
    parameters = {
        "paths": [str(path)],
        "entity": entity if entity in ENTITIES else "auto",
        "profile": asked.get("profile") or None,
        "blank": blank if blank in BLANKS else "keep",
        "dry_run": dry_run,
    }
    run = enqueue_run(state.work(), kind="import", label=path.name, parameters=parameters)
    person = state.person()
    people.note(f"queued import {run.id} of {path.name}", person.email if person else "")
    return run
