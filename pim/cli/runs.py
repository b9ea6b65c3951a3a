"""`pim run`: follow, cancel and resume long work."""

from __future__ import annotations

import sys
from typing import Any

import click

from pim.cli.context import Cli, pass_cli
from pim.db import runs
from pim.db.queue import cancel_run
from pim.db.unit_of_work import unit_of_work
from pim.editing.interruptions import settle
from pim.errors import Refused
from pim.jobs.context import JobContext
from pim.jobs.tasks import go_on
from pim.jobs.watch import Watch


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
        settle(work)
        found = [_document(each) for each in runs.recent_runs(work.session)]
    cli.answer_lines(found, _line)


@run.command()
@click.argument("number", type=int)
@pass_cli
def show(cli: Cli, number: int) -> None:
    """Show one run."""
    with cli.work() as work:
        settle(work)
        found = _document(runs.find_run(work.session, number))
    cli.answer(found, lambda: cli.out.print(_line(found), markup=False))


@run.command()
@click.argument("number", type=int)
@pass_cli
def cancel(cli: Cli, number: int) -> None:
    """Ask a run to stop after its chunk."""
    with cli.work() as work:
        settle(work)
        found = runs.find_run(work.session, number)
        if found.state not in {"queued", "running", "interrupted"}:
            raise Refused(f"Run {number} is {found.state}: there is nothing to cancel.")
        cancel_run(work, found)
        state = found.state
    answer = {"id": number, "state": state, "cancel_requested": True}
    told = "is cancelled" if state == "cancelled" else "stops after its chunk"
    cli.answer(answer, lambda: cli.out.print(f"Run {number} {told}."))


@run.command()
@click.argument("number", type=int)
@pass_cli
def resume(cli: Cli, number: int) -> None:
    """Go on with a run that stopped before its end, from what it has committed."""
    with cli.engine() as engine, cli.progress("Resuming") as advance:
        with unit_of_work(engine) as work:
            settle(work)
        url = engine.url.render_as_string(hide_password=False)
        context = JobContext(cli.settings, url)
        try:
            ended = go_on(context, number, Watch(engine, number, show=advance))
        finally:
            context.engine.dispose()
    cli.answer(ended.result, lambda: cli.out.print(f"Run {number} is {ended.state}."))
    sys.exit(1 if ended.state == "held" else 0)
