"""`pim backup` and `pim restore`: one file with everything, and the way back."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path

import click

from pim.cli.context import Cli, pass_cli
from pim.db.embedded import database_url
from pim.db.engine import create_engine
from pim.errors import Refused

_FILE = click.Path(path_type=Path)


def register(group: click.Group) -> None:
    """Add the commands of this noun."""
    group.add_command(backup)
    group.add_command(restore)


@click.group(invoke_without_command=True)
@click.option("--out", type=_FILE, help="The file (.tar) or the folder to write.")
@click.option("--without-media", is_flag=True, help="Leave media out: a bucket with versions.")
@click.pass_context
def backup(context: click.Context, out: Path | None, without_media: bool) -> None:
    """Write database, media and published feeds of one moment to a file; work may go on."""
    if context.invoked_subcommand is not None:
        return
    if out is None:
        raise click.UsageError("Name the file to write with --out.")
    from pim.operations.backup import back_up

    cli = context.find_object(Cli)
    assert cli is not None
    with cli.engine() as engine:
        made = back_up(engine, cli.settings, out, with_media=not without_media)
    cli.answer(
        asdict(made),
        lambda: cli.out.print(
            f"{made.path}: {sum(made.rows.values()):,} rows of {len(made.rows)} tables, "
            f"{made.media:,} media files, {len(made.feeds)} feeds, {made.bytes:,} bytes in "
            f"{made.seconds} s.",
            markup=False,
        ),
    )


@backup.command("verify")
@click.argument("file", type=_FILE)
@pass_cli
def verify_(cli: Cli, file: Path) -> None:
    """Read a backup to its end and compare every part with its checksum."""
    from pim.operations.backup import verify

    found = verify(file)
    answer = {"path": str(file), "whole": found.whole, "problems": found.problems}
    known = {name: found.manifest[name] for name in ("at", "polka", "revision", "bytes")}

    def show() -> None:
        cli.out.print("\n".join(found.problems) or f"{file} is whole: {known}", markup=False)

    cli.answer({**answer, **known}, show)
    sys.exit(0 if found.whole else 3)


@click.command()
@click.argument("file", type=_FILE)
@click.option("--replace", is_flag=True, help="Write over what is there; asks once more.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@pass_cli
def restore(cli: Cli, file: Path, replace: bool, yes: bool) -> None:
    """Bring a backup back into an empty home and database, after checking it."""
    from pim.operations.backup import restore as bring_back

    if replace and not yes:
        _confirm(cli)
    with (
        database_url(cli.settings) as url,
        cli.progress("Restoring") as advance,
    ):
        engine = create_engine(url)
        try:
            done = bring_back(engine, cli.settings, file, replace=replace, progress=advance)
        finally:
            engine.dispose()
    cli.answer(
        asdict(done),
        lambda: cli.out.print(
            f"Everything is as it was at {done.at}: {sum(done.rows.values()):,} rows, "
            f"{done.media:,} media files, {done.seconds} s.",
            markup=False,
        ),
    )


def _confirm(cli: Cli) -> None:
    name = cli.settings.home.name
    given = click.prompt(
        f"Everything in {cli.settings.home} and its database will be lost. Type {name} to go on",
        err=True,
    )
    if given != name:
        raise Refused("Nothing was changed.")
