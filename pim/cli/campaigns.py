"""`pim campaign`: what is laid over the catalogue from one moment to another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from pim.campaigns import queries
from pim.campaigns.definition import Definition
from pim.campaigns.describing import summary, traced
from pim.campaigns.drops import is_drop
from pim.campaigns.models import CampaignVersion
from pim.cli.campaign_plans import conflicts, import_, show_conflicts, what_if_
from pim.cli.context import Cli, parse_json, parse_moment, pass_cli
from pim.db.unit_of_work import Work, unit_of_work
from pim.domain.local_times import FOLDS
from pim.editing.campaigns.conflicts import Conflicts, find_conflicts
from pim.editing.campaigns.service import (
    Written,
    apply_campaigns,
    copy_campaign,
    delete_campaign,
    read_documents,
    restore_campaign,
    stop_campaign,
)
from pim.errors import Refused
from pim.projection import Projection
from pim.structure.queries import current

Answer = dict[str, Any]


def register(group: click.Group) -> None:
    """Add the commands of this noun."""
    for command in (conflicts, what_if_, import_):
        campaign.add_command(command)
    group.add_command(campaign)


@click.group()
def campaign() -> None:
    """Work with campaigns: values laid over products from one moment to another."""


@campaign.command("list")
@click.option("--from", "start", help="Only those that run at or after this moment (ISO 8601).")
@click.option("--to", "end", help="Only those that run before this moment (ISO 8601).")
@click.option("--channel", help="Only those that concern this channel.")
@pass_cli
def list_(cli: Cli, start: str | None, end: str | None, channel: str | None) -> None:
    """List the campaigns with their state: planned, running, ended or stopped.

    Drops have a list of their own: pim drop list.
    """
    with cli.work() as work:
        now = work.clock()
        found = [v for v in _listed(work, start, end, channel) if not is_drop(v.document)]
        answers = [summary(work.session, each, now) for each in found]
    cli.answer_lines(answers, _line)


def _listed(
    work: Work, start: str | None, end: str | None, channel: str | None
) -> Sequence[CampaignVersion]:
    if start is None and end is None and channel is None:
        return queries.list_campaigns(work.session)
    first = parse_moment(start) if start else queries.ALWAYS[0]
    last = parse_moment(end) if end else queries.ALWAYS[1]
    return queries.between(work.session, first, last, channel=channel)


def _line(answer: Mapping[str, Any]) -> str:
    where = ", ".join(answer["channels"]) or "every channel"
    frozen = "" if answer["live"] else f", {answer['products']:,} products frozen"
    return (
        f"{answer['code']}: {answer['label']}, {answer['state']}, {answer['starts_at']} to "
        f"{answer['ends_at']} {answer['time_zone']}, {where}, priority {answer['priority']}{frozen}"
    )


@campaign.command()
@click.argument("code")
@click.option("--version", "number", type=int, help="As it was in this version.")
@pass_cli
def show(cli: Cli, code: str, number: int | None) -> None:
    """Show a campaign's document, which can be changed and applied again."""
    with cli.work() as work:
        document = queries.find_version(work.session, code, number).document
    cli.json = True
    cli.answer(document, lambda: None)


@campaign.command()
@click.argument("code")
@pass_cli
def history(cli: Cli, code: str) -> None:
    """Show every version of a campaign: who saved it when, and what was changed."""
    with cli.work() as work:
        entries = traced(work.session, queries.versions_of(work.session, code))
    cli.answer_lines(entries, lambda entry: "\n".join(_told(entry)))


def _told(entry: Mapping[str, Any]) -> Iterator[str]:
    author = entry["author"] or "the system"
    yield (
        f"{entry['at']:%Y-%m-%d %H:%M:%S %Z} version {entry['version']} {entry['action']} by "
        f"{author} (change set {entry['change_set']})"
    )
    for change in entry["changes"]:
        yield f"    {change['field']}: {change['before']} -> {change['after']}"


