"""The database is killed under commands and pages: words, an exit code, and then all goes on."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from pim.access.service import create_user
from pim.app import create_app
from pim.db.queue import enqueue_run
from pim.db.unit_of_work import unit_of_work
from pim.generate import build
from pim.structure.seeds import prepare
from tests.torture.killing import postmaster_of
from tests.torture.place import PIM, Place
from tests.torture.watching import RunEye

pytestmark = pytest.mark.slow

EMAIL = "viewer@example.com"
PASSWORD = "seven brown paper boxes"


@pytest.fixture
def place(home: Path) -> Iterator[Place]:
    """Return a home whose database runs."""
    place = Place(home, memory="64MB")
    place.start()
    with place.engine() as engine:
        prepare(engine)
    yield place
    place.remove()


def kill_database(place: Place) -> None:
    postmaster = postmaster_of(place.server)
    postmaster.send_signal(signal.SIGKILL)
    postmaster.wait(30)
    time.sleep(1)  # its children notice


def test_pages_say_that_they_cannot_at_this_moment_and_recover_by_themselves(place: Place) -> None:
    with place.engine() as engine, unit_of_work(engine) as work:
        create_user(work, email=EMAIL, password=PASSWORD, role="viewer")
    app = create_app(place.settings, place.url)
    app.config.update(WTF_CSRF_ENABLED=False)
    browser = app.test_client()
    signing_in = {"email": EMAIL, "password": PASSWORD}
    assert browser.post("/sign-in", data=signing_in).status_code == 303
    assert browser.get("/runs").status_code == 200

    kill_database(place)
    answer = browser.get("/runs")
    changed = browser.post("/sign-in", data=signing_in)

    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == answer.headers["Refresh"]
    assert "The database does not answer" in answer.get_data(as_text=True)
    assert (changed.status_code, "Refresh" in changed.headers) == (503, False)
    place.server.revive()
    assert browser.get("/runs").status_code == 200
    app.extensions["polka"].engine.dispose()


def test_a_command_whose_database_is_killed_ends_in_a_sentence_and_is_resumed(place: Place) -> None:
    build.write(place.files, products=6_000, feed_count=1)
    importing = subprocess.Popen(
        [sys.executable, "-c", PIM, "import", str(place.files), "--json"],
        env=place.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    while not place.query("SELECT id FROM run WHERE parameters #> '{state,taken}' > '3'"):
        assert importing.poll() is None
    kill_database(place)
    _, said = importing.communicate(timeout=60)

    assert importing.returncode == 3
    assert "Traceback" not in said
    assert "The database does not answer" in said
    assert "pim run resume 1 goes on" in said

    [shown] = place.pim("run", "list")  # which starts the database again
    assert shown["state"] == "interrupted"
    resumed = place.pim("run", "resume", "1")
    assert (resumed["created"] > 6_000, resumed["rejected"]) == (True, 0)


def test_a_worker_brings_its_database_back_and_goes_on(place: Place) -> None:
    with place.process("worker") as worker:
        time.sleep(2)
        kill_database(place)
        deadline = time.monotonic() + 60
        while not _counts(place):
            assert time.monotonic() < deadline
            time.sleep(0.2)
        with place.engine() as engine, unit_of_work(engine) as work:
            number = enqueue_run(work, kind="project", label="after", parameters={}).id
        with closing(RunEye(place, number)) as eye:
            assert eye.wait(lambda seen: seen.ended, seconds=60).state == "done"
        assert worker.poll() is None


def _counts(place: Place) -> bool:
    try:
        return bool(place.query("SELECT count(*) FROM product"))
    except Exception:  # noqa: BLE001 - it is still down
        return False
