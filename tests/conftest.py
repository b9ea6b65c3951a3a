"""Fixtures of every room: a PostgreSQL server, fresh databases, sessions that roll back."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings as hypothesis
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from pim.db.engine import create_engine
from pim.db.unit_of_work import Work, unit_of_work
from pim.settings import Settings
from tests import postgres

# A machine with other work must not fail a test of what is right: budgets are the benchmark's.
hypothesis.register_profile("polka", deadline=None)
hypothesis.load_profile("polka")

LOOPBACK = ("127.", "::1", "localhost")


def pytest_configure(config: pytest.Config) -> None:
    """Open the run's folder, in the process that the workers descend from."""
    if not hasattr(config, "workerinput"):
        config.stash[RUN_FOLDER] = postgres.open_folder()
    sys.addaudithook(refuse_the_network)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove the run's folder."""
    if folder := config.stash.get(RUN_FOLDER, None):
        postgres.remove_folder(folder)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what uses the run's server: it may be any PostgreSQL, so these tests are the same."""
    for item in items:
        if "server" in getattr(item, "fixturenames", ()):
            item.add_marker("server")


RUN_FOLDER = pytest.StashKey[Path]()
SHARED = Path(__file__).parents[2] / "shared" / "data"


def refuse_the_network(event: str, arguments: tuple[Any, ...]) -> None:
    """Refuse connections to other machines: tests speak to this one only."""
    if event == "socket.connect":
        address = arguments[1]
        if isinstance(address, tuple) and not str(address[0]).startswith(LOOPBACK):
            message = f"A test tried to reach {address[0]}; tests speak to this machine only."
            raise RuntimeError(message)


@pytest.fixture(scope="session")
def server() -> Iterator[postgres.Server]:
    """Return the run's PostgreSQL server."""
    running = postgres.Server(Path(os.environ[postgres.FOLDER]))
    yield running
    running.close()


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Return the folder of other people's catalogues, or skip; for tests marked `shared`."""
    folder = Path(os.environ.get("PIM_SHARED_DATA") or SHARED)
    if not folder.is_dir():
        pytest.skip(f"{folder} is not there; PIM_SHARED_DATA names the folder of catalogues")
    return folder


@pytest.fixture
def database(server: postgres.Server) -> Iterator[str]:
    """Return the URL of a fresh, migrated database of the test's own."""
    with server.database() as url:
        yield url


@pytest.fixture
def engine(database: str) -> Iterator[Engine]:
    """Return an engine on a fresh database: for what commits, reads the change log or queues."""
    made = create_engine(database)
    yield made
    made.dispose()


@pytest.fixture
def work(engine: Engine) -> Iterator[Work]:
    """Return a unit of work on a fresh database."""
    with unit_of_work(engine) as unit:
        yield unit


@pytest.fixture(scope="session")
def shared_engine(server: postgres.Server) -> Iterator[Engine]:
    """Return an engine on the worker's one database, which stays empty."""
    with server.database() as url:
        made = create_engine(url)
        yield made
        made.dispose()


@pytest.fixture
def session(shared_engine: Engine) -> Iterator[Session]:
    """Return a session whose commits are savepoints of a transaction that is rolled back."""
    with shared_engine.connect() as connection, connection.begin() as outer:
        with Session(bind=connection, join_transaction_mode="create_savepoint") as inside:
            yield inside
        outer.rollback()


@pytest.fixture
def home() -> Iterator[Path]:
    """Return an empty PIM_HOME with a short path, open to the account of root's server."""
    folder = Path(tempfile.mkdtemp(prefix="home-", dir=os.environ[postgres.FOLDER]))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def settings(home: Path, database: str) -> Settings:
    """Return settings with a home and a fresh database."""
    return Settings(home=home, database_url=database, secret_key="only-for-tests")
