"""`pim doctor`: look at everything, say what is wrong and how to mend it."""

from __future__ import annotations

import sys
from typing import Final

import click

from pim.cli.context import Cli, pass_cli
from pim.db.embedded import database_url
from pim.db.engine import create_engine

STYLES: Final = {"ok": "green", "warning": "yellow", "error": "bold red"}


def register(group: click.Group) -> None:
    """Add the commands of this noun."""
    group.add_command(doctor)


@click.command()
@click.option("--fix", is_flag=True, help="Mend what can be mended without losing anything.")
@click.option("--quiet", is_flag=True, help="Show warnings and errors only.")
@pass_cli
def doctor(cli: Cli, fix: bool, quiet: bool) -> None:
    """Check settings, database, projection, feeds, media, runs and queue.

    Ends with 0 when all is well, 1 after warnings, 3 after errors.
    """
    from pim.operations.doctor import Finding, examine

    with database_url(cli.settings) as url:
        engine = create_engine(url)
        try:
            report = examine(engine, cli.settings, fix=fix)
        finally:
            engine.dispose()

    def line(finding: Finding) -> None:
        cli.out.print(f"{finding.level:8}", style=STYLES[finding.level], end="")
        cli.out.print(f"{finding.check}: {finding.words}", markup=False)
        if finding.mend:
            cli.out.print(f"{'':8}  {finding.fixed or finding.mend}", markup=False)

    def show() -> None:
        for finding in report.findings:
            if not quiet or finding.level != "ok":
                line(finding)
        cli.out.print(
            f"{report.count('ok')} ok, {report.count('warning')} warnings, "
            f"{report.count('error')} errors."
        )

    cli.answer(report.document(), show)
    sys.exit(report.exit_code)
