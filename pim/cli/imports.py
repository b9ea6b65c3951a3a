"""`pim import` and `pim import-profile`."""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import click
import orjson

from pim.cli.context import Cli, counts_line, parse_json, pass_cli
from pim.cli.rules import carry_out
from pim.db.unit_of_work import unit_of_work
from pim.errors import Refused
from pim.staging import profiles
from pim.staging.imports import ImportOptions, ImportResult, ImportRun
from pim.structure.queries import current

ENTITIES = (
    "auto", "products", "product_models", "attributes", "attribute_options", "attribute_groups",
    "families", "family_variants", "categories", "channels", "currencies", "locales",
    "association_types", "groups", "group_types", "measurement_families",
)  # fmt: skip


def register(group: click.Group) -> None:
    """Add the commands of this noun."""
    group.add_command(import_)
    group.add_command(import_profile)


def entity_of(_context: click.Context, _parameter: click.Parameter, value: str) -> str:
    """Return an entity by its plural, or by its singular as people also write it."""
    for known in ENTITIES:
        if value in {known, known.removesuffix("s"), known.removesuffix("ies") + "y"}:
            return known
    raise click.BadParameter(f"{value} is none of {', '.join(ENTITIES)}")


@click.command("import")
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--entity", default="auto", callback=entity_of, help="What the rows are.")
@click.option("--profile", help="Import profile for a foreign sheet.")
@click.option("--dry-run", is_flag=True, help="Predict the counts exactly and write nothing.")
@click.option("--errors", type=click.Path(path_type=Path), help="Where rejected rows go.")
@click.option("--conflicts", type=click.Path(path_type=Path), help="Where conflicts go.")
@click.option(
    "--blank",
    type=click.Choice(["keep", "clear", "refuse"]),
    default=None,
    help="What an empty cell does (default: the profile's word, else keep).",
)
@pass_cli
def import_(cli: Cli, /, paths: tuple[Path, ...], dry_run: bool, **chosen: Any) -> None:
    """Import .csv, .xlsx, .zip with media, or folders of flat files."""
    options = ImportOptions(dry_run=dry_run, **chosen)
    with cli.work(dry_run=dry_run) as work, cli.progress("Importing") as advance:
        run = ImportRun.begin(work, cli.settings, list(paths), options)
        run.progress = advance
        result = run.finish()
    document = result.document()
    if result.rules_run is not None:
        document["rules"] = _follow(cli, result.rules_run)
    cli.answer(document, lambda: _show(cli, result, dry_run=dry_run, rules=document.get("rules")))
    sys.exit(1 if result.counts.rejected or result.counts.conflicts else 0)


def _follow(cli: Cli, run: int) -> list[dict[str, Any]] | None:
    """Carry out the rules that imports start; None if a worker was quicker."""
    with suppress(Refused):
        return list(carry_out(cli, run)["rules"])
    return None


def _show(
    cli: Cli, result: ImportResult, *, dry_run: bool, rules: list[dict[str, Any]] | None = None
) -> None:
    names = ["rows", "created", "updated", "unchanged", "rejected", "warnings"]
    names += ["conflicts"] if result.counts.conflicts else []
    for file, counts in result.files.items():
        cli.out.print(f"{file}: {counts_line(vars(counts), *names)}", markup=False)
    cli.out.print(f"Total: {counts_line(vars(result.counts), *names)}", style="bold")
    for v in result.violations:
        place = f"{v['file']}, row {v['row']}, column {v['column']}"
        cli.out.print(f"  {place}: {v['message']} {v['mend']}", markup=False)
    for c in result.conflict_cells:
        values = f"was {c['base']!r}, is {c['theirs']!r} by now, the file says {c['ours']!r}"
        cli.out.print(f"  {c['identifier']}, {c['field']}: {values}.", markup=False)
    for note in result.notes:
        cli.out.print(note, markup=False)
    if dry_run:
        cli.out.print("This was a dry run: nothing was written.")
    elif result.change_set:
        cli.out.print(f"Change set {result.change_set} (pim undo {result.change_set}).")
    for each in rules or ():
        changed = counts_line(each, "changed", "unchanged", "invalid")
        cli.out.print(f"Rule {each['rule']}: {changed}", markup=False)
    for path in result.error_files:
        cli.out.print(f"Rejected rows: {path}", markup=False)
    for path in result.conflict_files:
        cli.out.print(f"Conflicts: {path}", markup=False)


@click.group("import-profile")
def import_profile() -> None:
    """Say once how a foreign sheet becomes our rows."""


@import_profile.command("list")
@pass_cli
def list_profiles(cli: Cli) -> None:
    """List the profiles."""
    with cli.work() as work:
        codes = [p.code for p in profiles.list_all(work.session)]
    cli.answer(codes, lambda: cli.out.print("\n".join(codes) or "There is no profile yet."))


@import_profile.command("show")
@click.argument("code")
@pass_cli
def show_profile(cli: Cli, code: str) -> None:
    """Show a profile's document."""
    with cli.work() as work:
        document = profiles.find(work.session, code).document
    cli.answer(document, lambda: click.echo(_pretty(document)))


@import_profile.command("apply")
@click.argument("file", type=click.Path(exists=True, path_type=Path))
@pass_cli
def apply_profile(cli: Cli, file: Path) -> None:
    """Create or change a profile from its document."""
    document = parse_json(file.read_text(encoding="utf-8"), file.name)
    with cli.work() as work:
        saved = profiles.save(work, document)
        answer = {"code": saved.code}
    cli.answer(answer, lambda: cli.out.print(f"Profile {answer['code']} is saved."))


@import_profile.command("suggest")
@click.argument("file", type=click.Path(exists=True, path_type=Path))
@pass_cli
def suggest_profile(cli: Cli, file: Path) -> None:
    """Guess a profile from a sheet's headers and values, for a person to correct."""
    with cli.engine() as engine, unit_of_work(engine) as work:
        suggestion = profiles.suggest(file, current(work.session))
    click.echo(_pretty(suggestion.document))
    for guess in suggestion.guesses:
        cli.notes.print(
            f"{guess.header} -> {guess.target or 'ignored'} ({guess.confidence:.0%})", markup=False
        )


def _pretty(document: Any) -> str:
    return orjson.dumps(document, option=orjson.OPT_INDENT_2).decode()