@campaign.command()
@click.argument("file", type=click.Path(exists=True, path_type=Path))
@click.option("--if-version", type=int, help="Refuse unless this is its version now (0: none).")
@click.option("--refuse-conflicts", is_flag=True, help="Save nothing if another has its cells.")
@pass_cli
def apply(cli: Cli, file: Path, if_version: int | None, refuse_conflicts: bool) -> None:
    """Create or change campaigns: FILE holds a document or a list of them, saved as one."""
    given = parse_json(file.read_text(encoding="utf-8"), file.name)
    documents = given if isinstance(given, list) else [given]
    with cli.engine() as engine, unit_of_work(engine) as work:
        projection = Projection.from_settings(cli.settings, engine)
        structure = current(work.session)
        definitions = read_documents(work, documents, structure)
        found = _conflicts(work, projection, definitions)
        if refuse_conflicts and found.cells:
            show_conflicts(cli, found)
            raise Refused(f"{found.cells:,} cells are in conflict, so nothing was saved.")
        written = apply_campaigns(work, projection, documents, structure, expected=if_version)
        answers = [
            {**each, "conflicts": found.of(each["campaign"])} for each in written.documents()
        ]
    _answer(cli, answers if isinstance(given, list) else answers[0], answers)
    if found.cells and not cli.json:
        show_conflicts(cli, found)


def _conflicts(work: Work, projection: Projection, definitions: Sequence[Definition]) -> Conflicts:
    with projection.read_covering() as reading:
        return find_conflicts(
            work.session.connection(), reading, now=work.clock(), definitions=definitions
        )


def _answer(cli: Cli, document: Any, answers: Sequence[Answer]) -> None:
    def show() -> None:
        for each in answers:
            cli.out.print(
                f"{each['campaign']}: {each['status']} (version {each['version']})", markup=False
            )

    cli.answer(document, show)


def _answer_one(cli: Cli, written: Written) -> None:
    answers = written.documents()
    _answer(cli, answers[0], answers)


@campaign.command()
@click.argument("code")
@pass_cli
def stop(cli: Cli, code: str) -> None:
    """End a campaign now; one that has not begun will not begin."""
    with cli.work() as work:
        written = stop_campaign(work, code)
    _answer_one(cli, written)


@campaign.command()
@click.argument("code")
@pass_cli
def delete(cli: Cli, code: str) -> None:
    """Delete a campaign; `pim campaign restore` brings it back."""
    with cli.work() as work:
        written = delete_campaign(work, code)
    _answer_one(cli, written)


@campaign.command()
@click.argument("code")
@click.option("--version", "number", type=int, help="By default the one before.")
@pass_cli
def restore(cli: Cli, code: str, number: int | None) -> None:
    """Take back the last save, or go back to a version: a stopped campaign goes on."""
    with cli.work() as work:
        written = restore_campaign(work, code, number=number)
    _answer_one(cli, written)


@campaign.command()
@click.argument("code")
@click.argument("new")
@click.option("--starts", required=True, help="What its clocks show, such as 2027-12-26T00:00.")
@click.option("--ends", required=True, help="The first moment at which it runs no more.")
@click.option("--label", help="By default that of the original.")
@click.option("--time-zone", help="By default that of the original.")
@click.option("--fold", type=click.Choice(FOLDS), help="Which of two equal times is meant.")
@pass_cli
def copy(
    cli: Cli,
    code: str,
    new: str,
    starts: str,
    ends: str,
    label: str | None,
    time_zone: str | None,
    fold: str | None,
) -> None:
    """Copy a campaign to new dates, under the code NEW."""
    changes = {"label": label, "time_zone": time_zone, "fold": fold}
    with cli.engine() as engine, unit_of_work(engine) as work:
        written = copy_campaign(
            work,
            Projection.from_settings(cli.settings, engine),
            current(work.session),
            code,
            new=new,
            starts_at=starts,
            ends_at=ends,
            changes={name: value for name, value in changes.items() if value is not None},
        )
    _answer_one(cli, written)
