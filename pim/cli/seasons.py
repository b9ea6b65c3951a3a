"""`pim season`: seasons as options of an attribute, carried over and archived in one step."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import Any

import click

from channels.facts import projection_of
from pim.cli.context import Cli, counts_line, parse_json, pass_cli
from pim.cli.edits import show_result
from pim.db.unit_of_work import unit_of_work
from pim.domain.structure import Attribute
from pim.editing import seasons
from pim.editing.bulk import BulkEdit
from pim.editing.seasons import Planned, season_attribute
from pim.projection import Projection
from pim.structure.queries import current

attribute_option = click.option("--attribute", help='Whose options are the seasons, else "season".')
dry_run_option = click.option("--dry-run", is_flag=True, help="Count exactly; write nothing.")


def register(group: click.Group) -> None:
    """Add the commands of this noun."""
    group.add_command(season)


@click.group()
def season() -> None:
    """Work with seasons: the options of a select attribute, in their order."""


@season.command("list")
@attribute_option
@pass_cli
def list_(cli: Cli, attribute: str | None) -> None:
    """Count the products of each season: enabled, carried over to a later one, archived."""
    with cli.engine() as engine, unit_of_work(engine) as work:
        known = season_attribute(current(work.session), attribute)
        projection = Projection.from_settings(cli.settings, engine)
        with projection.read_covering() as reading:
            answers = seasons.list_seasons(reading, known)
    cli.answer_lines(answers, _line)


def _line(answer: Mapping[str, Any]) -> str:
    counts = counts_line(answer, "products", "enabled", "carried_over", "archived")
    return f"{answer['season']}: {counts}"


@season.command("carry-over")
@click.argument("earlier", metavar="FROM")
@click.argument("later", metavar="TO")
@click.option("--where", help="Only products of the season that meet this condition (JSON).")
@attribute_option
@dry_run_option
@pass_cli
def carry_over(
    cli: Cli, earlier: str, later: str, where: str | None, attribute: str | None, dry_run: bool
) -> None:
    """Put products of the season FROM into the season TO as well; one change set."""
    chosen = parse_json(where, "--where") if where else None
    _run(cli, attribute, dry_run, lambda a: seasons.carry_over(a, earlier, later, chosen))


@season.command()
@click.argument("code")
@click.option(
    "--keep-carried-over/--with-carried-over",
    default=True,
    help="Leave products enabled that are in a later season as well (the default), or not.",
)
@attribute_option
@dry_run_option
@pass_cli
def archive(
    cli: Cli, code: str, keep_carried_over: bool, attribute: str | None, dry_run: bool
) -> None:
    """Disable the products of the season CODE that are in no later one; one change set."""
    _run(
        cli, attribute, dry_run,
        lambda a: seasons.archive(a, code, keep_carried_over=keep_carried_over),
    )  # fmt: skip


def _run(
    cli: Cli, attribute: str | None, dry_run: bool, plan: Callable[[Attribute], Planned]
) -> None:
    with (
        cli.engine() as engine,
        unit_of_work(engine, dry_run=dry_run) as work,
        cli.progress("Editing") as advance,
    ):
        structure = current(work.session)
        planned = plan(season_attribute(structure, attribute))
        result = BulkEdit(
            work=work,
            projection=projection_of(cli.settings, engine),
            structure=structure,
            where=planned.where,
            do=planned.do,
            label=planned.label,
            progress=advance,
            runs_folder=cli.settings.runs,
            settings=cli.settings,
        ).run()
    cli.answer(result.document(), lambda: show_result(cli, result))
    sys.exit(result.exit_code)
