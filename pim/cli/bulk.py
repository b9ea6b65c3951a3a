"""`pim bulk`, `pim undo` and `pim history`."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import click

from pim.cli.context import Cli, counts_line, parse_json, parse_moment, pass_cli
from pim.db.unit_of_work import unit_of_work
from pim.editing.bulk import BulkEdit
from pim.editing.interruptions import settle
from pim.products.documents import flatten
from pim.products.history import HistoryEntry, document_at, find_entity, product_history
from pim.products.undo import undo
from pim.projection import Projection
from pim.structure.queries import current

#: What an entry's action is called.
DONE: Final = {"create": "created", "update": "changed", "delete": "deleted"}


def register(group: click.Group) -> None:
    """Add the commands of this noun."""
    for command in (bulk, undo_, history):
        group.add_command(command)


@click.command()
@click.option("--where", required=True, help="A condition (JSON).")
@click.option("--do", "do", required=True, help="A list of operations (JSON).")
@click.option("--dry-run", is_flag=True, help="Count exactly what would change; write nothing.")
@click.option("--label", default="", help="What people will see in the history.")
@pass_cli
def bulk(cli: Cli, where: str, do: str, dry_run: bool, label: str) -> None:
    """Change every product that meets a condition."""
    condition, operations = parse_json(where, "--where"), parse_json(do, "--do")
    with (
        cli.engine() as engine,
        unit_of_work(engine, dry_run=dry_run) as work,
        cli.progress("Editing") as advance,
    ):
        edit = BulkEdit(
            work=work,
            projection=Projection.from_settings(cli.settings, engine),
            structure=current(work.session),
            where=condition,
            do=operations,
            label=label,
            progress=advance,
            runs_folder=cli.settings.runs,
            settings=cli.settings,
        )
        result = edit.run()

    def show() -> None:
        names = ("selected", "reached", "written", "changed", "unchanged", "invalid")
        cli.out.print(counts_line(vars(result), *names))
        for v in result.violations:
            cli.out.print(f"  {v['identifier'] or ''} {v['message']} {v['mend']}", markup=False)
        if result.change_set:
            cli.out.print(f"Change set {result.change_set} (pim undo {result.change_set}).")

    cli.answer(result.document(), show)
    sys.exit(1 if result.invalid or result.not_permitted else 0)


@click.command("undo")
@click.argument("change_set", type=int)
@click.option("--dry-run", is_flag=True, help="Count what would be restored; write nothing.")
@pass_cli
def undo_(cli: Cli, change_set: int, dry_run: bool) -> None:
    """Undo a change set, except for cells that were edited since."""
    with cli.work(dry_run=dry_run) as work, cli.progress("Undoing") as advance:
        settle(work)
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


@click.command()
@click.argument("identifier")
@click.option("--field", help="Only this attribute or column.")
@click.option("--as-of", help="Show the product as it was at this moment (ISO 8601).")
@pass_cli
def history(cli: Cli, identifier: str, field: str | None, as_of: str | None) -> None:
    """Show who changed a product or model, and what."""
    with cli.work() as work:
        entity = find_entity(work.session, identifier)
        if as_of:
            document = document_at(work.session, entity, parse_moment(as_of))
            flat = flatten(document) if document else None
            cli.answer(flat, lambda: _show_flat(cli, flat))
            return
        entries = product_history(work.session, entity.id, current(work.session), field=field)

    def show() -> None:
        for line in _lines(entries):
            cli.out.print(line, markup=False)

    cli.answer([entry.document() for entry in entries], show)


def _lines(entries: Sequence[HistoryEntry]) -> Iterator[str]:
    """Yield history for people: a line per change set, and below it one per column."""
    if not entries:
        yield "Nothing has been recorded."
    for entry in entries:
        origin = [entry.kind, f'"{entry.label}"' if entry.label else "", "by"]
        if entry.source_file:
            origin.insert(-1, f"({Path(entry.source_file).name}, row {entry.source_row})")
        undone = ", undone since" if entry.state == "undone" else ""
        yield (
            f"{entry.at:%Y-%m-%d %H:%M:%S %Z} #{entry.change_set} {DONE[entry.action]}{undone}: "
            f"{' '.join(filter(None, origin))} {entry.author or 'the system'}"
        )
        for cell in entry.cells:
            yield f"    {cell.field}: {_data(cell.old)} -> {_data(cell.new)}"


def _data(value: Any) -> str:
    return "(empty)" if value is None else str(value)


def _show_flat(cli: Cli, flat: dict[str, Any] | None) -> None:
    if flat is None:
        cli.out.print("It did not exist then.")
        return
    for name, value in flat.items():
        cli.out.print(f"{name}: {value}", markup=False)
