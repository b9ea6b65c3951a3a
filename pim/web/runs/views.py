"""The list of runs, and the page of one while it goes on and afterwards."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue

from pim.db.queue import cancel_run, requeue_run, resumable
from pim.db.runs import KINDS, find_run, recent_runs
from pim.editing.interruptions import settle
from pim.errors import NotFound
from pim.web import people, state
from pim.web.rules import allowed
from pim.web.runs import presenting

pages = Blueprint("runs", __name__, url_prefix="/runs")

SHOWN = 100


@pages.get("")
@allowed("runs.view")
def index() -> str:
    """List the newest runs."""
    kind = request.args.get("kind", "")
    settle(state.work())
    session = state.work().session
    runs = recent_runs(session, limit=SHOWN, kind=kind if kind in KINDS else None)
    return render_template(
        "runs/list.html",
        runs=runs,
        kind=kind,
        kinds=presenting.KINDS,
        progress={run.id: presenting.progress(run) for run in runs},
        authors=presenting.authors(session, runs),
        limit=SHOWN,
    )


@pages.get("/<int:number>")
@allowed("runs.view")
def show(number: int) -> str:
    """Show one run."""
    return _render(number, "runs/run.html")


@pages.get("/<int:number>/progress")
@allowed("runs.view")
def progress(number: int) -> str:
    """Return the part of the page that changes while a run goes on."""
    return _render(number, "runs/_progress.html")


@pages.post("/<int:number>/cancel")
@allowed("runs.cancel")
def cancel(number: int) -> ResponseReturnValue:
    """Ask a run to stop."""
    run = find_run(state.work().session, number)
    cancel_run(state.work(), run)
    people.note(f"cancelled run {number}", _email())
    flash("The run stops at the end of its present step. What it has committed stays.")
    return redirect(url_for("runs.show", number=number), 303)


@pages.post("/<int:number>/resume")
@allowed("runs.cancel")
def resume(number: int) -> ResponseReturnValue:
    """Let a worker go on with a run that stopped before its end."""
    settle(state.work())
    requeue_run(state.work(), find_run(state.work().session, number))
    people.note(f"resumed run {number}", _email())
    flash("The run waits for a worker, which goes on from what it has committed.")
    return redirect(url_for("runs.show", number=number), 303)


@pages.get("/<int:number>/errors/<int:position>")
@allowed("runs.view")
def error_file(number: int, position: int) -> ResponseReturnValue:
    """Download the rows that an import has rejected, with the reasons in one more column."""
    files = presenting.error_files(find_run(state.work().session, number))
    if position >= len(files):
        raise NotFound(f"Run {number} keeps no such file.")
    found = files[position]
    return send_file(found.path, as_attachment=True, download_name=found.name)


def _render(number: int, template: str) -> str:
    settle(state.work())
    session = state.work().session
    run = find_run(session, number)
    return render_template(
        template,
        run=run,
        resumable=resumable(run),
        kinds=presenting.KINDS,
        progress=presenting.progress(run),
        authors=presenting.authors(session, [run]),
        problems=presenting.problems(session, run) if run.kind == "import" else (),
        error_files=presenting.error_files(run),
    )


def _email() -> str:
    person = state.person()
    return person.email if person else ""
