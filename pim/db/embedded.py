"""The embedded PostgreSQL: started by the first process of a home, stopped by the last.

Two locks lie beside the cluster. Every process that uses the server holds `postgres.users`
shared, so the one that can take it alone was the last and stops the server; a killed process
loses its share by itself. `postgres.supervisor` is held alone, only while somebody starts or
stops. A server whose users were all killed runs on until the next process adopts it.
"""

from __future__ import annotations

import atexit
import contextlib
import hashlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

from sqlalchemy import URL, make_url

from pim.db import cluster
from pim.db.locks import FileLock
from pim.db.programs import PATIENCE, SHELTER, Account, account_for, find_programs, open_folder
from pim.db.repeating import Repeating
from pim.errors import Retryable
from pim.settings import Settings

#: How often a process that lives long looks whether the server does.
KEEP_SECONDS = 1.0
SUPERVISOR = "postgres.supervisor"


class EmbeddedServer:
    """One process's share in the PostgreSQL server under `home/postgres`.

    `fsync=False` and a small `memory` are for tests: a crash of the machine then loses data.
    """

    def __init__(
        self,
        home: Path,
        *,
        fsync: bool = True,
        memory: str = "512MB",
        shelter: Path = SHELTER,
    ) -> None:
        self.home = home.absolute()
        self._options = cluster.options(fsync=fsync, memory=memory)
        self._fsync = fsync
        self._shelter = shelter
        self._users: FileLock | None = None
        self._started: cluster.Cluster | None = None
        self._process = 0
        self._url = ""

    def start(self) -> str:
        """Return the database's URL; start the server unless it runs already.

        Raises PimError with the end of the server's log when it cannot run.
        """
        if self._users is not None:
            return self._url
        folder, account = self._settle()
        with FileLock(folder.parent / SUPERVISOR).exclusive(timeout=PATIENCE):
            users = FileLock(folder.parent / "postgres.users").shared(timeout=PATIENCE)
            try:
                server = self._server(folder, account)
                server.ensure_running(self._options, fsync=self._fsync)
            except BaseException:
                users.release()
                raise
        self._users, self._started, self._process = users, server, os.getpid()
        self._url = _url(server.socket_folder())
        atexit.register(self.release)
        return self._url

    def release(self) -> None:
        """Give up this process's share; the last one out stops the server."""
        if self._users is None or self._process != os.getpid():
            return  # a forked child leaves the share to its parent
        users, self._users = self._users, None
        atexit.unregister(self.release)
        folder, account = self._settle()
        with FileLock(folder.parent / SUPERVISOR).exclusive(timeout=PATIENCE):
            users.release()
            try:
                alone = FileLock(users.path).exclusive(timeout=0)
            except Retryable:
                return
            with alone:
                self._server(folder, account).stop()

    def revive(self) -> None:
        """Start the server again if it has died, or was stopped, under this process's share.

        Raises PimError with the end of the server's log when it cannot run.
        """
        server = self._started
        if self._users is None or server is None or server.running_process() is not None:
            return
        with FileLock(self._users.path.with_name(SUPERVISOR)).exclusive(timeout=PATIENCE):
            server.ensure_running(self._options, fsync=self._fsync)

    def keep(self) -> Repeating:
        """Return what revives the server while it is entered; for processes that live long."""
        return Repeating("Keeping the database", KEEP_SECONDS, self.revive)

    def __enter__(self) -> str:
        """Start, and return the database's URL."""
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Release."""
        self.release()

    def _server(self, folder: Path, account: Account) -> cluster.Cluster:
        programs = find_programs(account, shelter=self._shelter)
        return cluster.Cluster(folder=folder, account=account, programs=programs, wait=PATIENCE)

    def _settle(self) -> tuple[Path, Account]:
        """Return the cluster's folder and its account; create the folder at the first start.

        For root, a home that is closed to the account keeps only a link to the shelter.
        """
        self.home.mkdir(parents=True, exist_ok=True)
        place = self.home / "postgres"
        with FileLock(self.home / "postgres.place").exclusive(timeout=PATIENCE):
            account = account_for(place)
            if not place.exists() and not account.may_enter(self.home):
                place.symlink_to(_sheltered(self._shelter, self.home))
            folder = place.resolve()
            if not folder.exists():
                folder.mkdir(mode=0o700)
                account.own(folder)
        return folder, account


@contextlib.contextmanager
def database_url(settings: Settings, *, keep: bool = False) -> Iterator[str]:
    """Yield the URL of the database that the settings name, or of the embedded one.

    The embedded server runs at least until the block is left; with `keep` it is started again
    should it die meanwhile.
    """
    if settings.database_url:
        url = make_url(settings.database_url)
        if url.drivername in {"postgres", "postgresql"}:
            url = url.set(drivername="postgresql+psycopg")
        yield url.render_as_string(hide_password=False)
        return
    server = EmbeddedServer(settings.home)
    with server as url_of_embedded, server.keep() if keep else contextlib.nullcontext():
        yield url_of_embedded


def remove_cluster(home: Path) -> None:
    """Delete a home's cluster for good, also one in the shelter; nobody may be using it."""
    place = home / "postgres"
    folder = place.resolve()
    if place.is_symlink():
        shutil.rmtree(folder.parent, ignore_errors=True)
        place.unlink()
    else:
        shutil.rmtree(folder, ignore_errors=True)


def _sheltered(shelter: Path, home: Path) -> Path:
    """Return a folder of its own for a home's cluster, named so that a person finds it."""
    digest = hashlib.sha256(os.fsencode(home)).hexdigest()[:10]
    parent = shelter / f"{home.name or 'home'}-{digest}"
    open_folder(shelter)
    open_folder(parent)
    return parent / "postgres"


def _url(sockets: Path) -> str:
    url = URL.create(
        "postgresql+psycopg",
        username=cluster.USER,
        database=cluster.DATABASE,
        query={"host": str(sockets)},
    )
    return url.render_as_string(hide_password=False)
