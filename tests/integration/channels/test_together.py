"""Several feeds at once: in processes side by side, by several workers, killed and cancelled."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import text

from channels.publication import together
from channels.publication.publish import PublishOptions
from channels.publication.rounds import Round
from channels.publication.service import publish_feed
from channels.publication.together import DIED, Done, crew, publish_several
from pim.db import runs
from pim.db.queue import enqueue_run
from pim.db.runs import Cancelled, Run, find_run
from pim.db.unit_of_work import unit_of_work
from tests.integration.channels.conftest import FEED, Shop
from tests.integration.channels.test_publication import CHEAPER, RED, whole

CODES = ("shop", "second", "third")


@pytest.fixture
def shops(shop: Shop) -> Shop:
    """Return the shop with three feeds that differ in their files."""
    shop.feed(code="second", options={"separator": ";"})
    shop.feed(code="third", exporter="json_lines", options={"item_id": "sku"})
    return shop


def publish(shop: Shop, *codes: str, processes: int | None = None, **options: bool) -> list[Done]:
    return publish_several(
        shop.engine,
        shop.settings,
        shop.projection,
        codes or CODES,
        PublishOptions(**options),
        processes=processes,
    )


def files(shop: Shop) -> dict[str, bytes]:
    return {
        f"{code}/{path.name}": path.read_bytes()
        for code in CODES
        for path in sorted(shop.folder(code=code).iterdir())
        if path.suffix in (".csv", ".jsonl")
    }


def test_processes_side_by_side_publish_the_bytes_of_one(shops: Shop) -> None:
    assert [each.feed for each in publish(shops)] == list(CODES)
    one = files(shops)

    done = publish(shops, processes=2)

    assert [each.feed for each in done] == list(CODES)
    assert files(shops) == one
    assert "POLARS_MAX_THREADS" not in os.environ
    with unit_of_work(shops.engine) as work:
        pids = work.session.scalars(text("SELECT count(DISTINCT id) FROM publication")).one()
    assert pids == 6


@pytest.mark.parametrize("processes", [1, 2])
def test_a_feed_that_fails_does_not_stop_the_others(
    shops: Shop, tmp_path: Path, processes: int
) -> None:
    with unit_of_work(shops.engine) as work:
        broken = {**FEED, "code": "second", "mapping": {**FEED["mapping"], "gone": "gone"}}
        work.session.execute(
            text("UPDATE feed SET document = CAST(:document AS json) WHERE code = 'second'"),
            {"document": json.dumps(broken)},
        )

    done = publish(shops, processes=processes)

    with unit_of_work(shops.engine) as work:
        rows = work.session.execute(
            text("SELECT f.code, p.state FROM publication p JOIN feed f ON f.id = p.feed_id")
        )
        states = {row.code: row.state for row in rows}
    assert states == {"shop": "published", "second": "failed", "third": "published"}
    assert all(each.publication for each in done)


@pytest.mark.slow
def test_a_process_that_is_killed_again_and_again_fails_its_feed_only(
    shops: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(Path(__file__).parents[3])]))
    monkeypatch.setattr(together, "_publish_here", dying)

    done = publish(shops, processes=2)

    with unit_of_work(shops.engine) as work:
        second = work.session.execute(
            text(
                "SELECT p.state, p.reasons FROM publication p JOIN feed f ON f.id = p.feed_id "
                "WHERE f.code = 'second' ORDER BY p.id DESC LIMIT 1"
            )
        ).one_or_none()
    assert second is None
    assert [(each.feed, each.error) for each in done if each.error] == [("second", DIED)]
    assert whole(shops.folder())
    assert whole(shops.folder(code="third"))


def dying(code: str, options: PublishOptions) -> Done:
    """Publish, and kill the process where it is the second feed's turn."""
    if code == "second":
        os.kill(os.getpid(), signal.SIGKILL)
    here = together._here[0]
    return together._publish(
        here.engine, here.settings, here.projection, code, options, here.shared
    )


def test_a_crew_fits_cores_feeds_and_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(together, "cores", lambda: 8)

    assert crew(3, 1000) == 3
    assert crew(41, 1000) <= 8
    assert crew(41, 10**9) == 1


def test_memory_is_the_containers_where_it_has_a_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit = tmp_path / "memory.max"
    monkeypatch.setattr(together, "CONTAINER", limit)
    machine = together.memory()
    limit.write_text("max\n")
    assert together.memory() == machine
    limit.write_text(f"{machine // 2}\n")
    assert together.memory() == machine // 2


