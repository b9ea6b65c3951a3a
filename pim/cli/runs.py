"""`pim run`: follow, cancel and resume long work."""

from __future__ import annotations

from typing import Any

import click

from pim.cli.context import Advance, Cli, pass_cli
from pim.db import runs
from pim.db.unit_of_work import Work, unit_of_work
from pim.editing.bulk import BulkEdit
from pim.editing.ending import close_killed
from pim.errors import Refused
from pim.projection import Projection
from pim.staging.imports import ImportRun
from pim.structure.queries import current


def register(group: click.Group) -> None:
    """Add the commands of this noun."""
    group.add_command(run)


@click.group()
def run() -> None:
    """Follow long work."""


def _document(each: runs.Run) -> dict[str, Any]:
    names = (
        "id", "kind", "label", "state", "stage", "done", "total", "error", "result",
        "created", "started", "heartbeat", "finished",
    )  # fmt: skip
    return {name: getattr(each, name) for name in names}


def _line(each: dict[str, Any]) -> str:
    of = f" of {each['total']:,}" if each["total"] is not None else ""
    error = f": {each['error']}" if each["error"] else ""
    return (
        f"{each['id']} {each['kind']} {each['label']}: {each['state']}, {each['done']:,}{of}{error}"
    )


@run.command("list")
@pass_cli
def list_(cli: Cli) -> None:
    """List the newest runs."""
    with cli.work() as work:
        found = [_document(each) for each in runs.recent_runs(work.session)]
    cli.answer_lines(found, _line)


@run.command()
@click.argument("number", type=int)
@pass_cli
def show(cli: Cli, number: int) -> None:
    """Show one run."""
    with cli.work() as work:
        found = _document(runs.find_run(work.session, number))
    cli.answer(found, lambda: cli.out.print(_line(found), markup=False))


@run.command()
@click.argument("number", type=int)
@pass_cli
def cancel(cli: Cli, number: int) -> None:
    """Ask a run to stop after its chunk."""
    with cli.work() as work:
        found = runs.find_run(work.session, number)
        close_killed(work, found)
        if found.state not in {"queued", "running"}:
            raise Refused(f"Run {number} is {found.state}: there is nothing to cancel.")
        found.cancel_requested = True
    answer = {"id": number, "cancel_requested": True}
    cli.answer(answer, lambda: cli.out.print(f"Run {number} stops after its chunk."))


@run.command()
@click.argument("number", type=int)
@pass_cli
def resume(cli: Cli, number: int) -> None:
    """Go on with an import or a bulk edit that was interrupted, from its last committed chunk."""
    with cli.engine() as engine, unit_of_work(engine) as work, cli.progress("Resuming") as advance:
        found = runs.find_run(work.session, number)
        if found.kind not in _RESUMED or found.state == "done":
            raise Refused(
                f"Run {number} ({found.kind}) is {found.state}: only an unfinished import or bulk "
                "edit is resumed."
            )
        document = _RESUMED[found.kind](cli, work, found, advance)
    cli.answer(document, lambda: cli.out.print(f"Run {number} is done."))


def _import(cli: Cli, work: Work, found: runs.Run, advance: Advance) -> dict[str, Any]:
    again = ImportRun.again(work, cli.settings, found)
    again.progress = advance
    return again.finish().document()


def _bulk(cli: Cli, work: Work, found: runs.Run, advance: Advance) -> dict[str, Any]:
    engine = work.session.get_bind().engine
    return BulkEdit.again(
        work,
        Projection(cli.settings.projection, engine),
        current(work.session),
        found,
        runs_folder=cli.settings.runs,
        progress=advance,
    ).document()


_RESUMED = {"import": _import, "bulk": _bulk}
