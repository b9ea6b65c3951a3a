"""`pim history`: what happened to a product, and how long that is kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from pim.cli.context import Cli, parse_moment, pass_cli
from pim.cli.past import restore
from pim.products.change_sets import find_change_set
from pim.products.documents import flatten
from pim.products.history import HistoryEntry, document_at, find_ever, product_history
from pim.products.past.places import find_place
from pim.products.past.timeline import cell_history
from pim.products.past.touched import KINDS, change_set_history, structure_history
from pim.structure.queries import current

DONE = {"create": "created", "update": "changed", "delete": "deleted"}


class OrShow(click.Group):
    """A group whose first word is a command, or the name of what is to be shown."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Take a word that is no command for the argument of `show`."""
        if args and args[0] not in self.commands:
            args = ["show", *args]
        return super().resolve_command(ctx, args)


def register(group: click.Group) -> None:
    """Add the commands of this noun."""
    history.add_command(restore)
    group.add_command(history)


@click.group(cls=OrShow)
def history() -> None:
    """Show history, and remove what is old: `pim history IDENTIFIER` is short for `show`."""


@history.command()
@click.argument("identifier")
@click.option("--field", help="Only this attribute or column.")
@click.option("--as-of", help="Show the product as it was at this moment (ISO 8601).")
@click.option("--author", help="Only what this person (an e-mail) changed.")
@click.option("--kind", help="Only change sets of this kind: import, bulk, edit, undo, restore ...")
@click.option("--limit", default=50, type=click.IntRange(1), help="At most so many change sets.")
@click.option("--before", type=int, help="Only older ones than this change set: the next page.")
@pass_cli
def show(
    cli: Cli,
    identifier: str,
    field: str | None,
    as_of: str | None,
    author: str | None,
    kind: str | None,
    limit: int,
    before: int | None,
) -> None:
    """Show who changed a product or model, and what."""
    with cli.work() as work:
        entity = find_ever(work.session, identifier)
        if as_of:
            document = document_at(work.session, entity, parse_moment(as_of))
            flat = flatten(document) if document else None
            cli.answer(flat, lambda: _show_flat(cli, flat))
            return
        entries = product_history(
            work.session,
            entity.id,
            current(work.session),
            field=field,
            author=author,
            kind=kind,
            limit=limit,
            before=before,
        )

    def told() -> None:
        for line in _lines(entries):
            cli.out.print(line, markup=False)

    cli.answer([entry.document() for entry in entries], told)


@history.command()
@click.argument("identifier")
@click.option("--field", required=True, help="An attribute or column, such as price-EUR.")
@click.option("--scope", help="The channel of the value.")
@click.option("--locale", help="The locale of the value.")
@click.option("--limit", default=50, type=click.IntRange(1), help="At most so many changes.")
@pass_cli
def cell(
    cli: Cli, identifier: str, field: str, scope: str | None, locale: str | None, limit: int
) -> None:
    """Show what one value was over time, with what it inherited."""
    with cli.work() as work:
        structure = current(work.session)
        entity = find_ever(work.session, identifier)
        place = find_place(structure, field, scope=scope, locale=locale)
        events = cell_history(work.session, structure, entity, place, limit=limit)
    cli.answer_lines([event.document() for event in events], _event)


@history.command("change-set")
@click.argument("number", type=int)
@click.option("--field", help="Only this attribute or column.")
@click.option("--kind", type=click.Choice(sorted(KINDS)), help="Only products, or only models.")
@click.option("--limit", default=50, type=click.IntRange(1), help="At most so many products.")
@click.option("--after", default=0, help="Only those behind this id: the next page.")
@pass_cli
def change_set(
    cli: Cli, number: int, field: str | None, kind: str | None, limit: int, after: int
) -> None:
    """Show what a change set did, product by product."""
    with cli.work() as work:
        find_change_set(work.session, number)
        found = change_set_history(
            work.session,
            current(work.session),
            number,
            field=field,
            kind=kind,
            limit=limit,
            after=after,
        )
    cli.answer_lines([each.document() for each in found], _touched)


@history.command()
@click.option("--subject", help="Only this kind of thing: attribute, option, family, category ...")
@click.option("--limit", default=50, type=click.IntRange(1), help="At most so many changes.")
@pass_cli
def structure(cli: Cli, subject: str | None, limit: int) -> None:
    """Show what was changed of the structure, and by whom."""
    with cli.work() as work:
        found = structure_history(work.session, current(work.session), subject=subject, limit=limit)
    cli.answer_lines([change.document() for change in found], _changed)


@history.command()
@click.option("--older-than", required=True, help="An age such as 2y, 18m or 400d.")
@click.option("--dry-run", is_flag=True, help="Only count what would be removed.")
@pass_cli
def prune(cli: Cli, older_than: str, dry_run: bool) -> None:
    """Remove the history of change sets that ended so long ago; they cannot be undone then."""
    from pim.operations.ages import parse_age
    from pim.operations.retention import LEAST_HISTORY, prune_history

    age = parse_age(older_than, what="--older-than", least=LEAST_HISTORY)
    before = datetime.now(UTC) - age
    with cli.engine() as engine, cli.progress("Removing") as advance:
        pruned = prune_history(engine, before=before, dry_run=dry_run, progress=advance)
    words = "would be removed" if dry_run else "removed"
    cli.answer(
        pruned.document(),
        lambda: cli.out.print(
            f"{pruned.rows:,} rows of {pruned.change_sets:,} change sets from before "
            f"{before:%Y-%m-%d} {words}."
        ),
    )


def _event(event: Mapping[str, Any]) -> str:
    origin = f"#{event['change_set']} {event['kind']} by {event['author'] or 'the system'}"
    source = f" ({event['by']}, {event['from']})" if event["by"] else ""
    return f"{event['at']} {origin}: {_data(event['old'])} -> {_data(event['new'])}{source}"


def _touched(entry: Mapping[str, Any]) -> str:
    cells = [f"    {c['field']}: {_data(c['old'])} -> {_data(c['new'])}" for c in entry["cells"]]
    return "\n".join([f"{entry['id']} {entry['identifier']} {DONE[entry['action']]}", *cells])


def _changed(change: Mapping[str, Any]) -> str:
    names = ", ".join(change["names"]) or "(all)"
    author = change["author"] or "the system"
    return f"{change['at']} {change['subject']}: {names}, by {author}"


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