def test_a_round_asks_once_what_all_deltas_need(
    shops: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(shops)
    shops.bulk(RED, CHEAPER)
    shops.projection.refresh()
    asked = []
    found = Round.whole_groups
    monkeypatch.setattr(
        Round, "whole_groups", lambda *given: asked.append(found(*given)) or asked[-1]
    )

    done = publish(shops, delta=True)

    assert len(done) == 3
    assert len({id(each) for each in asked}) == 1
    with unit_of_work(shops.engine) as work:
        changed = work.session.scalars(
            text("SELECT changed FROM publication ORDER BY id DESC LIMIT 3")
        ).all()
    assert changed == [5, 5, 5]


def test_deltas_that_are_much_work_move_to_processes(
    shops: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(shops)
    shops.bulk(RED, CHEAPER)
    monkeypatch.setattr(together, "PATIENCE", 0.0)
    monkeypatch.setattr(together, "WARMING", 0.0)
    monkeypatch.setattr(together, "cores", lambda: 2)

    done = publish(shops, delta=True)

    assert [each.feed for each in done] == list(CODES)
    with unit_of_work(shops.engine) as work:
        changed = work.session.scalars(
            text("SELECT changed FROM publication WHERE kind = 'delta'")
        ).all()
    assert changed == [5, 5, 5]


def test_what_the_first_delta_works_out_for_all_starts_no_process(
    shops: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(shops)
    monkeypatch.setattr(together, "PATIENCE", 0.0)
    monkeypatch.setattr(together, "WARMING", 600.0)
    monkeypatch.setattr(together, "cores", lambda: 2)
    monkeypatch.delattr(together, "_side_by_side")

    done = publish(shops, delta=True)

    assert [each.feed for each in done] == list(CODES)
    assert all(each.publication and each.error is None for each in done)


def test_a_publication_tells_its_steps_and_is_cancelled_between_them(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("channels.publication.progress.EVERY", 0.0)
    shop.publish()
    before = shop.text()
    shop.bulk(RED, CHEAPER)
    stages: list[str] = []
    with unit_of_work(shop.engine) as work:
        run = Run(kind="publish", state="running", parameters={"feed": "shop"})
        work.session.add(run)
        work.session.flush()
        run_id = run.id

    monkeypatch.setattr("pim.db.runs.heed_cancel", cancelling(shop, run_id, stages))
    with unit_of_work(shop.engine) as work, pytest.raises(Cancelled):
        publish_feed(
            work,
            shop.settings,
            shop.projection,
            "shop",
            PublishOptions(),
            run=find_run(work.session, run_id),
        )

    assert stages == ["", "mapping", "comparing"]
    assert shop.text() == before
    with unit_of_work(shop.engine) as work:
        assert find_run(work.session, run_id).state == "cancelled"
    assert shop.publish().changed == 5


def cancelling(shop: Shop, run_id: int, stages: list[str]):  # type: ignore[no-untyped-def]
    """Return a `heed_cancel` before which somebody cancels the run while it is compared."""
    heed = runs.heed_cancel

    def watched(session, run):  # type: ignore[no-untyped-def]
        stages.append(run.stage)
        if run.stage == "comparing":
            with shop.engine.begin() as other:
                other.execute(
                    text("UPDATE run SET cancel_requested = true WHERE id = :run"), {"run": run_id}
                )
        heed(session, run)

    return watched


SCRIPT = "from pim.cli import main; main()"


@contextmanager
def running(shop: Shop, url: str, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    environment = {
        **os.environ,
        "PYTHONPATH": str(Path(__file__).parents[3]),
        "PIM_HOME": str(shop.settings.home),
        "PIM_DATABASE_URL": url,
    }
    child = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, *arguments],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield child
    finally:
        child.kill()
        child.wait()


@pytest.mark.slow
def test_a_kill_of_the_command_at_any_moment_leaves_whole_files_and_no_process(
    shops: Shop, database: str
) -> None:
    publish(shops)
    before = files(shops)
    for pause in (1.5, 2.2, 3.0):
        with running(shops, database, "feed", "publish", "--all", "--processes", "2") as child:
            time.sleep(pause)
            group = os.getpgid(child.pid)
            child.kill()
            child.wait()
        until = time.monotonic() + 20
        while alone_in(group) is False and time.monotonic() < until:
            time.sleep(0.1)
        assert alone_in(group)  # the processes of a dead command end by themselves
        assert files(shops) == before
        assert all(whole(shops.folder(code=code)) for code in CODES)
    assert all(each.publication for each in publish(shops))
    with unit_of_work(shops.engine) as work:
        left = work.session.scalar(text("SELECT count(*) FROM publication WHERE state = 'running'"))
    assert left == 0


def alone_in(group: int) -> bool:
    """Tell whether no process of a group is left."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return True
    return False


@pytest.mark.slow
def test_two_workers_take_different_feeds_at_the_same_time(shop: Shop, database: str) -> None:
    codes = [f"feed_{n}" for n in range(6)]
    for code in codes:
        shop.feed(code=code)
    shop.projection.refresh()
    with running(shop, database, "worker"), running(shop, database, "worker"):
        wait_for(shop, "SELECT count(*) FROM procrastinate_workers", 2)
        with unit_of_work(shop.engine) as work:
            queued = [
                enqueue_run(work, kind="publish", label=code, parameters={"feed": code}).id
                for code in codes
            ]
        wait_for(shop, "SELECT count(*) FROM run WHERE kind = 'publish' AND state = 'done'", 6)
    with unit_of_work(shop.engine) as work:
        found = [find_run(work.session, run) for run in queued]
        spans = [(run.started, run.finished) for run in found]
    overlapping = [
        (one, other)
        for one in spans
        for other in spans
        if one is not other and one[0] <= other[0] < one[1]
    ]
    assert overlapping
    assert all(whole(shop.folder(code=code)) for code in codes)


def wait_for(shop: Shop, query: str, wanted: int) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        with shop.engine.connect() as connection:
            if connection.scalar(text(query)) >= wanted:
                return
        time.sleep(0.1)
    raise AssertionError(query)
