"""`pim campaign conflicts`, `what-if` and `import`: what a campaign means, and from a sheet."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from pim.campaigns import queries
from pim.campaigns.sheets import sheets_of
from pim.cli.context import Cli, counts_line, parse_json, pass_cli
from pim.db.unit_of_work import unit_of_work
from pim.domain.attribute_types import CellFormat
from pim.domain.local_times import FOLDS
from pim.editing.campaigns.claims import Claims
from pim.editing.campaigns.conflicts import Conflicts, find_conflicts
from pim.editing.campaigns.service import read_documents
from pim.editing.campaigns.what_if import COUNTS, what_if
from pim.projection import Projection
from pim.structure.queries import current


def show_conflicts(cli: Cli, found: Conflicts) -> None:
    """Print which campaigns claim the same cells, and who wins."""
    cli.notes.print(f"{found.cells:,} cells lie in two campaigns at once:")
    for clash in found.clashes:
        cli.notes.print(f"  {_clash_line(clash.document())}", markup=False)


def _clash_line(clash: Mapping[str, Any]) -> str:
    winner, loser = clash["campaigns"]
    return (
        f"{_place(clash)}: {winner} wins over {loser} on {clash['cells']:,} products, "
        f"{clash['from']:%Y-%m-%d %H:%M} to {clash['until']:%Y-%m-%d %H:%M} UTC in "
        f"{', '.join(clash['channels'])}"
    )


def _place(address: Mapping[str, Any]) -> str:
    parts = (address.get(name) for name in ("field", "locale", "scope", "currency"))
    return "-".join(filter(None, parts))


@click.command()
@click.argument("code", required=False)
@click.option("--limit", default=10_000, help="Conflicts that are listed; 0 lists all.")
@click.option("--pairs", "by_pairs", is_flag=True, help="Count by pair of campaigns and field.")
@pass_cli
def conflicts(cli: Cli, code: str | None, limit: int, by_pairs: bool) -> None:
    """List cells that lie in two campaigns at once, with the winner."""
    with cli.engine() as engine, unit_of_work(engine) as work:
        projection = Projection.from_settings(cli.settings, engine)
        among = [queries.find_campaign(work.session, code).code] if code else None
        with projection.read_covering() as reading:
            found = find_conflicts(
                work.session.connection(),
                reading,
                now=work.clock(),
                among=among,
                most=0 if by_pairs else limit or None,
            )
    if by_pairs:
        cli.answer_lines([clash.document() for clash in found.clashes], _clash_line)
        return
    rows = list(found.rows())
    cli.answer_lines(rows, _conflict_line)
    if len(rows) < found.cells:
        cli.notes.print(
            f"{found.cells:,} conflicts in all, {len(rows):,} are listed "
            "(--limit 0 lists all, --pairs counts them)."
        )


def _conflict_line(row: Mapping[str, Any]) -> str:
    winner, loser = row["campaigns"]
    return f"{row['identifier']} {_place(row)}: {winner} wins over {loser}"


@click.command("what-if")
@click.argument("file", type=click.Path(exists=True, path_type=Path))
@pass_cli
def what_if_(cli: Cli, file: Path) -> None:
    """Count what FILE would come to if it were saved: cells, conflicts, feeds. Writes nothing."""
    from channels.campaigns.touching import feeds_touched

    given = parse_json(file.read_text(encoding="utf-8"), file.name)
    documents = given if isinstance(given, list) else [given]
    with cli.engine() as engine, unit_of_work(engine, dry_run=True) as work:
        projection = Projection.from_settings(cli.settings, engine)
        definitions = read_documents(work, documents, current(work.session))
        with projection.read_covering() as reading:
            connection, now = work.session.connection(), work.clock()
            claims = Claims(reading, sheets_of(connection), now)
            planned = [what_if(claims, each, reading.structure) for each in definitions]
            found = find_conflicts(
                connection, reading, now=now, definitions=definitions, claims=claims
            )
            feeds = feeds_touched(work.session, reading, planned, now)
    document = {
        "campaigns": [each.document() for each in planned],
        "conflicts": found.document(),
        "feeds": [each.document() for each in feeds],
    }
    cli.answer(document, lambda: _show_what_if(cli, document))
    if found.cells and not cli.json:
        show_conflicts(cli, found)


def _show_what_if(cli: Cli, document: Mapping[str, Any]) -> None:
    for each in document["campaigns"]:
        cells = counts_line(each["cells"], *COUNTS)
        cli.out.print(
            f"{each['campaign']}: {each['products']:,} products; cells: {cells}", markup=False
        )
        for part in each["fields"]:
            cli.out.print(f"  {_place(part)}: {counts_line(part, *COUNTS)}", markup=False)
            for example in part["examples"]:
                cli.out.print(
                    f"    {example['identifier']}: {example['before']} -> {example['after']}",
                    markup=False,
                )
    for feed in document["feeds"]:
        more = " (its condition asks for what changes)" if feed["selects"] else ""
        cli.out.print(
            f"feed {feed['feed']}: about {feed['items']:,} of {feed['of']:,} items{more}",
            markup=False,
        )


@click.command("import")
@click.argument("code")
@click.argument("file", type=click.Path(exists=True, path_type=Path))
@click.option("--starts", help="What its clocks show, such as 2026-11-27T00:00.")
@click.option("--ends", help="The first moment at which it runs no more.")
@click.option("--time-zone", help="An IANA name such as Europe/London.")
@click.option("--fold", type=click.Choice(FOLDS), help="Which of two equal times is meant.")
@click.option("--label", help="What people call it.")
@click.option("--channel", "channels", multiple=True, help="Only these channels; may be repeated.")
@click.option("--priority", type=int, help="The higher one wins a cell.")
@click.option("--decimal", default=".", help="The sign before decimals, of CSV files.")
@click.option("--dates", default="yyyy-MM-dd", help="How days are written.")
@click.option("--dry-run", is_flag=True, help="Check everything; save nothing.")
@pass_cli
def import_(cli: Cli, /, code: str, file: Path, **options: Any) -> None:
    """Save the campaign CODE from a sheet: an identifier, and columns in the flat format.

    Empty cells lay nothing over. A new campaign needs its dates and time zone; of one that is
    there the cells of earlier sheets are replaced.
    """
    from pim.staging.campaigns.service import import_campaign

    with cli.engine() as engine, unit_of_work(engine, dry_run=options["dry_run"]) as work:
        projection = Projection.from_settings(cli.settings, engine)
        structure = current(work.session)
        imported = import_campaign(
            work,
            projection,
            structure,
            code,
            file,
            changes=_changes(options),
            fmt=CellFormat(decimal=options["decimal"], dates=options["dates"]),
        )
        definitions = read_documents(work, [imported.document], structure)
        with projection.read_covering() as reading:
            found = find_conflicts(
                work.session.connection(), reading, now=work.clock(), definitions=definitions
            )
    answer = {**imported.answer(), "conflicts": found.document()}
    cli.answer(answer, lambda: _show_import(cli, answer))
    if found.cells and not cli.json:
        show_conflicts(cli, found)
    sys.exit(1 if answer["rejected"] else 0)


def _changes(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the members of a document that options give."""
    given = {
        "starts_at": options["starts"],
        "ends_at": options["ends"],
        "time_zone": options["time_zone"],
        "fold": options["fold"],
        "label": options["label"],
        "channels": list(options["channels"]) or None,
        "priority": options["priority"],
    }
    return {name: value for name, value in given.items() if value is not None}


def _show_import(cli: Cli, answer: Mapping[str, Any]) -> None:
    names = ("rows", "accepted", "rejected", "products", "cells")
    cli.out.print(
        f"{answer['campaign']}: {answer['status']}; {counts_line(answer, *names)}", markup=False
    )
    for each in answer["violations"]:
        cli.out.print(
            f"  Row {each['row']}, column {each['column']}: {each['message']} {each['mend']}",
            markup=False,
        )
