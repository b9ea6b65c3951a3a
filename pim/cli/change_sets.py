"""`pim change-set`: drafts, previews, approval and runs of bulk edits."""

from __future__ import annotations

import sys
from typing import Any

import click

from pim.cli.context import Cli, counts_line, pass_cli
from pim.db.unit_of_work import unit_of_work
from pim.domain.change_sets import STATES, UNDONE
from pim.editing.change_sets import service, showing
from pim.editing.change_sets.pages import MOST, PAGE, Filter
from pim.editing.interruptions import settle
from pim.editing.shown import OUTCOMES
from pim.errors import Refused
from pim.jobs.context import JobContext
from pim.jobs.tasks import go_on
from pim.jobs.watch import Watch
from pim.products.change_sets import find_change_set
from pim.products.reverting.kept import kept_cells

as_user = click.option("--user", help="Who does this: an e-mail address; else the system.")
number_of = click.argument("number", type=int)


def register(group: click.Group) -> None:
    """Add the commands of this noun."""
    group.add_command(change_set)


@click.group("change-set")
def change_set() -> None:
    """Draft, preview, approve, run and cancel bulk edits."""


@change_set.command("list")
@click.option("--state", type=click.Choice(list(STATES)), help="Only those in this state.")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True)
@pass_cli
def list_(cli: Cli, state: str | None, limit: int) -> None:
    """List change sets, the newest first."""
    with cli.work() as work:
        settle(work)
        found = showing.recent(work.session, state=state, limit=limit)
    cli.answer_lines(found, _line)


@change_set.command()
@number_of
@pass_cli
def show(cli: Cli, number: int) -> None:
    """Show a change set: its documents, counts, progress, and what people did and said."""
    with cli.work() as work:
        settle(work)
        found = showing.document(work, number, cli.settings.runs)
    cli.answer(found, lambda: _show(cli, found))


@change_set.command()
@number_of
@click.option("--attribute", help="Only cells of this attribute.")
@click.option("--outcome", type=click.Choice(OUTCOMES), help="Only cells of this outcome.")
@click.option("--identifier", help="Only rows whose identifier has this in it.")
@click.option("--page", "page_number", type=click.IntRange(1), default=1, show_default=True)
@click.option("--size", type=click.IntRange(1, MOST), default=PAGE, show_default=True)
@click.option("--again", is_flag=True, help="Preview anew, although it was previewed.")
@as_user
@pass_cli
def preview(
    cli: Cli,
    /,
    number: int,
    *,
    page_number: int,
    size: int,
    again: bool,
    user: str | None,
    **which: Any,
) -> None:
    """Show every cell before and after, previewing first if that was not done."""
    wanted = Filter(**which)
    with cli.acting(user) as work:
        settle(work)
        run = None
        if again or not showing.is_previewed(work.session, number):
            run = service.ask_for_preview(work, number, queue=False).id
    if run:
        _carry_out(cli, run, "Previewing")
    with cli.work() as work:
        found = showing.preview(
            work.session, number, cli.settings.runs, wanted, page=page_number, size=size
        )
    cli.answer(found, lambda: _show_cells(cli, found))


@change_set.command()
@number_of
@click.argument("identifiers", nargs=-1)
@click.option("--field", "fields", multiple=True, help="Only this column, such as name-en_GB.")
@click.option("--attribute", help="Cells of this attribute.")
@click.option("--outcome", type=click.Choice(OUTCOMES), help="Cells of this outcome.")
@as_user
@pass_cli
def untick(
    cli: Cli, /, number: int, identifiers: tuple[str, ...], user: str | None, **which: Any
) -> None:
    """Leave rows or single cells of the preview out of the run."""
    _choose(cli, number, Filter(identifiers=identifiers, **which), user, ticked=False)


@change_set.command()
@number_of
@click.argument("identifiers", nargs=-1)
@click.option("--field", "fields", multiple=True, help="Only this column, such as name-en_GB.")
@click.option("--attribute", help="Cells of this attribute.")
@click.option("--outcome", type=click.Choice(OUTCOMES), help="Cells of this outcome.")
@as_user
@pass_cli
def tick(
    cli: Cli, /, number: int, identifiers: tuple[str, ...], user: str | None, **which: Any
) -> None:
    """Take rows or cells back in that were left out."""
    _choose(cli, number, Filter(identifiers=identifiers, **which), user, ticked=True)


def _choose(cli: Cli, number: int, which: Filter, user: str | None, *, ticked: bool) -> None:
    if which == Filter():
        raise click.UsageError("Name identifiers, --field, --attribute or --outcome.")
    with cli.acting(user) as work:
        counts = service.choose(work, number, cli.settings.runs, which, ticked=ticked)
        found = {
            "change_set": number,
            **counts,
            "counts": showing.counts(work.session, number, cli.settings.runs),
        }
    done = "taken in" if ticked else "left out"
    cli.answer(found, lambda: cli.out.print(f"{counts_line(counts, *counts)} {done}."))


