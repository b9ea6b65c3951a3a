"""The PostgreSQL server of a test run: one for all workers, databases copied from a template.

By default it is an embedded server in a temporary folder; PIM_TEST_DATABASE_URL names another
(a user who may create databases, PostgreSQL 15 or newer).
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
from sqlalchemy import make_url

from pim.db import migrate
from pim.db.embedded import EmbeddedServer, remove_cluster
from pim.db.engine import create_engine
from pim.db.locks import FileLock

FOLDER = "POLKA_TEST_FOLDER"
PREFIX = "polka-tests-"


def open_folder() -> Path:
    """Create the run's folder, which the workers find through the environment.

    Its name carries the process that owns it; what killed runs have left behind is removed.
    """
    for left in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        if not psutil.pid_exists(int(left.name.split("-")[2])):
            remove_folder(left)
    folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-"))
    folder.chmod(0o755)  # root's server runs under another account
    os.environ[FOLDER] = str(folder)
    return folder


def remove_folder(folder: Path) -> None:
    """Stop the folder's server if a killed worker left it running, and delete everything."""
    home = folder / "server"
    if external := os.environ.get("PIM_TEST_DATABASE_URL"):
        _drop_databases(external, _names(folder))
    with contextlib.suppress(Exception):  # another run may be removing the same leftovers
        if (home / "postgres" / "data" / "postmaster.pid").exists():
            with EmbeddedServer(home, fsync=False):
                pass
        remove_cluster(home)
    shutil.rmtree(folder, ignore_errors=True)


def _names(folder: Path) -> str:
    """Return the beginning of the names of a run's databases."""
    return f"polka_{folder.name.split('-')[2]}_"


def _drop_databases(url: str, names: str) -> None:
    """Drop what a run has left on a server that is not its own."""
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as connection:
        found = connection.execute("SELECT datname FROM pg_database").fetchall()
        for (name,) in found:
            if name.startswith(names):
                connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


class Server:
    """A running server; every worker of the run has one object for the same server."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._embedded: EmbeddedServer | None = None
        external = os.environ.get("PIM_TEST_DATABASE_URL")
        if external:
            self._url = make_url(external).set(drivername="postgresql+psycopg")
        else:
            self._embedded = EmbeddedServer(folder / "server", fsync=False, memory="128MB")
            self._url = make_url(self._embedded.start())
        self._names = _names(folder)
        self._template = f"{self._names}template"
        self._admin = psycopg.connect(self._psycopg(self._url.database), autocommit=True)
        with FileLock(folder / "template.lock").exclusive(timeout=120):
            self._make_template()

    def url(self, name: str) -> str:
        """Return the URL of one of the server's databases."""
        return self._url.set(database=name).render_as_string(hide_password=False)

    @contextlib.contextmanager
    def database(self, *, like: str | None = None) -> Iterator[str]:
        """Yield the URL of a fresh, migrated database; drop it afterwards.

        `like` is the URL of another one to copy, to which nobody may be connected.
        """
        name = f"{self._names}{uuid.uuid4().hex[:12]}"
        template = make_url(like).database if like else self._template
        self._admin.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        try:
            yield self.url(name)
        finally:
            self._admin.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def close(self) -> None:
        """Leave the server; the last worker of the run stops it if it is the run's own."""
        self._admin.close()
        if self._embedded is not None:
            self._embedded.release()

    def _make_template(self) -> None:
        """Migrate a database once per run, for all workers to copy."""
        marker = self.folder / "template.ready"
        if marker.exists():
            return
        self._admin.execute(f"CREATE DATABASE {self._template} TEMPLATE template0 ENCODING 'UTF8'")
        engine = create_engine(self.url(self._template))
        migrate.upgrade(engine)
        engine.dispose()
        marker.touch()

    def _psycopg(self, name: str | None) -> str:
        plain = self._url.set(drivername="postgresql", database=name)
        return plain.render_as_string(hide_password=False)
