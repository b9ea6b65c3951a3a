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

from pim.db.embedded import database_url
from pim.db.engine import create_engine
from pim.settings import Settings
from pim.structure.seeds import prepare
from pim.web import metrics

THREADS = 8
#: Seconds that children get to finish what they are at.
PATIENCE = 30.0

_WORKER = "from pim.jobs.worker import main; main()"


class _Stop(Exception):
    """Say that somebody has asked this process to stop."""


def serve(
    settings: Settings,
    *,
    host: str = "127.0.0.1",
    port: int = 8000,
    with_worker: bool = False,
    processes: int = 2,
) -> None:
    """Serve until SIGTERM or SIGINT; raises SystemExit if the server ends by itself."""
    signal.signal(signal.SIGTERM, _stop)
    with database_url(settings) as url, tempfile.TemporaryDirectory(prefix="polka-") as counts:
        _prepare(url)
        environment = {**_environment(settings, url), metrics.FOLDER: counts}
        commands = {"pages": _gunicorn(host, port, processes)}
        if with_worker:
            commands["worker"] = [sys.executable, "-c", _WORKER]
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
    }
    flags = [f"--{name}={value}" for name, value in options.items()]
    return [sys.executable, "-m", "gunicorn", "--no-control-socket", *flags, "pim.app:create_app()"]


def _start(command: Sequence[str], environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(command, env=environment)


def _watch(
    children: dict[str, subprocess.Popen[bytes]],
    commands: Mapping[str, Sequence[str]],
    environment: Mapping[str, str],
) -> None:
    """Wait; a worker that dies is started again, without the pages there is nothing to do."""
    while True:
        time.sleep(0.5)
        if (code := children["pages"].poll()) is not None:
            raise SystemExit(code or 1)
        worker = children.get("worker")
        if worker is not None and worker.poll() is not None:
            time.sleep(1)
            children["worker"] = _start(commands["worker"], environment)


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
