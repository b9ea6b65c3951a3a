"""Serve the pages: gunicorn and, if wanted, a worker, as children of a process that watches them.

The parent holds the embedded database and never touches Polars; every child starts anew, because
the projection's threads do not survive a fork.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from types import FrameType

from channels.publication.together import cores
from pim.db.embedded import database_url
from pim.db.engine import create_engine
from pim.settings import Settings
from pim.structure.seeds import prepare
from pim.web import metrics

THREADS = 8
#: Processes that serve pages.
PROCESSES = 2
#: How many threads Polars has in a process; read when it is first used.
POLARS = "POLARS_MAX_THREADS"
#: Seconds that children get to finish what they are at.
PATIENCE = 30.0

#: Pages that end sooner than this after their start will not do better next time.
SHORT_LIFE = 5.0


class _Stop(Exception):
    """Say that somebody has asked this process to stop."""


def serve(
    settings: Settings,
    *,
    host: str = "127.0.0.1",
    port: int = 8000,
    with_worker: bool = False,
    processes: int = PROCESSES,
) -> None:
    """Serve until SIGTERM or SIGINT; raises SystemExit if the server ends by itself."""
    signal.signal(signal.SIGTERM, _stop)
    with (
        database_url(settings, keep=True) as url,
        tempfile.TemporaryDirectory(prefix="polka-") as counts,
    ):
        _prepare(url)
        environment = {**_environment(settings, url), metrics.FOLDER: counts}
        commands = {"pages": _gunicorn(host, port, processes)}
        if with_worker:
            commands["worker"] = _child("pim.jobs.worker")
        children = {name: _start(command, environment) for name, command in commands.items()}
        try:
            _watch(children, commands, environment)
        except (_Stop, KeyboardInterrupt):
            pass
        finally:
            _end(list(children.values()))


def _prepare(url: str) -> None:
    engine = create_engine(url)
    prepare(engine)
    engine.dispose()


def _environment(settings: Settings, url: str) -> Mapping[str, str]:
    given = {
        "PIM_HOME": str(settings.home),
        "PIM_DATABASE_URL": url,
        "PIM_STORAGE_URL": settings.storage_url,
        "PIM_SECRET_KEY": settings.secret_key,
    }
    return {**os.environ, **{name: value for name, value in given.items() if value}}


def polars_threads(processes: int) -> str:
    """Return how many threads Polars gets in each process of pages, as the environment says it.

    Without the variable POLARS_MAX_THREADS they share the cores: many readers that each want all
    of them wait for each other.
    """
    return os.environ.get(POLARS) or str(max(1, cores() // processes))


def _gunicorn(host: str, port: int, processes: int) -> list[str]:
    options = {
        "bind": f"{host}:{port}",
        "workers": processes,
        "worker-class": "gthread",
        "threads": THREADS,
        "timeout": 120,
        "graceful-timeout": int(PATIENCE) - 5,
        "logger-class": "pim.web.gunicorn_logger.ChainedLogger",
        "log-level": "info",
        "env": f"{POLARS}={polars_threads(processes)}",
    }
    flags = [f"--{name}={value}" for name, value in options.items()]
    return _child("gunicorn", "--no-control-socket", *flags, "pim.app:create_app()")


def _child(module: str, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "pim.web.child", str(os.getpid()), module, *arguments]


def _start(command: Sequence[str], environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(command, env=environment)


def _watch(
    children: dict[str, subprocess.Popen[bytes]],
    commands: Mapping[str, Sequence[str]],
    environment: Mapping[str, str],
) -> None:
    """Wait; what dies is started again, except for pages that cannot start at all."""
    began = time.monotonic()
    while True:
        time.sleep(0.5)
        for name, child in children.items():
            if (code := child.poll()) is None:
                continue
            if name == "pages" and time.monotonic() - began < SHORT_LIFE:
                raise SystemExit(code or 1)
            time.sleep(1)
            children[name] = _start(commands[name], environment)
            began = time.monotonic() if name == "pages" else began


def _end(children: Sequence[subprocess.Popen[bytes]]) -> None:
    for child in children:
        child.terminate()
    until = time.monotonic() + PATIENCE
    for child in children:
        try:
            child.wait(max(0.1, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def _stop(_signal: int, _frame: FrameType | None) -> None:
    raise _Stop
