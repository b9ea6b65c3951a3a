"""Write the page of all commands from the commands: `python -m pim.cli.documentation`."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from pim.cli.main import commands

INTRODUCTION = """\
# Commands

Data live in `PIM_HOME` ([settings](settings.md)). Every command takes `--json`: one JSON document
on standard output, notes and progress on standard error. Exit codes: 0 done, 1 done with rejected
rows or held feeds, 2 wrong usage or a refused document, 3 failed. This page is made from the
commands: `python -m pim.cli.documentation`.
"""


def page(group: click.Group) -> str:
    """Return the page: a section per command with its help, arguments and options."""
    return "\n".join([INTRODUCTION, *_sections(group, "pim")])


def _sections(group: click.Group, name: str) -> Iterator[str]:
    for each in sorted(group.commands):
        command = group.commands[each]
        if isinstance(command, click.Group):
            if command.invoke_without_command:
                yield _section(command, f"{name} {each}")
            yield from _sections(command, f"{name} {each}")
        else:
            yield _section(command, f"{name} {each}")


def _section(command: click.Command, name: str) -> str:
    context = click.Context(command, info_name=name)
    pieces = " ".join(command.collect_usage_pieces(context))
    lines = [f"## `{name}`", "", f"`{name} {pieces}`", "", inspect.cleandoc(command.help or "")]
    options = [row for row in _options(command, context) if not row[0].startswith("--json")]
    if options:
        lines += ["", "| Option | Meaning |", "|---|---|"]
        lines += [f"| `{flags}` | {meaning} |" for flags, meaning in options]
    return "\n".join([*lines, ""])


def _options(command: click.Command, context: click.Context) -> Iterator[tuple[str, str]]:
    for parameter in command.params:
        if isinstance(parameter, click.Option) and (record := parameter.get_help_record(context)):
            flags, meaning = record
            yield flags.replace("|", "\\|"), " ".join(meaning.split()).replace("|", "\\|")


def main(path: Path) -> None:
    """Write the page."""
    path.write_text(page(commands()), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/commands.md"))
