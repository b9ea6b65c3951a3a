"""A disk that fills up ends a run in words; freed, the run goes on, and ends like any other."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import Engine

from channels.feeds.service import apply_feed
from pim.db.engine import create_engine
from pim.db.programs import account_for
from pim.db.queue import enqueue_run, requeue_run
from pim.db.runs import Run, find_run
from pim.db.troubles import told
from pim.db.unit_of_work import unit_of_work
from pim.errors import DiskFull
from pim.generate import build
from pim.generate.feeds import documents
from pim.jobs.context import JobContext
from pim.jobs.tasks import carry_out
from pim.projection import Projection, compaction
from pim.settings import Settings
from pim.staging.imports import ImportOptions, ImportRun
from pim.structure.queries import current
from pim.structure.seeds import prepare
from tests.postgres import Server
from tests.torture.disks import MB, Disk, may_mount, small_disk
from tests.torture.place import PIM, Place
from tests.torture.state import catalogue_state, feed_state, projection_state
from tests.torture.watching import leftovers

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not may_mount(), reason="only root may mount a small disk"),
]

PRODUCTS = 4_000
BADGE = {"type": "set", "field": "badge", "scope": "web", "value": "badge_07"}
EVERYTHING = {"field": "sku", "operator": "NOT EMPTY"}


@dataclass
class Shop:
    """A catalogue in a database of its own, with a home."""

    settings: Settings
    engine: Engine

    @property
    def context(self) -> JobContext:
        """Return what tasks need, with caches that nothing has touched."""
        assert self.settings.database_url
        return JobContext(self.settings, self.settings.database_url)

    def work_off(self, kind: str, parameters: Mapping[str, Any], label: str = "") -> Run:
        """Queue a run and carry it out as a worker does; return it as it has ended."""
        with unit_of_work(self.engine) as work:
            number = enqueue_run(work, kind=kind, label=label, parameters=parameters).id
        return self._carried(kind, number)

    def again(self, run: Run) -> Run:
        """Go on with a run as the button of its page does."""
        with unit_of_work(self.engine) as work:
            requeue_run(work, find_run(work.session, run.id))
        return self._carried(run.kind, run.id)

    def _carried(self, kind: str, number: int) -> Run:
        context = self.context
        try:
            carry_out(context, kind, number)
        finally:
            context.projection.close()
            context.engine.dispose()
        with unit_of_work(self.engine) as work:
            return find_run(work.session, number)

    def state(self) -> dict[str, str]:
        """Return everything that must be equal in the end."""
        with self.engine.connect() as connection:
            found = catalogue_state(connection)
            connection.rollback()
        projection = Projection.from_settings(self.settings, self.engine)
        projection.refresh()
        shown = projection_state(projection, without=("created", "updated", "uuid", "id"))
        projection.close()
        return {**found, **feed_state(self.settings.feeds), "projection": shown}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a made-up catalogue."""
    folder = tmp_path_factory.mktemp("made-up") / "files"
    build.write(folder, products=PRODUCTS, feed_count=1)
    return folder


@pytest.fixture(scope="module")
def imported(server: Server, files: Path) -> Iterator[str]:
    """Return the URL of a database that holds it, with a feed."""
    with server.database() as url:
        engine = create_engine(url)
        prepare(engine)
        settings = Settings(home=files.parent / "home", database_url=url)
        with unit_of_work(engine) as work:
            ImportRun.begin(work, settings, [files], ImportOptions()).finish()
        with unit_of_work(engine) as work:
            apply_feed(work, documents(1)[0], current(work.session))
        engine.dispose()
        yield url


@pytest.fixture
def shops(server: Server, imported: str, home: Path, tmp_path: Path) -> Iterator[list[Shop]]:
    """Return two shops of the same catalogue: one on a disk of its own, one that has room."""
    with server.database(like=imported) as first, server.database(like=imported) as second:
        made = [
            Shop(Settings(home=place, database_url=url), create_engine(url))
            for place, url in ((home, first), (tmp_path / "other", second))
        ]
        yield made
        for shop in made:
            shop.engine.dispose()


