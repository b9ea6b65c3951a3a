"""The home that is tortured: its server, its snapshots, and the processes that work in it."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
import psycopg
from psycopg.rows import dict_row
from sqlalchemy import Engine, make_url
from sqlalchemy.pool import NullPool

from pim.db.embedded import EmbeddedServer, remove_cluster
from pim.db.engine import create_engine
from pim.db.programs import account_for, find_programs
from pim.settings import Settings

PIM = "import sys; from pim.cli import main; sys.argv = ['pim', *sys.argv[1:]]; main()"
#: What a home holds beside its cluster.
FOLDERS = ("projection", "feeds", "storage", "runs")


@dataclass
class Place:
    """A scratch folder with a home, its snapshots and generated files."""

    scratch: Path
    home_name: str = "home"
    memory: str = "512MB"
    server: EmbeddedServer = field(init=False)
    url: str = ""

    def __post_init__(self) -> None:
        """Prepare the home's server, which is not started yet."""
        self.server = EmbeddedServer(self.home, memory=self.memory)

    @property
    def home(self) -> Path:
        """Return PIM_HOME."""
        return self.scratch / self.home_name

    @property
    def files(self) -> Path:
        """Return the folder of the generated catalogue."""
        return self.scratch / "files"

    @property
    def settings(self) -> Settings:
        """Return the home's settings."""
        return Settings(home=self.home, secret_key="only-for-tests")

    def start(self) -> None:
        """Start the server."""
        self.url = self.server.start()

    def stop(self) -> None:
        """Stop the server, which writes everything to its files."""
        self.server.release()

    def restart(self) -> None:
        """Have the running server restarted, cutting off whoever is connected.

        Whoever keeps the server may be faster in starting it again, which pg_ctl then complains of.
        """
        data = self._cluster / "data"
        account = account_for(data)
        program = find_programs(account) / "pg_ctl"
        options = (data / "postmaster.opts").read_text(encoding="utf-8").split('"')[1::2]
        account.run(
            [
                *(str(program), "restart", "--pgdata", str(data), "--wait", "--mode", "fast"),
                *("--log", str(self._cluster / "server.log"), "--options", shlex.join(options)),
            ],
            folder=str(self._cluster),
        )

    def save(self, name: str) -> None:
        """Keep the stopped home as it is now."""
        target = self.scratch / "snapshots" / name
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir(parents=True)
        _forget_old_log(self._cluster / "data")
        _copy(self._cluster / "data", target / "data")
        for folder in FOLDERS:
            if (self.home / folder).exists():
                _copy(self.home / folder, target / folder)

    def restore(self, name: str, *, only: tuple[str, ...] = ("data", *FOLDERS)) -> None:
        """Bring the stopped home back to what was kept, all of it or some folders."""
        source = self.scratch / "snapshots" / name
        for folder in only:
            place = self._cluster / "data" if folder == "data" else self.home / folder
            shutil.rmtree(place, ignore_errors=True)
            if (source / folder).exists():
                _copy(source / folder, place)

    @property
    def _cluster(self) -> Path:
        return (self.home / "postgres").resolve()

    def remove(self) -> None:
        """Delete everything."""
        self.server.release()
        remove_cluster(self.home)
        shutil.rmtree(self.scratch, ignore_errors=True)

    @contextmanager
    def engine(self) -> Iterator[Engine]:
        """Yield an engine that leaves no connection behind."""
        engine = create_engine(self.url, poolclass=NullPool)
        try:
            yield engine
        finally:
            engine.dispose()

    def connect(self) -> psycopg.Connection[dict[str, Any]]:
        """Return a connection of its own."""
        plain = make_url(self.url).set(drivername="postgresql")
        return psycopg.connect(
            plain.render_as_string(hide_password=False),
            autocommit=True,
            row_factory=dict_row,
            connect_timeout=5,
        )

    def query(self, statement: str, **values: Any) -> list[dict[str, Any]]:
        """Return the rows of a query."""
        with self.connect() as connection:
            return connection.execute(statement, values).fetchall()

    def environment(self) -> dict[str, str]:
        """Return the environment of the home's processes."""
        kept = {k: v for k, v in os.environ.items() if k != "PIM_DATABASE_URL"}
        return {**kept, "PIM_HOME": str(self.home), "PIM_SECRET_KEY": "only-for-tests"}

    def spawn(self, *arguments: str, program: str = PIM) -> subprocess.Popen[bytes]:
        """Start a command of `pim`, or of a changed one; its words go to a file."""
        with (self.scratch / "output.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-c", program, *arguments],
                env=self.environment(),
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
            )

    @contextmanager
    def process(self, *arguments: str, program: str = PIM) -> Iterator[subprocess.Popen[bytes]]:
        """Give a command of `pim` that runs beside; it is stopped at the end."""
        process = self.spawn(*arguments, program=program)
        try:
            yield process
        finally:
            end(process)

    def pim(self, *arguments: str, text: str | None = None) -> Any:
        """Run a command to its end and return its JSON answer."""
        done = subprocess.run(
            [sys.executable, "-c", PIM, *arguments, "--json"],
            env=self.environment(),
            input=text,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode > 1:
            raise AssertionError(f"pim {arguments} ended with {done.returncode}: {done.stderr}")
        return orjson.loads(done.stdout) if done.stdout else None


def end(process: subprocess.Popen[bytes], number: signal.Signals = signal.SIGTERM) -> int:
    """Send a signal to a process and return its exit code."""
    if process.poll() is None:
        process.send_signal(number)
    return process.wait(60)


def _copy(source: Path, target: Path) -> None:
    subprocess.run(["cp", "-a", "--reflink=auto", str(source), str(target)], check=True)


def _forget_old_log(data: Path) -> None:
    """Remove write-ahead log that a cluster which was stopped properly needs no more."""
    segments = sorted(p for p in (data / "pg_wal").iterdir() if len(p.name) == 24)
    needed = _redo_segment(data)
    for segment in segments:
        if segment.name != needed:
            segment.unlink()


def _redo_segment(data: Path) -> str:
    """Return the segment of the last checkpoint, as pg_controldata names it."""
    program = find_programs(account_for(data)) / "pg_controldata"
    told = subprocess.run([str(program), str(data)], capture_output=True, text=True, check=True)
    line = next(x for x in told.stdout.splitlines() if x.startswith("Latest checkpoint's REDO WAL"))
    return line.split(":", 1)[1].strip()
