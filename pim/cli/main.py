"""The group of all commands, and how errors become exit codes."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

import click
from rich.console import Console

from pim import logs
from pim.cli.context import Cli
from pim.db.troubles import told
from pim.errors import PimError, Refused
from pim.settings import Settings

FAILED = 3
#: Commands that run until they are told to stop; machines read what they log.
SERVICES = frozenset({"serve", "worker"})
#: The modules of the commands, a noun each, in the order in which help lists them.
NOUNS = (
    "database", "imports", "exports", "bulk", "bins", "media", "change_sets", "campaigns", "drops",
    "seasons", "rules", "history", "past", "feeds", "runs", "serve", "users", "roles", "demo",
    "generate", "backup", "doctor", "storage",
)  # fmt: skip


class Commands(click.Group):
    """A group that gives `--json` to every command and turns errors into sentences."""

    def add_command(self, cmd: click.Command, name: str | None = None) -> None:
        """Register a command with its common option."""
        _give_json(cmd)
        super().add_command(cmd, name)

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run; errors of the programme end with exit code 3, refusals with 2.

        So do a database that is gone and a full disk, in a sentence; what nobody knows is raised.
        """
        try:
            return super().main(*args, **kwargs)
        except Exception as error:
            known = told(error, Settings.from_environment())
            if not isinstance(known, PimError):
                raise
            _show(known)
            sys.exit(known.exit_code)


def _give_json(command: click.Command) -> None:
    if isinstance(command, click.Group):
        for each in command.commands.values():
            _give_json(each)
        if not command.invoke_without_command:
            return
    if any(p.name == "as_json" for p in command.params):
        return
    command.params.append(
        click.Option(
            ["--json", "as_json"],
            is_flag=True,
            expose_value=False,
            callback=_remember_json,
            help="Print one JSON document.",
        )
    )


def _remember_json(context: click.Context, _parameter: click.Parameter, value: bool) -> None:
    context.find_object(Cli).json |= value  # type: ignore[union-attr]


def _show(error: PimError) -> None:
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    console.print(str(error), style="bold red", markup=False)
    if isinstance(error, Refused):
        for violation in error.violations:
            place = f"{violation.path}: " if violation.path else ""
            console.print(f"  {place}{violation.text} {violation.mend_text}", markup=False)
    for note in getattr(error, "__notes__", ()):
        console.print(note, markup=False)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="polka-pim", prog_name="Polka")
@click.pass_context
def group(context: click.Context) -> None:
    """Polka: one master catalogue, every channel's feed."""
    settings = Settings.from_environment()
    service = context.invoked_subcommand in SERVICES
    logs.configure(logs.settings_of(service=service), secrets=settings.secrets)
    context.obj = Cli(settings)


def commands() -> click.Group:
    """Return the group of all commands."""
    for noun in NOUNS:
        import_module(f"pim.cli.{noun}").register(group)
    return group


def main() -> None:
    """Run the command line."""
    commands()()
