"""`pim feed`: define, publish, compare, release."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click
from sqlalchemy import Engine

from channels.feeds.service import apply_feed, delete_feed, find_feed, list_feeds
from channels.models import Feed, Publication
from channels.publication import review
from channels.publication.explain import explain
from channels.publication.preview import preview_item
from channels.publication.publish import PublishOptions
from channels.publication.together import Done, publish_several
from pim.cli.context import Cli, counts_line, parse_json, parse_moment, pass_cli
from pim.db.unit_of_work import Work, unit_of_work
from pim.errors import PimError
from pim.projection import Projection
from pim.structure.queries import current


def register(group: click.Group) -> None:
    """Add the commands of this noun."""
    group.add_command(feed)


@click.group()
def feed() -> None:
    """Work with feeds."""


@feed.command("list")
@pass_cli
def list_(cli: Cli) -> None:
    """List the feeds with their last publication."""
    with cli.work() as work:
        feeds = [_summary(work, each) for each in list_feeds(work.session)]
    cli.answer_lines(feeds, _line)


def _summary(work: Work, each: Feed) -> dict[str, Any]:
    newest = next(iter(review.publications(work.session, each, limit=1)), None)
    document = each.document
    return {
        "code": each.code,
        "label": each.label,
        "exporter": document["exporter"],
        "channel": document["channel"],
        "locale": document.get("locale"),
        "currency": document.get("currency"),
        "version": each.version,
        "state": newest.state if newest else "never published",
        "items": newest.items if newest else 0,
        "at": newest.at if newest else None,
    }


def _line(summary: dict[str, Any]) -> str:
    return (
        f"{summary['code']}: {summary['label']} ({summary['exporter']}, {summary['channel']}), "
        f"{summary['state']}, {summary['items']:,} items"
    )


@feed.command()
@click.argument("code")
@pass_cli
def show(cli: Cli, code: str) -> None:
    """Show a feed's document."""
    with cli.work() as work:
        document = find_feed(work.session, code).document
    cli.json = True
    cli.answer(document, lambda: None)


@feed.command()
@click.argument("file", type=click.Path(exists=True, path_type=Path))
@pass_cli
def apply(cli: Cli, file: Path) -> None:
    """Create or change a feed from its document."""
    document = parse_json(file.read_text(encoding="utf-8"), file.name)
    with cli.work() as work:
        applied = apply_feed(work, document, current(work.session))
        answer = {
            "feed": applied.feed.code,
            "version": applied.feed.version,
            "status": applied.status,
        }
    cli.answer(answer, lambda: cli.out.print(f"{answer['feed']}: {answer['status']}"))


@feed.command()
@click.argument("code")
@pass_cli
def delete(cli: Cli, code: str) -> None:
    """Delete a feed, its publications and its files."""
    with cli.work() as work:
        delete_feed(work, cli.settings, code)
    cli.answer({"deleted": code}, lambda: cli.out.print(f"{code} is deleted."))