def _verb(name: str, words: str, *, required: bool = False) -> None:
    """Add a command that does one thing to a change set, with a comment."""

    @change_set.command(name, help=words)
    @number_of
    @click.option("--comment", "text", default="", required=required, help="What people will read.")
    @as_user
    @pass_cli
    def act(cli: Cli, number: int, text: str, user: str | None) -> None:
        with cli.acting(user) as work:
            settle(work)
            getattr(service, name)(work, number, text)
            found = showing.line(work.session, number)
        cli.answer(found, lambda: cli.out.print(_line(found), markup=False))


_verb("submit", "Ask a second person for approval.")
_verb("approve", "Let somebody else's change set be run.")
_verb("reject", "Send somebody else's change set back, and say why.", required=True)
_verb("withdraw", "Make a draft again of what waits for approval or for its run.")
_verb("cancel", "Give up what was not run; what runs stops after its chunk.")


@change_set.command()
@number_of
@click.argument("text")
@as_user
@pass_cli
def comment(cli: Cli, number: int, text: str, user: str | None) -> None:
    """Say something about a change set."""
    with cli.acting(user) as work:
        service.comment(work, number, text)
        found = showing.line(work.session, number)
    cli.answer(found, lambda: cli.out.print(_line(found), markup=False))


@change_set.command()
@number_of
@click.option("--strict/--not-strict", default=None, help="Leave out what has moved on since.")
@as_user
@pass_cli
def run(cli: Cli, number: int, strict: bool | None, user: str | None) -> None:
    """Carry out a change set as it was previewed."""
    with cli.acting(user) as work:
        settle(work)
        started = service.start(work, number, cli.settings.runs, strict=strict, queue=False).id
    result = _carry_out(cli, started, "Editing")

    def told() -> None:
        names = ("selected", "reached", "written", "changed", "unchanged", "invalid", "left_out")
        cli.out.print(counts_line(result, *names))
        if result["differs"]:
            cli.out.print(f"{result['differs']:,} cells differ from what the preview had shown.")
        cli.out.print(f"pim undo {number} takes it back.")

    cli.answer({**result, "run": started}, told)
    sys.exit(1 if any(result[n] for n in ("invalid", "not_permitted", "left_out")) else 0)


@change_set.command()
@number_of
@click.option("--after", type=click.IntRange(0), default=0, help="The `next` of the page before.")
@click.option("--size", type=click.IntRange(1, MOST), default=PAGE, show_default=True)
@pass_cli
def kept(cli: Cli, number: int, after: int, size: int) -> None:
    """Page through the cells that an undo would keep, or has kept, as edited since."""
    with cli.work() as work:
        state = find_change_set(work.session, number).state
        page = kept_cells(work.session, number, after=after, limit=size)
    found = {"change_set": number, "undone": state == UNDONE, **vars(page)}

    def told() -> None:
        for cell in page.cells:
            cli.out.print(
                f"{cell['identifier']} {cell['field']}: {cell['theirs']} (not {cell['ours']})",
                markup=False,
            )
        if page.next:
            cli.out.print(f"More: --after {page.next}")

    cli.answer(found, told)


def _carry_out(cli: Cli, number: int, label: str) -> dict[str, Any]:
    """Carry out a run here and now, and return its result."""
    with cli.engine() as engine, cli.progress(label) as advance:
        context = JobContext(cli.settings, engine.url.render_as_string(hide_password=False))
        try:
            ended = go_on(context, number, Watch(engine, number, show=advance))
        finally:
            context.engine.dispose()
        with unit_of_work(engine) as work:
            settle(work)
    if ended.result is None:
        raise Refused(f"Run {number} is {ended.state}: it has no result.")
    return ended.result


def _line(found: dict[str, Any]) -> str:
    label = f' "{found["label"]}"' if found["label"] else ""
    by = found["author"] or "the system"
    return f"{found['change_set']} {found['kind']}{label} by {by}: {STATES[found['state']]}"


def _show(cli: Cli, found: dict[str, Any]) -> None:
    cli.out.print(_line(found), markup=False)
    if found["counts"]:
        numbers = {n: v for n, v in found["counts"].items() if isinstance(v, int)}
        cli.out.print(counts_line(numbers, *numbers))
    if found["needs_approval"]:
        cli.out.print(found["needs_approval"], markup=False)
    for event in found["events"]:
        said = f": {event['comment']}" if event["comment"] else ""
        by = event["by"] or "the system"
        cli.out.print(f"  {event['at'][:19]} {event['action']} by {by}{said}", markup=False)


def _show_cells(cli: Cli, found: dict[str, Any]) -> None:
    counts = {n: v for n, v in found["counts"].items() if isinstance(v, int)}
    cli.out.print(counts_line(counts, *counts))
    for cell in found["cells"]:
        mark = "x" if cell["ticked"] else " "
        why = f" {cell['reason']} {cell['mend'] or ''}" if cell["reason"] else ""
        cli.out.print(
            f"[{mark}] {cell['identifier']} {cell['field']}: {_data(cell['before'])} -> "
            f"{_data(cell['after'])} ({cell['outcome']}){why}",
            markup=False,
        )
    cli.out.print(f"Page {found['page']} of {found['pages']}, {found['total']:,} cells.")


def _data(value: Any) -> str:
    return "(empty)" if value is None else str(value)
