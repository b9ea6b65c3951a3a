"""`pim bulk` and `pim undo`."""

from __future__ import annotations

import sys
from typing import Any, get_args

import click

from channels.facts import projection_of
from pim.cli.context import Cli, parse_json, pass_cli
from pim.cli.edits import show_result
from pim.cli.selecting import chosen_by
from pim.db.unit_of_work import unit_of_work
from pim.editing.bulk import BulkEdit
from pim.editing.campaigns.service import KIND as CAMPAIGN
from pim.editing.campaigns.service import Written, undo_change_set
from pim.editing.change_sets import drafts, showing
from pim.editing.interruptions import settle
from pim.editing.selections.document import Level
from pim.products.change_sets import find_change_set
from pim.products.undo import undo
from pim.structure.queries import current


def register(group: click.Group) -> None:
    """Add the commands of this noun."""
    for command in (bulk, undo_):
        group.add_command(command)


@click.command()
@click.option("--where", help="A condition (JSON).")
@click.option("--ids", help="A file of identifiers in any separators; - reads standard input.")
@click.option("--selection", help="A selection (JSON); the other options add to it.")
@click.option("--exclude", multiple=True, help="Identifiers to leave out; may be repeated.")
@click.option(
    "--level",
    type=click.Choice(get_args(Level)),
    help="What the rows are: all variants of what is chosen, its colourways, or its styles.",
)
@click.option("--do", "do", required=True, help="A list of operations (JSON).")
@click.option("--dry-run", is_flag=True, help="Count exactly what would change; write nothing.")
@click.option("--label", default="", help="What people will see in the history.")
@click.option("--draft", is_flag=True, help="Write nothing: make a draft to preview and approve.")
@click.option("--user", help="Whose draft it is: an e-mail address; else the system's.")
@pass_cli
def bulk(
    cli: Cli, /, do: str, dry_run: bool, label: str, draft: bool, user: str | None, **chosen: Any
) -> None:
    """Change every product that meets a condition, is listed, or is picked."""
    operations = parse_json(do, "--do")
    where, selection = chosen_by(**chosen)
    if draft:
        if dry_run:
            raise click.UsageError("--draft writes nothing, so --dry-run has nothing to add.")
        _draft(cli, user, do=operations, where=where, selection=selection, label=label)
        return
    with (
        cli.engine() as engine,
        unit_of_work(engine, dry_run=dry_run) as work,
        cli.progress("Editing") as advance,
    ):
        edit = BulkEdit(
            work=work,
            projection=projection_of(cli.settings, engine),
            structure=current(work.session),
            where=where,
            do=operations,
            label=label,
            progress=advance,
            runs_folder=cli.settings.runs,
            settings=cli.settings,
            selection=selection,
        )
        result = edit.run()
    cli.answer(result.document(), lambda: show_result(cli, result))
    sys.exit(result.exit_code)


def _draft(cli: Cli, user: str | None, **documents: Any) -> None:
    """Make a draft, and tell its number."""
    with cli.acting(user) as work:
        made = drafts.create(work, current(work.session), **documents)
        found = showing.line(work.session, made.id)
    told = f"Draft {made.id} (pim change-set preview {made.id})."
    cli.answer(found, lambda: cli.out.print(told))


@click.command("undo")
@click.argument("change_set", type=int)
@click.option("--dry-run", is_flag=True, help="Count what would be restored; write nothing.")
@pass_cli
def undo_(cli: Cli, change_set: int, dry_run: bool) -> None:
    """Undo a change set, except for cells that were edited since."""
    with cli.work(dry_run=dry_run) as work, cli.progress("Undoing") as advance:
        settle(work)
        if find_change_set(work.session, change_set).kind == CAMPAIGN:
            _undo_campaigns(cli, undo_change_set(work, change_set), dry_run=dry_run)
            return
        done = 0

        def move(count: int) -> None:
            nonlocal done
            done += count
            advance(done, done, "undo")

        undone = undo(work, change_set, current(work.session), progress=move)
    document = {**vars(undone), "change_set": None if dry_run else undone.change_set}

    def show() -> None:
        cli.out.print(f"{undone.restored:,} restored, {undone.kept:,} kept as edited since")
        for cell in undone.kept_cells:
            cli.out.print(
                f"  {cell['identifier']} {cell['field']}: {cell['theirs']} (not {cell['ours']})",
                markup=False,
            )

    cli.answer(document, show)


def _undo_campaigns(cli: Cli, written: Written, *, dry_run: bool) -> None:
    """Tell which campaigns are as they were before a change set."""
    codes = [each.version.code for each in written.saved]
    document = {
        "change_set": None if dry_run else written.change_set,
        "restored": len(codes),
        "kept": 0,
        "kept_cells": [],
        "campaigns": codes,
    }
    cli.answer(document, lambda: cli.out.print(f"Taken back: {', '.join(codes)}", markup=False))