@feed.command()
@click.argument("codes", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Every feed.")
@click.option("--delta", is_flag=True, help="Only what changed since the last publication.")
@click.option("--as-of", help="Publish as of this moment, aside (ISO 8601).")
@click.option("--force", is_flag=True, help="Publish past the guards; needs --reason.")
@click.option("--reason", help="Why the guards are passed.")
@click.option(
    "--processes",
    type=click.IntRange(1),
    help="Feeds that are published side by side; by default as many as there are cores.",
)
@pass_cli
def publish(
    cli: Cli,
    codes: tuple[str, ...],
    everything: bool,
    delta: bool,
    as_of: str | None,
    force: bool,
    reason: str | None,
    processes: int | None,
) -> None:
    """Publish feeds: whole files, or deltas.

    Large feeds are published side by side in processes of their own.
    """
    if not codes and not everything:
        raise click.UsageError("Name feeds, or say --all.")
    options = PublishOptions(
        delta=delta, as_of=parse_moment(as_of) if as_of else None, force=force, reason=reason
    )
    with cli.engine() as engine:
        found = publish_several(
            engine,
            cli.settings,
            Projection.from_settings(cli.settings, engine),
            _codes(engine, codes),
            options,
            processes=processes,
        )
        with unit_of_work(engine) as work:
            answers = [_published(cli, work, each) for each in found]
    cli.answer_lines(answers, publication_line)
    if any(a["state"] == "failed" for a in answers):
        sys.exit(PimError.exit_code)
    sys.exit(1 if any(a["held"] for a in answers) else 0)


def _codes(engine: Engine, codes: tuple[str, ...]) -> list[str]:
    with unit_of_work(engine) as work:
        if codes:
            return [find_feed(work.session, code).code for code in codes]
        return [each.code for each in list_feeds(work.session)]


def _published(cli: Cli, work: Work, done: Done) -> dict[str, Any]:
    if done.publication is None:
        raise PimError(f"{done.feed}: {done.error}")
    record = review.find_publication(
        work.session, find_feed(work.session, done.feed), done.publication
    )
    return publication_answer(cli, done.feed, record)


def publication_answer(cli: Cli, code: str, record: Publication) -> dict[str, Any]:
    """Return the JSON answer for one publication."""
    names = ("items", "added", "changed", "removed", "unchanged", "errors", "warnings")
    return {
        "feed": code,
        "publication": record.id,
        **{name: getattr(record, name) for name in names},
        "state": record.state,
        "held": record.state == "held",
        "reasons": record.reasons,
        "seconds": record.seconds,
        "path": str(review.folder_path(cli.settings, code, record)),
    }


def publication_line(answer: dict[str, Any]) -> str:
    """Return a publication as people read it, with the reasons below if it is held."""
    names = ("items", "added", "changed", "removed", "unchanged", "errors", "warnings")
    reasons = "".join(f"\n  {answer['state']}: {reason}" for reason in answer["reasons"])
    return (
        f"{answer['feed']} #{answer['publication']} {answer['state']}: "
        f"{counts_line(answer, *names)} in {answer['seconds']} s -> {answer['path']}{reasons}"
    )


@feed.command()
@click.argument("code")
@click.option("--item", help="One item's state.")
@pass_cli
def status(cli: Cli, code: str, item: str | None) -> None:
    """Show a feed's publications, or where one item stands."""
    with cli.work() as work:
        found = find_feed(work.session, code)
        if item:
            one = review.item_status(cli.settings, found, item)
            cli.answer(one, lambda: cli.out.print(f"{item}: {one['status']}", markup=False))
            return
        records = review.publications(work.session, found)
        answers = [publication_answer(cli, found.code, record) for record in records]
    cli.answer_lines(answers, publication_line)


@feed.command()
@click.argument("code")
@click.argument("numbers", nargs=-1, type=int)
@pass_cli
def diff(cli: Cli, code: str, numbers: tuple[int, ...]) -> None:
    """Compare two publications (by default the last two)."""
    if len(numbers) not in {0, 2}:
        raise click.UsageError("Name two publications, or none for the last two.")
    with cli.work() as work:
        found = find_feed(work.session, code)
        old, new = numbers or review.last_two(work.session, found)
        answer = review.difference(cli.settings, found, old, new)

    def show() -> None:
        cli.out.print(counts_line(answer["counts"], "added", "changed", "removed"))
        for sign, key in (("+", "added"), ("-", "removed")):
            for item in answer[key]:
                cli.out.print(f"  {sign} {item}", markup=False)
        for c in answer["changed"]:
            cli.out.print(f"  ~ {c['item']} {c['target']}: {c['old']} -> {c['new']}", markup=False)

    cli.answer(answer, show)


@feed.command()
@click.argument("code")
@click.option("--product", required=True, help="Identifier of a product.")
@pass_cli
def preview(cli: Cli, code: str, product: str) -> None:
    """Show what a feed makes of one product, step by step."""
    with cli.engine() as engine, unit_of_work(engine) as work:
        answer = preview_item(work, cli.projection(engine), find_feed(work.session, code), product)
    cli.json = True
    cli.answer(answer, lambda: None)


@feed.command("explain")
@click.argument("code")
@click.option("--item", required=True, help="Identifier of the item at the destination.")
@click.option("--target", required=True, help="The target, such as title.")
@pass_cli
def explain_(cli: Cli, code: str, item: str, target: str) -> None:
    """Show how one value of an item came about, and whose edit or file it goes back to."""
    with cli.engine() as engine, unit_of_work(engine) as work:
        found = find_feed(work.session, code)
        folder = review.folder_of(cli.settings, found)
        answer = explain(work, cli.projection(engine), folder, found, item=item, target=target)
    cli.json = True
    cli.answer(answer, lambda: None)


@feed.command()
@click.argument("code")
@click.option("--reason", required=True, help="Why it goes out after all.")
@pass_cli
def release(cli: Cli, code: str, reason: str) -> None:
    """Publish a held publication after all."""
    with cli.work() as work:
        found = find_feed(work.session, code)
        record = review.release(work, cli.settings, found, reason=reason)
        answer = publication_answer(cli, found.code, record)
    cli.answer(answer, lambda: cli.out.print(publication_line(answer), markup=False))


@feed.command()
@click.argument("code")
@click.option("--to", type=int, help="The publication to go back to (default: the one before).")
@pass_cli
def rollback(cli: Cli, code: str, to: int | None) -> None:
    """Make an earlier publication current again."""
    with cli.work() as work:
        found = find_feed(work.session, code)
        record = review.roll_back(work, cli.settings, found, to=to)
        answer = publication_answer(cli, found.code, record)
    cli.answer(answer, lambda: cli.out.print(publication_line(answer), markup=False))
