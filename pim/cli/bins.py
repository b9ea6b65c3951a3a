"""`pim bin`: what was deleted, how it comes back, and when it no longer can."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import click

from channels.facts import projection_of
from pim.cli.context import Cli, parse_moment, pass_cli
from pim.cli.edits import show_result
from pim.cli.selecting import read_text
from pim.db.unit_of_work import unit_of_work
from pim.editing.bulk import BulkEdit
from pim.operations.ages import parse_age
from pim.products.bin import Deleted, empty_bin, list_bin
from pim.structure.queries import current

RESTORE: Final = [{"type": "restore"}]


def register(group: click.Group) -> None:
    """Add the commands of this noun."""
    group.add_command(bin_)


@click.group("bin")
def bin_() -> None:
    """What was deleted: it can come back for 30 days."""


@bin_.command("list")
@click.option("--since", help="Only what was deleted since this moment (ISO 8601).")
@click.option("--limit", default=1000, type=click.IntRange(1), help="At most so many entries.")
@pass_cli
def list_(cli: Cli, since: str | None, limit: int) -> None:
    """List what can come back, deleted last first."""
    moment = parse_moment(since) if since else None
    with cli.work() as work:
        entries, count = list_bin(work.session, since=moment, limit=limit)

    def show() -> None:
        for entry in entries:
            cli.out.print(_line(entry), markup=False)
        if count > len(entries):
            cli.out.print(f"... and {count - len(entries):,} more (--limit).")
        if not count:
            cli.out.print("The bin is empty.")

    cli.answer({"count": count, "entries": [entry.document() for entry in entries]}, show)


@bin_.command()
@click.argument("identifiers", nargs=-1)
@click.option("--ids", help="A file of identifiers in any separators; - reads standard input.")
@click.option("--change-set", type=int, help="All that this change set deleted.")
@click.option("--dry-run", is_flag=True, help="Tell what would come back; write nothing.")
@click.option("--label", default="", help="What people will see in the history.")
@pass_cli
def restore(
    cli: Cli,
    identifiers: tuple[str, ...],
    ids: str | None,
    change_set: int | None,
    dry_run: bool,
    label: str,
) -> None:
    """Bring back products and models, with what was deleted below them."""
    with (
        cli.engine() as engine,
        unit_of_work(engine, dry_run=dry_run) as work,
        cli.progress("Restoring") as advance,
    ):
        edit = BulkEdit(
            work=work,
            projection=projection_of(cli.settings, engine),
            structure=current(work.session),
            where={},
            do=RESTORE,
            label=label,
            progress=advance,
            runs_folder=cli.settings.runs,
            settings=cli.settings,
            selection=_chosen(identifiers, ids, change_set),
        )
        result = edit.run()
    cli.answer(result.document(), lambda: show_result(cli, result))
    sys.exit(result.exit_code)


@bin_.command()
@click.option("--older-than", default="30d", help="An age such as 30d, 8w or 1y; 0d is all.")
@pass_cli
def empty(cli: Cli, older_than: str) -> None:
    """Give up what was deleted long ago; history keeps it, and nothing brings it back."""
    age = parse_age(older_than, what="--older-than", least=timedelta(0))
    with cli.engine() as engine:
        emptied = empty_bin(engine, before=datetime.now(UTC) - age)
    cli.answer({"emptied": emptied}, lambda: cli.out.print(f"{emptied:,} emptied from the bin."))


def _chosen(
    identifiers: tuple[str, ...], ids: str | None, change_set: int | None
) -> dict[str, Any]:
    if not identifiers and ids is None and change_set is None:
        raise click.UsageError("Name what shall come back, or say --change-set or --ids.")
    chosen: dict[str, Any] = {"picked": list(identifiers)}
    if ids is not None:
        chosen["identifiers"] = read_text(ids, "--ids")
    if change_set is not None:
        chosen["where"] = {"field": "change_set", "operator": "=", "value": change_set}
    return chosen


def _line(entry: Deleted) -> str:
    below = f" below {entry.parent}" if entry.parent else ""
    label = f' "{entry.label}"' if entry.label else ""
    return (
        f"{entry.at:%Y-%m-%d %H:%M} #{entry.change_set}{label} "
        f"{entry.identifier or entry.id} ({entry.kind.replace('_', ' ')}{below})"
        f" by {entry.author or 'the system'}"
    )
