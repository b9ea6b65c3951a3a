"""`pim db`: bring the database up to date."""

from __future__ import annotations

import click

from pim.cli.context import Cli, pass_cli


def register(group: click.Group) -> None:
    """Add the commands of this noun."""
    group.add_command(db)


@click.group()
def db() -> None:
    """Look after the database."""


@db.command()
@pass_cli
def upgrade(cli: Cli) -> None:
    """Create or upgrade the database, and seed units, currencies and locales."""
    with cli.engine(older=True):
        cli.answer({"upgraded": True}, lambda: cli.out.print("The database is up to date."))
