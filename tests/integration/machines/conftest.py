"""Machines: homes of their own over one database and one bucket, with processes of their own."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import Engine

from channels.publication.sharing import SharedFolder, feed_folder
from pim.db.engine import create_engine
from pim.db.unit_of_work import unit_of_work
from pim.projection import Projection
from pim.settings import Settings
from pim.staging.imports import ImportResult
from pim.storage import Bucket, bucket_of
from pim.structure.seeds import seed
from tests import postgres
from tests.factories.publisher import Publisher
from tests.integration.channels.conftest import FEED, FILES
from tests.objects import Objects, serving

ROOT = Path(__file__).parents[3]


@dataclass
class Machine(Publisher):
    """One machine: a home, and whatever processes a test starts in it."""

    DOCUMENT = FEED

    settings: Settings
    engine: Engine
    processes: list[subprocess.Popen[str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.projection = Projection.from_settings(self.settings, self.engine)

    @property
    def bucket(self) -> Bucket:
        found = bucket_of(self.settings)
        assert found is not None
        return found

    def load(self, files: dict[str, str]) -> ImportResult:
        return self.load_into(Path(tempfile.mkdtemp(dir=self.settings.home)), files)

    def folder(self, code: str = "shop") -> SharedFolder:
        found = feed_folder(self.settings, code)
        assert isinstance(found, SharedFolder)
        return found

    def text(self, code: str = "shop", name: str = "products.csv") -> str:
        """Return the file of the publication that the pointer names, as this machine sees it."""
        folder = self.folder(code)
        number = folder.pointed()
        assert number is not None
        return folder.file(number, name).read_text(encoding="utf-8")

    def latest(self, code: str = "shop", name: str = "products.csv") -> str:
        """Return the copy that partners read."""
        found = self.bucket.read(f"feeds/{code}/latest/{name}")
        assert found is not None
        return found.content.decode()

    def stock(self) -> dict[str, int]:
        with self.projection.read() as reading:
            frame = reading.frame(["identifier", "stock"])
            return {i: int(s) for i, s in frame.drop_nulls().iter_rows()}

    def environment(self) -> dict[str, str]:
        settings = self.settings
        return {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "POLARS_MAX_THREADS": "2",
            "PIM_HOME": str(settings.home),
            "PIM_DATABASE_URL": settings.database_url or "",
            "PIM_STORAGE_URL": settings.storage_url or "",
            "PIM_SECRET_KEY": settings.secret_key or "",
            "PIM_STORAGE_TIMEOUT": str(settings.storage_timeout),
            "AWS_ENDPOINT_URL": settings.storage_endpoint or "",
        }

    def start(self, script: str, *arguments: str) -> subprocess.Popen[str]:
        """Start a process of this machine."""
        with (self.settings.home / "errors.log").open("a") as errors:
            child = subprocess.Popen(
                [sys.executable, "-c", script, *arguments],
                env=self.environment(),
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
        self.processes.append(child)
        return child

    def worker(self) -> subprocess.Popen[str]:
        return self.start("from pim.cli import main; main()", "worker")

    def pim(self, *arguments: str) -> Any:
        """Run a command and return its JSON answer."""
        child = self.start("from pim.cli import main; main()", *arguments, "--json")
        out, _ = child.communicate(timeout=120)
        assert child.returncode == 0, (out, (self.settings.home / "errors.log").read_text())
        return orjson.loads(out)

    def die(self) -> None:
        """Kill all processes, as a power cut does."""
        for child in self.processes:
            with contextlib.suppress(ProcessLookupError):
                child.send_signal(signal.SIGKILL)
            child.wait()
            if child.stdout:
                child.stdout.close()
        self.processes.clear()

    def hide(self) -> None:
        """Put runs where no other machine finds them: they share this one's disk only in tests."""
        self.settings.runs.rename(self.settings.home / "not-to-be-seen")

    def lose_the_disk(self) -> None:
        self.projection.close()
        for path in self.settings.home.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()

    def close(self) -> None:
        self.die()
        self.projection.close()
        self.engine.dispose()


@pytest.fixture(scope="session")
def objects() -> Iterator[Objects]:
    with serving() as running:
        yield running


@pytest.fixture
def build(database: str, objects: Objects) -> Iterator[Callable[..., Machine]]:
    """Return what builds machines over one database and one bucket."""
    url = f"{objects.bucket()}/polka"
    built: list[Machine] = []

    def build_one(**changes: Any) -> Machine:
        home = Path(tempfile.mkdtemp(prefix="machine-", dir=os.environ[postgres.FOLDER]))
        given = {
            "home": home,
            "database_url": database,
            "storage_url": url,
            "storage_endpoint": objects.endpoint,
            "storage_timeout": 20.0,
            "secret_key": "only-for-tests",
        }
        settings = Settings(**{**given, **changes})
        built.append(Machine(settings, create_engine(settings.database_url or "")))
        return built[-1]

    yield build_one
    for machine in built:
        machine.close()
        shutil.rmtree(machine.settings.home, ignore_errors=True)


@pytest.fixture
def one(build: Callable[..., Machine]) -> Machine:
    """Return a machine that has loaded the shop and its feed, not published yet."""
    machine = build()
    with unit_of_work(machine.engine) as work:
        seed(work)
    loaded = machine.load(FILES)
    assert not loaded.violations
    machine.feed()
    return machine


@pytest.fixture
def other(build: Callable[..., Machine]) -> Machine:
    """Return another machine over the same database and bucket."""
    return build()