FEED = {"feed": documents(1)[0]["code"], "delta": False, "force": True, "reason": "test"}
CASES: dict[str, tuple[str, str, Mapping[str, Any]]] = {
    "bulk edit": ("runs", "bulk", {"where": EVERYTHING, "do": [BADGE]}),
    "projection": ("projection", "project", {}),
    "compaction": ("projection", "project", {"rebuild": True}),
    "publication": ("feeds", "publish", FEED),
    "import": ("runs", "import", {}),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("leave", [0, 12_288])
def test_a_run_whose_disk_is_full_says_so_and_goes_on_once_there_is_room(
    case: str, leave: int, shops: list[Shop], files: Path
) -> None:
    folder, kind, parameters = CASES[case]
    if kind == "import":
        parameters = {"paths": [str(files)], "base": "/", "entity": "auto"}
    shop, other = shops
    if case == "compaction":
        for each in shops:
            Projection.from_settings(each.settings, each.engine).refresh()
        (shop.settings.projection).rename(shop.settings.home / "kept")
    with small_disk(shop.settings.home / folder, megabytes=200) as disk:
        if case == "compaction":
            subprocess.run(
                ["cp", "-a", f"{shop.settings.home}/kept/.", str(disk.place)], check=True
            )
        if kind in {"bulk", "publish"}:
            Projection.from_settings(shop.settings, shop.engine).refresh()
        disk.fill(leave=leave)

        run = shop.work_off(kind, parameters)

        assert run.state == "failed"
        assert "full" in (run.error or "")
        assert str(shop.settings.home) in (run.error or "")
        assert leftovers(Place(shop.settings.home.parent, home_name=shop.settings.home.name)) == []
        disk.free()
        again = shop.again(run)
        assert (again.state, again.error) == ("done", None)
        assert other.work_off(kind, parameters).state == "done"
        assert shop.state() == other.state()


def test_folding_on_a_full_disk_leaves_the_projection_as_it_was_and_is_done_once_there_is_room(
    shops: list[Shop], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compaction, "DUE_SECONDS", 0.0)
    monkeypatch.setattr(compaction, "DUE_PATCHES", 1)
    shop = shops[0]
    with small_disk(shop.settings.projection, megabytes=200) as disk:
        projection = Projection.from_settings(shop.settings, shop.engine)
        projection.refresh()
        assert shop.work_off("bulk", {"where": EVERYTHING, "do": [BADGE]}).state == "done"
        assert projection.refresh().patches
        before = projection_state(projection)
        disk.fill(leave=12_288)

        with pytest.raises(OSError, match="No space left") as full:
            projection.compact()

        assert isinstance(told(full.value, shop.settings), DiskFull)
        assert projection_state(projection) == before
        assert leftovers(Place(shop.settings.home.parent, home_name=shop.settings.home.name)) == []
        disk.free()
        folded = projection.compact()
        assert folded
        assert not folded.patches
        assert projection_state(projection) == before
        projection.close()


@pytest.fixture
def place(home: Path) -> Iterator[tuple[Place, Disk]]:
    """Return a home whose database has a small disk of its own."""
    folder = home / "home" / "postgres"
    with small_disk(folder, megabytes=500) as disk:
        account = account_for(home)
        os.chown(folder, account.uid, account.gid)
        folder.chmod(0o700)
        place = Place(home, memory="64MB")
        place.start()
        with place.engine() as engine:
            prepare(engine)
        yield place, disk
        disk.free()
        place.stop()


def pim(place: Place, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Call a command and return how it ended."""
    return subprocess.run(
        [sys.executable, "-c", PIM, *arguments, "--json"],
        env=place.environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_a_full_disk_of_the_database_ends_commands_in_words_and_they_go_on_once_there_is_room(
    place: tuple[Place, Disk], shops: list[Shop], server: Server, files: Path
) -> None:
    home, disk = place
    marked = ("--where", json.dumps(EVERYTHING), "--do", json.dumps([BADGE]))
    commands: list[tuple[str, int, Callable[[], tuple[str, ...]]]] = [
        ("import", 24 * MB, lambda: ("import", str(files))),
        ("bulk", MB // 2, lambda: ("bulk", *marked)),
        ("undo", MB // 2, lambda: ("undo", _bulk_of(home))),
        ("publish", 0, lambda: _publishing(home, files)),
    ]

    for kind, room, arguments in commands:
        words = arguments()
        disk.fill(leave=room)
        stopped = pim(home, *words)
        assert stopped.returncode == 3, (kind, stopped.stdout[-300:], stopped.stderr[-300:])
        assert "full" in stopped.stderr
        assert str(disk.place) in stopped.stderr
        assert "Traceback" not in stopped.stderr

        disk.free()
        [run] = [r for r in orjson.loads(pim(home, "run", "list").stdout) if r["kind"] == kind]
        assert run["state"] in {"failed", "interrupted"}
        resumed = pim(home, "run", "resume", str(run["id"]))
        assert resumed.returncode == 0, resumed.stderr

    [again] = orjson.loads(pim(home, *_publishing(home, files)).stdout)
    assert again["unchanged"] == again["items"] > 0
    with server.database() as url:
        other = Shop(Settings(home=shops[1].settings.home, database_url=url), create_engine(url))
        prepare(other.engine)
        paths = {"paths": [str(files)], "base": "/", "entity": "auto"}
        other.work_off("import", paths, label=files.name)
        other.work_off("bulk", {"where": EVERYTHING, "do": [BADGE]})
        other.work_off("undo", {"change_set": 2})
        expected = _catalogue(other.engine)
        other.engine.dispose()
    with home.engine() as engine:
        assert _catalogue(engine) == expected


def _bulk_of(place: Place) -> str:
    """Return the change set of the bulk edit; numbers are left out after a crash."""
    [found] = place.query("SELECT id FROM change_set WHERE kind = 'bulk'")
    return str(found["id"])


def _publishing(place: Place, files: Path) -> tuple[str, ...]:
    """Return the command that publishes, with a feed to publish."""
    [feed] = (files / "feeds").iterdir()
    assert pim(place, "feed", "apply", str(feed)).returncode == 0
    return ("feed", "publish", "--all", "--force", "--reason", "test")


def _catalogue(engine: Engine) -> Mapping[str, str]:
    with engine.connect() as connection:
        found = catalogue_state(connection)
        connection.rollback()
    return found
