"""The small shoe catalogue: loaded once per worker, copied for every test that asks for it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pim.db.engine import create_engine
from pim.settings import Settings
from tests.factories.catalogue import Catalogue
from tests.postgres import Server


@pytest.fixture(scope="session")
def catalogue_database(
    server: Server, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, str]]:
    """Return the URLs of two databases to copy: the structure alone, and with its products."""
    home, folder = tmp_path_factory.mktemp("home"), tmp_path_factory.mktemp("sheets")
    with server.database() as empty:
        with _opened(empty, home, folder) as catalogue:
            catalogue.open()
        with server.database(like=empty) as stocked:
            with _opened(stocked, home, folder) as catalogue:
                catalogue.stock()
            yield empty, stocked


@pytest.fixture
def shelf(
    server: Server, catalogue_database: tuple[str, str], home: Path, tmp_path: Path
) -> Iterator[Catalogue]:
    """Return a catalogue that has its structure and no products yet."""
    with server.database(like=catalogue_database[0]) as url, _opened(url, home, tmp_path) as made:
        yield made


@pytest.fixture
def catalogue(
    server: Server, catalogue_database: tuple[str, str], home: Path, tmp_path: Path
) -> Iterator[Catalogue]:
    """Return a catalogue of 4 models and 6 products in a database and home of its own."""
    with server.database(like=catalogue_database[1]) as url, _opened(url, home, tmp_path) as made:
        yield made


@contextmanager
def _opened(url: str, home: Path, folder: Path) -> Iterator[Catalogue]:
    engine = create_engine(url)
    settings = Settings(home=home, database_url=url, secret_key="only-for-tests")
    try:
        yield Catalogue(engine, settings, folder / "sheets")
    finally:
        engine.dispose()
