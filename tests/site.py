"""A site to look at: the demo catalogue, a feed, three people, one application."""

from __future__ import annotations

import contextlib
import csv
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image

from channels.feeds.service import apply_feed
from pim.access.service import create_user
from pim.app import create_app
from pim.db.engine import create_engine
from pim.db.unit_of_work import unit_of_work
from pim.demo.build import write
from pim.demo.feeds import feed_documents
from pim.jobs.context import JobContext
from pim.jobs.tasks import carry_out
from pim.settings import Settings
from pim.staging.imports import ImportOptions, ImportRun
from pim.structure.queries import current
from pim.structure.seeds import seed
from tests.postgres import Server

PASSWORD = "seven brown paper boxes"
ROLES = ("administrator", "editor", "viewer")


class Client(FlaskClient):
    """A browser that reads every answer to its end, so that no file stays open."""

    def open(self, *arguments: Any, **options: Any) -> Any:
        """Send a request."""
        return super().open(*arguments, **{"buffered": True, **options})


@dataclass(frozen=True)
class Site:
    """An application over the demo catalogue."""

    app: Flask
    settings: Settings
    engine: sa.Engine

    def client(self, role: str = "administrator") -> FlaskClient:
        """Return a browser in which a person of a role has signed in."""
        client = self.app.test_client()
        answer = client.post("/sign-in", data={"email": email(role), "password": PASSWORD})
        assert answer.status_code == 303, answer.get_data(as_text=True)
        return client

    def work_off(self, run_id: int) -> None:
        """Carry out a queued run as a worker would."""
        assert self.settings.database_url
        context = JobContext(self.settings, self.settings.database_url)
        with self.engine.connect() as connection:
            task = connection.scalar(
                sa.text(
                    "SELECT task_name FROM procrastinate_jobs WHERE (args->>'run_id')::int = :run"
                ),
                {"run": run_id},
            )
        assert task, "The run is not in the queue."
        try:
            carry_out(context, task, run_id)
        finally:
            context.projection.close()
            context.engine.dispose()

    def one(self, query: str, **values: object) -> object:
        """Return a single value from the database."""
        with self.engine.connect() as connection:
            return connection.scalar(sa.text(query), values)


def email(role: str) -> str:
    """Return the address of the person with a role."""
    return f"{role}@example.com"


@contextlib.contextmanager
def open_site(server: Server, *, empty: bool = False) -> Iterator[Site]:
    """Yield a site with a database of its own; an empty one has people and seeds only."""
    with server.database() as url, tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        settings = Settings(home=home, database_url=url, secret_key="only-for-tests")
        engine = create_engine(url)
        _start(engine)
        if not empty:
            _fill(engine, settings, home / "demo")
        app = create_app(settings, url)
        app.test_client_class = Client
        app.config.update(TESTING=False, WTF_CSRF_ENABLED=False)
        yield Site(app, settings, engine)
        parts = app.extensions["polka"]
        parts.projection.close()
        parts.engine.dispose()
        engine.dispose()


def _start(engine: sa.Engine) -> None:
    with unit_of_work(engine) as work:
        seed(work)
        for role in ROLES:
            create_user(work, email=email(role), password=PASSWORD, role=role, name=role.title())


def _fill(engine: sa.Engine, settings: Settings, folder: Path) -> None:
    write(folder, pictures=False)
    _draw(folder)
    with unit_of_work(engine) as work:
        ImportRun.begin(work, settings, [folder], ImportOptions()).finish()
    with unit_of_work(engine) as work:
        for document in feed_documents()[:2]:
            apply_feed(work, document, current(work.session))


def _draw(folder: Path) -> None:
    """Give every product the same plain picture: drawing shoes takes longer than the tests."""
    plain = folder / "plain.png"
    Image.new("RGB", (320, 240), "darkolivegreen").save(plain)
    for name in ("products.csv", "product_models.csv"):
        with (folder / name).open(encoding="utf-8", newline="") as file:
            paths = {row["picture"] for row in csv.DictReader(file, delimiter=";")}
        for path in filter(None, paths):
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).hardlink_to(plain)
