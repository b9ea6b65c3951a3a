"""`pim export`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from pim.cli.context import Cli, parse_json, parse_moment, pass_cli
from pim.cli.imports import ENTITIES, entity_of
from pim.db.unit_of_work import unit_of_work
from pim.staging.exports import ExportOptions, export
from pim.structure.queries import current


def register(group: click.Group) -> None:
    """Add the commands of this noun."""
    group.add_command(export_)


def _list(_context: click.Context, _parameter: click.Parameter, value: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in value.split(",") if part.strip())


@click.command("export", help=f"Export ENTITY: one of {', '.join(ENTITIES[1:])}.")
@click.argument("entity", callback=entity_of)
@click.option("--out", required=True, type=click.Path(path_type=Path), help="The file to write.")
@click.option("--format", "file_format", type=click.Choice(["csv", "xlsx", "jsonl"]))
@click.option("--where", help="A condition (JSON) for products and models.")
@click.option("--attributes", default="", callback=_list, help="Only these, separated by commas.")
@click.option("--scope", help="Values of this channel and of none.")
@click.option("--locales", default="", callback=_list, help="Only these, separated by commas.")
@click.option("--as-of", help="As products are at this moment, past or to come (ISO 8601).")
@click.option(
    "--effective", is_flag=True, help="With the campaigns that run in the channel of --scope."
)
@click.option(
    "--round-trip",
    is_flag=True,
    help="Let each row tell its version, so that the edited file merges with others' edits.",
)
@pass_cli
def export_(
    cli: Cli, /, entity: str, out: Path, where: str | None, as_of: str | None, **chosen: Any
) -> None:
    """Export an entity in the flat format."""
    options = ExportOptions(
        where=parse_json(where, "--where") if where else None,
        as_of=parse_moment(as_of) if as_of else None,
        **chosen,
    )
    with cli.engine() as engine, unit_of_work(engine) as work:
        rows = export(
            work.session,
            current(work.session),
            cli.projection(engine),
            entity,
            out,
            options,
            now=work.clock(),
        )
    answer = {"entity": entity, "rows": rows, "path": str(out)}
    cli.answer(answer, lambda: cli.out.print(f"{rows:,} rows in {out}", markup=False))
