"""`pim demo`: a shoe retailer's catalogue, imported, published and ready to look at."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import click
from sqlalchemy import Engine, func, select

from channels.feeds.service import apply_feed, list_feeds
from channels.publication.publish import PublishOptions
from channels.publication.service import publish_feed
from pim.access.models import User
from pim.access.service import create_user
from pim.cli.context import Cli, counts_line, pass_cli
from pim.cli.feeds import publication_answer
from pim.db.unit_of_work import Work, unit_of_work
from pim.demo import build
from pim.demo.feeds import feed_documents
from pim.projection import Projection
from pim.staging.imports import ImportOptions, ImportRun
from pim.structure.queries import current

EMAIL = "demo@example.com"
PASSWORD = "walk-the-shelves"  # noqa: S105 - the demo's own, shown to whoever starts it


def register(group: click.Group) -> None:
    """Add the commands of this noun."""
    group.add_command(demo)


@click.command()
@click.option("--serve/--no-serve", "serving", default=False, help="Serve the pages afterwards.")
@click.option("--port", default=8000, show_default=True)
@pass_cli
def demo(cli: Cli, serving: bool, port: int) -> None:
    """Load the demo catalogue and publish every feed of it."""
    with cli.engine() as engine:
        imported = _load(cli, engine)
        published = _publish(cli, engine)
        with unit_of_work(engine) as work:
            _person(work)
    answer = {"import": imported, "feeds": published, "email": EMAIL, "password": PASSWORD}
    cli.answer(answer, lambda: _show(cli, imported, published))
    if serving:
        from pim.web.server import serve  # Flask is not loaded for other commands

        cli.notes.print(f"http://127.0.0.1:{port} ({EMAIL}, {PASSWORD})", markup=False)
        serve(cli.settings, host="127.0.0.1", port=port, with_worker=True)


def _load(cli: Cli, engine: Engine) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="polka-demo-") as folder:
        files = Path(folder) / "demo"
        build.write(files)
        with unit_of_work(engine) as work, cli.progress("Importing") as advance:
            run = ImportRun.begin(work, cli.settings, [files], ImportOptions())
            run.progress = advance
            return run.finish().document()


def _publish(cli: Cli, engine: Engine) -> list[dict[str, Any]]:
    with unit_of_work(engine) as work:
        structure = current(work.session)
        for document in feed_documents():
            apply_feed(work, document, structure)
        codes = [feed.code for feed in list_feeds(work.session)]
    projection = Projection.from_settings(cli.settings, engine)
    answers = []
    for code in codes:
        with unit_of_work(engine) as work:
            record = publish_feed(work, cli.settings, projection, code, PublishOptions())
            answers.append(publication_answer(cli, code, record))
    return answers


def _person(work: Work) -> None:
    known = select(func.count()).select_from(User).where(func.lower(User.email) == EMAIL)
    if not work.session.scalar(known):
        create_user(work, email=EMAIL, role="administrator", password=PASSWORD)


def _show(cli: Cli, imported: dict[str, Any], published: list[dict[str, Any]]) -> None:
    names = ("rows", "created", "updated", "unchanged", "rejected", "warnings")
    cli.out.print(f"Imported: {counts_line(imported, *names)}")
    for answer in published:
        state = "held" if answer["held"] else answer["state"]
        cli.out.print(
            f"{answer['feed']}: {state}, {answer['items']:,} items, {answer['errors']:,} errors, "
            f"{answer['warnings']:,} warnings -> {answer['path']}",
            markup=False,
        )
    cli.out.print(f"Sign in as {EMAIL} with {PASSWORD}.")
