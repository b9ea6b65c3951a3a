"""`pim drop`: products that channels do not show before a moment, and how ready they are."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from pim.campaigns import queries
from pim.campaigns.drops import drop_document
from pim.campaigns.models import CampaignVersion
from pim.cli.context import Cli, counts_line, parse_json, pass_cli
from pim.db.unit_of_work import Work, unit_of_work
from pim.editing.campaigns.drops import apply_drops, delete_drop, find_drop, list_drops
from pim.editing.campaigns.service import Written
from pim.projection import Projection
from pim.structure.queries import current


def register(group: click.Group) -> None:
    """Add the commands of this noun."""
    group.add_command(drop)


@click.group()
def drop() -> None:
    """Work with drops: products that channels do not show before a moment."""


@drop.command("list")
@pass_cli
def list_(cli: Cli) -> None:
    """List the drops in order of their moments: withheld or out."""
    with cli.work() as work:
        answers = [_summary(work, each) for each in list_drops(work)]
    cli.answer_lines(answers, _line)


def _summary(work: Work, version: CampaignVersion) -> dict[str, Any]:
    withheld = work.clock() < version.ends_at
    return {
        **drop_document(version),
        "state": "withheld" if withheld else "out",
        "moment": version.ends_at,
        "stopped": version.stopped_at,
        "products": queries.member_count(work.session, version),
        "version": version.version,
    }


def _line(answer: Mapping[str, Any]) -> str:
    where = ", ".join(answer["channels"]) or "every channel"
    frozen = "" if answer["live"] else f", {answer['products']:,} products frozen"
    early = f", ended early at {answer['stopped']:%Y-%m-%d %H:%M} UTC" if answer["stopped"] else ""
    return (
        f"{answer['code']}: {answer['label']}, {answer['state']}, {answer['at']} "
        f"{answer['time_zone']}, {where}{frozen}{early}"
    )


@drop.command()
@click.argument("code")
@pass_cli
def show(cli: Cli, code: str) -> None:
    """Show a drop's document, which can be changed and applied again."""
    with cli.work() as work:
        document = drop_document(find_drop(work, code))
    cli.json = True
    cli.answer(document, lambda: None)


@drop.command()
@click.argument("file", type=click.Path(exists=True, path_type=Path))
@click.option("--if-version", type=int, help="Refuse unless this is its version now (0: none).")
@pass_cli
def apply(cli: Cli, file: Path, if_version: int | None) -> None:
    """Create or change drops: FILE holds a document or a list of them, saved as one."""
    given = parse_json(file.read_text(encoding="utf-8"), file.name)
    documents = given if isinstance(given, list) else [given]
    with cli.engine() as engine, unit_of_work(engine) as work:
        projection = Projection.from_settings(cli.settings, engine)
        structure = current(work.session)
        written = apply_drops(work, projection, documents, structure, expected=if_version)
    _answer(cli, written, several=isinstance(given, list))


@drop.command()
@click.argument("code")
@pass_cli
def delete(cli: Cli, code: str) -> None:
    """Delete a drop, so that its products may be seen; `pim campaign restore` brings it back."""
    with cli.work() as work:
        written = delete_drop(work, code)
    _answer(cli, written, several=False)


def _answer(cli: Cli, written: Written, *, several: bool) -> None:
    answers = [{"drop": each.pop("campaign"), **each} for each in written.documents()]

    def show() -> None:
        for each in answers:
            cli.out.print(
                f"{each['drop']}: {each['status']} (version {each['version']})", markup=False
            )

    cli.answer(answers if several else answers[0], show)


@drop.command()
@click.argument("code")
@click.option("--pictures", multiple=True, help="An attribute that must hold one; repeatable.")
@pass_cli
def readiness(cli: Cli, code: str, pictures: tuple[str, ...]) -> None:
    """Count, for each channel, which products are complete, pictured, priced and translated.

    As the channel will show them at the drop's moment, with the feeds that select them then.
    """
    from channels.campaigns.readiness import readiness as ready

    with cli.engine() as engine, unit_of_work(engine) as work:
        projection = Projection.from_settings(cli.settings, engine)
        found = find_drop(work, code)
        with projection.read_covering() as reading:
            document = ready(work.session, reading, found, work.clock(), pictures=pictures)
    cli.answer(document, lambda: _show(cli, document))


def _show(cli: Cli, document: Mapping[str, Any]) -> None:
    cli.out.print(f"{document['drop']}, as of {document['at']:%Y-%m-%d %H:%M} UTC", markup=False)
    for each in document["channels"]:
        counts = counts_line(each, "products", "complete", "pictured", "priced", "translated")
        cli.out.print(f"{each['channel']}: {counts}", markup=False)
        for feed in each["feeds"]:
            cli.out.print(f"  feed {feed['feed']}: {feed['products']:,} products", markup=False)
        for product in each["lacking"]:
            lacks = ", ".join(product["lacks"])
            cli.out.print(f"  {product['identifier']} lacks {lacks}", markup=False)
