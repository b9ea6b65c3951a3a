"""One PostgreSQL cluster in a folder: create it, run it, see whether it runs, stop it."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shlex
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil
import psycopg
from psycopg.conninfo import make_conninfo

from pim.db.programs import Account
from pim.errors import PimError

USER = "polka"
DATABASE = "polka"
#: sockaddr_un holds 108 bytes with the closing zero.
LONGEST_SOCKET_PATH = 107
MOST_STARTS = 3
LARGEST_LOG = 16 * 1024 * 1024
SOCKET = ".s.PGSQL.5432"


def options(*, fsync: bool, memory: str) -> dict[str, str]:
    """Return the server's settings; `memory` is its shared cache, as in "512MB"."""
    safe = "on" if fsync else "off"
    return {
        "listen_addresses": "",
        "unix_socket_permissions": "0700",
        "port": "5432",
        "max_connections": "200",
        "shared_buffers": memory,
        "effective_cache_size": "4GB",
        "work_mem": "32MB",
        "maintenance_work_mem": "256MB",
        "max_wal_size": "2GB",
        "checkpoint_timeout": "15min",
        "checkpoint_completion_target": "0.9",
        "random_page_cost": "1.1",
        "jit": "off",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "fsync": safe,
        "full_page_writes": safe,
    }


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """A cluster's `folder` (data, log, socket), its account and the programs that run it.

    `wait` is the patience in seconds for a start (with recovery) or a stop (with a checkpoint).
    """

    folder: Path
    account: Account
    programs: Path
    wait: float

    @property
    def data(self) -> Path:
        """Return PostgreSQL's data folder."""
        return self.folder / "data"

    @property
    def log(self) -> Path:
        """Return the server's log file."""
        return self.folder / "server.log"

    def ensure_running(self, settings: Mapping[str, str], *, fsync: bool = True) -> None:
        """Create the cluster, adopt a running server or start one; return when it answers.

        A server that dies or shuts down while we look at it is waited for and started again.
        """
        if not self.data.exists():
            self._create(fsync=fsync)
        deadline = time.monotonic() + self.wait
        starts = 0
        while True:
            if self.running_process() is None:
                if starts == MOST_STARTS:
                    raise self._complaint("stops again and again")
                self._start(settings)
                starts += 1
            try:
                self._connect_once()
            except psycopg.OperationalError as error:
                if time.monotonic() > deadline:
                    raise self._complaint(f"does not answer: {error}") from error
                time.sleep(0.1)
            else:
                return

    def stop(self) -> None:
        """Stop the server, cutting off whoever is connected; harmless when it is down."""
        if self.running_process() is None:
            return
        done = self._pg_ctl("stop", "--mode=fast")
        if done.returncode != 0 and self.running_process() is not None:
            message = f"The database server would not stop: {done.stdout.strip()}"
            raise PimError(message)

    def running_process(self) -> psutil.Process | None:
        """Return the postmaster; None if its pid file is absent, or names another program."""
        lines = self._pid_file()
        if not lines or not lines[0].isdecimal():
            return None
        with contextlib.suppress(psutil.Error):
            process = psutil.Process(int(lines[0]))
            return process if self._is_ours(process) else None
        return None

    def socket_folder(self) -> Path:
        """Return where the running server listens: the folder may have moved since its start."""
        lines = self._pid_file()
        return Path(lines[4]) if len(lines) > 4 and lines[4] else self._choose_sockets()

    def _create(self, *, fsync: bool) -> None:
        """Make an empty cluster, complete or not at all: a half-made one is thrown away."""
        fresh = self.folder / "data.new"
        shutil.rmtree(fresh, ignore_errors=True)
        done = self.account.run(
            [
                str(self.programs / "initdb"),
                *("--pgdata", str(fresh), "--username", USER, "--auth", "trust"),
                *("--encoding", "UTF8", "--locale-provider=builtin", "--locale=C.UTF-8"),
                *(() if fsync else ("--no-sync",)),
            ],
            folder=str(self.folder),
            timeout=self.wait,
        )
        if done.returncode != 0:
            message = f"The database in {self.folder} could not be created: {done.stdout.strip()}"
            raise PimError(message)
        fresh.rename(self.data)

    def _start(self, settings: Mapping[str, str]) -> None:
        """Start the server; end what a killed postmaster left behind, then try again."""
        sockets = self._choose_sockets()
        self._forget_dead_server(sockets)
        self._keep_log_small()
        wanted = {**settings, "unix_socket_directories": str(sockets)}
        flags = shlex.join(f"--{name}={value}" for name, value in wanted.items())
        for attempt in (1, 2, 3):
            done = self._pg_ctl("start", "--log", str(self.log), "--options", flags)
            if done.returncode == 0:
                return
            if attempt < 3 and self._end_orphans():
                continue
            break
        raise self._complaint(f"did not start.\n{done.stdout.strip()}")

    def _complaint(self, what: str) -> PimError:
        """Return an error that ends with what the server itself has to say."""
        return PimError(
            f"The database server in {self.folder} {what}\n"
            f"The end of {self.log}:\n{self._end_of_log()}"
        )

    def _pg_ctl(self, verb: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [str(self.programs / "pg_ctl"), verb, "--pgdata", str(self.data), "--wait"]
        patience = ["--timeout", str(int(self.wait))]
        return self.account.run([*command, *patience, *arguments], folder=str(self.folder))

    def _connect_once(self) -> None:
        """Make a connection, and our database at the first one."""
        place = make_conninfo(host=str(self.socket_folder()), user=USER, connect_timeout=30)
        with psycopg.connect(place, dbname="postgres", autocommit=True) as connection:
            known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
            if known.fetchone() is None:
                connection.execute(f"CREATE DATABASE {DATABASE}")

    def _choose_sockets(self) -> Path:
        """Return a folder for the socket whose path is short enough for the kernel."""
        inside = self.folder / "run"
        if len(os.fsencode(inside / SOCKET)) <= LONGEST_SOCKET_PATH:
            self._make_private(inside)
            return inside
        digest = hashlib.sha256(os.fsencode(self.folder)).hexdigest()[:12]
        short = Path("/tmp") / f"polka-{digest}"  # noqa: S108 - checked to be the account's own
        self._make_private(short)
        return short

    def _make_private(self, folder: Path) -> None:
        with contextlib.suppress(FileExistsError):
            folder.mkdir(mode=0o700)
            self.account.own(folder)
        found = folder.lstat()
        if folder.is_symlink() or found.st_uid != self.account.uid:
            message = f"{folder} belongs to somebody else: remove it, the database needs it."
            raise PimError(message)

    def _forget_dead_server(self, sockets: Path) -> None:
        """Remove the pid file and socket of a server that is gone.

        PostgreSQL itself would refuse to start when the number now belongs to another process
        of the same user. That no process of the old server lives is checked by its folder.
        """
        self._end_orphans()
        for stale in (self.data / "postmaster.pid", sockets / SOCKET, sockets / f"{SOCKET}.lock"):
            stale.unlink(missing_ok=True)

    def _end_orphans(self) -> bool:
        """End processes of a killed postmaster that still hold its shared memory."""
        orphans = list(self._processes())
        for process in orphans:
            with contextlib.suppress(psutil.Error):
                process.send_signal(signal.SIGQUIT)
        _, alive = psutil.wait_procs(orphans, timeout=10)
        for process in alive:
            with contextlib.suppress(psutil.Error):
                process.kill()
        psutil.wait_procs(alive, timeout=10)
        return bool(orphans)

    def _processes(self) -> Iterator[psutil.Process]:
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error, PimError):  # unreadable: not of our making
                if self._is_ours(process):
                    yield process

    def _is_ours(self, process: psutil.Process) -> bool:
        """Say whether a living process is a server process of this data folder."""
        if process.status() == psutil.STATUS_ZOMBIE or process.uids().real != self.account.uid:
            return False
        return process.name().startswith("postgres") and self._folder_of(process) == str(self.data)

    def _folder_of(self, process: psutil.Process) -> str:
        """Return where a process works; a container's root must ask as the account itself."""
        try:
            return str(process.cwd())
        except psutil.AccessDenied:
            found = self.account.run(["readlink", f"/proc/{process.pid}/cwd"])
        if found.returncode != 0:
            message = (
                f"Nobody can tell whether process {process.pid} is the database server of "
                f"{self.folder}. Stop it if it is not needed, or set PIM_DATABASE_URL."
            )
            raise PimError(message)
        return found.stdout.strip()

    def _pid_file(self) -> list[str]:
        try:
            return (self.data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return []

    def _keep_log_small(self) -> None:
        with contextlib.suppress(FileNotFoundError):
            if self.log.stat().st_size > LARGEST_LOG:
                self.log.replace(self.log.with_suffix(".old"))

    def _end_of_log(self) -> str:
        try:
            lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            return "(there is none)"
        return "\n".join(lines[-15:])
