"""`pim why`, and `pim history restore`."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from typing import Any

import click

from pim.cli.context import Cli, parse_moment, pass_cli
from pim.db.unit_of_work import unit_of_work
from pim.editing.why import Question
from pim.editing.why import why as reason_of
from pim.products.history import find_ever
from pim.products.past.places import find_place
from pim.products.past.restoring import restore as put_back
from pim.projection import Projection
from pim.structure.queries import current


def register(group: click.Group) -> None:
    """Add the command that is no part of `pim history`."""
    group.add_command(why)


@click.command()
@click.argument("identifier")
@click.option("--field", required=True, help="An attribute or column, such as price-EUR.")
@click.option("--scope", help="The channel: of the value, and of the campaigns that count.")
@click.option("--locale", help="The locale of the value.")
@click.option("--as-of", help="Tell about this past moment (ISO 8601).")
@pass_cli
def why(
    cli: Cli,
    identifier: str,
    field: str,
    scope: str | None,
    locale: str | None,
    as_of: str | None,
) -> None:
    """Tell why a value is what it is: whose it is, and who wrote it."""
    moment = parse_moment(as_of) if as_of else None
    question = Question(field=field, scope=scope, locale=locale, moment=moment)
    with cli.engine() as engine, unit_of_work(engine) as work:
        told = reason_of(
            work.session,
            Projection.from_settings(cli.settings, engine),
            current(work.session),
            find_ever(work.session, identifier),
            question,
            now=work.clock(),
        )

    def show() -> None:
        for line in _lines(told):
            cli.out.print(line, markup=False)

    cli.answer(told, show)


@click.command()
@click.argument("identifier")
@click.option("--field", help="Only this attribute or column, such as price-EUR.")
@click.option("--scope", help="The channel of the value.")
@click.option("--locale", help="The locale of the value.")
@click.option("--as-of", help="Go back to this moment (ISO 8601).")
@click.option("--before", type=int, help="Go back to what this change set has found.")
@click.option("--dry-run", is_flag=True, help="Tell what would be restored; write nothing.")
@pass_cli
def restore(
    cli: Cli,
    identifier: str,
    field: str | None,
    scope: str | None,
    locale: str | None,
    as_of: str | None,
    before: int | None,
    dry_run: bool,
) -> None:
    """Put back what a product or model was, wholly or in one value."""
    if (as_of is None) == (before is None):
        raise click.UsageError("Say what to go back to: --as-of or --before.")
    with cli.work(dry_run=dry_run) as work:
        structure = current(work.session)
        place = find_place(structure, field, scope=scope, locale=locale) if field else None
        result = put_back(
            work,
            find_ever(work.session, identifier),
            structure,
            place=place,
            moment=parse_moment(as_of) if as_of else None,
            before=before,
        )

    def show() -> None:
        names = ", ".join(result.restored) or "nothing"
        cli.out.print(f"{'Would restore' if dry_run else 'Restored'}: {names}", markup=False)
        for each in result.violations:
            cli.out.print(f"  {each.path}: {each.text} {each.mend_text}", markup=False)
        if result.change_set:
            cli.out.print(f"Change set {result.change_set} (pim undo {result.change_set}).")

    cli.answer(result.document(), show)
    sys.exit(1 if result.violations else 0)


def _lines(told: Mapping[str, Any]) -> Iterator[str]:
    """Yield an answer for people."""
    value = "(empty)" if told["value"] is None else told["value"]
    yield f"{told['identifier']} {told['field']}: {value}"
    if campaign := told["campaign"]:
        yield f"  campaign {campaign['code']}, until {campaign['ends_at']}; base: {told['base']}"
    if told["by"] == "inherited" or (campaign and told["from"] != told["identifier"]):
        yield f"  inherited from {told['from']}"
    if told["change_set"] is None:
        yield "  history tells of nobody who wrote it"
        return
    source = told["import"]
    row = f", {source['file']} row {source['row']}" if source else ""
    undone = f", undoing #{told['undoes']}" if told["undoes"] else ""
    label = f' "{told["label"]}"' if told["label"] else ""
    yield (
        f"  written by {told['author'] or 'the system'} at {told['at']}: "
        f"#{told['change_set']} {told['kind']}{label}{row}{undone}"
    )
