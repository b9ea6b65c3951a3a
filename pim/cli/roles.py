"""`pim role`: what roles may do, and what they may not do alone."""

from __future__ import annotations

from typing import Any

import click
from sqlalchemy.orm import Session

from pim.access.limits import approval_above, set_approval_above
from pim.access.roles import ROLES
from pim.cli.context import Cli, pass_cli

NEVER = "never"


def register(group: click.Group) -> None:
    """Add the commands of this noun."""
    group.add_command(role)


@click.group()
def role() -> None:
    """Show roles and say which bulk edits need approval."""


@role.command("list")
@pass_cli
def list_(cli: Cli) -> None:
    """List roles with what they may do."""
    with cli.work() as work:
        found = [_document(work.session, code) for code in ROLES]
    cli.answer_lines(found, _line)


@role.command("set")
@click.argument("code")
@click.option(
    "--approval-above",
    required=True,
    help="Bulk edits over so many products need a second person's approval; or: never.",
)
@pass_cli
def set_(cli: Cli, code: str, approval_above: str) -> None:
    """Say which bulk edits of a role need approval."""
    with cli.work() as work:
        set_approval_above(work, code, _number(approval_above))
        found = _document(work.session, code)
    cli.answer(found, lambda: cli.out.print(_line(found), markup=False))


def _number(given: str) -> int | None:
    if given == NEVER:
        return None
    try:
        return int(given)
    except ValueError as error:
        raise click.BadParameter(f"{given} is no number of products, nor {NEVER}.") from error


def _document(session: Session, code: str) -> dict[str, Any]:
    known = ROLES[code]
    return {
        "role": code,
        "label": known.label,
        "actions": sorted(known.actions),
        "approval_above": approval_above(session, code),
    }


def _line(found: dict[str, Any]) -> str:
    above = found["approval_above"]
    rule = f"bulk edits over {above:,} products need approval" if above is not None else "no limits"
    return f"{found['role']} ({rule}): {', '.join(found['actions'])}"
