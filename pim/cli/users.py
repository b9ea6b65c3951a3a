"""`pim user`: people who sign in."""

from __future__ import annotations

import sys

import click

from pim.access.service import create_user
from pim.cli.context import Cli, pass_cli


def register(group: click.Group) -> None:
    """Add the commands of this noun."""
    group.add_command(user)


@click.group()
def user() -> None:
    """Manage the people who sign in."""


@user.command()
@click.argument("email")
@click.option("--role", required=True, help="administrator, approver, editor or viewer.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@pass_cli
def create(cli: Cli, email: str, role: str, password_stdin: bool) -> None:
    """Create a person with a role."""
    password = (
        sys.stdin.readline().rstrip("\n")
        if password_stdin
        else click.prompt("Password", hide_input=True, confirmation_prompt=True)
    )
    with cli.work() as work:
        created = create_user(work, email=email, role=role, password=password)
        answer = {"email": created.email, "role": created.role}
    cli.answer(answer, lambda: cli.out.print(f"{answer['email']} may sign in as {answer['role']}."))
