"""Bulk edits and undos that wait in the queue: carried out, cancelled, and resumed by others."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from pim.db.queue import enqueue_run, requeue_run
from pim.db.runs import Run, find_run
from pim.db.unit_of_work import unit_of_work
from pim.jobs import tasks, tick
from pim.jobs.context import JobContext
from pim.jobs.watch import Watch
from tests.factories.catalogue import Catalogue

STOCK = {"where": {}, "do": [{"type": "set", "field": "stock", "value": 77}]}


class Killed(BaseException):
    """The worker's process dies."""


@pytest.fixture
def context(catalogue: Catalogue) -> Iterator[JobContext]:
    """Return what a worker works with."""
    context = JobContext(catalogue.settings, str(catalogue.settings.database_url))
    yield context
    context.projection.close()
    context.engine.dispose()


def queued(catalogue: Catalogue, kind: str, parameters: dict[str, Any]) -> int:
    with unit_of_work(catalogue.engine) as work:
        return enqueue_run(work, kind=kind, label=kind, parameters=parameters).id


def run_of(catalogue: Catalogue, number: int) -> Run:
    with unit_of_work(catalogue.engine) as work:
        return find_run(work.session, number)


def last_change_set(catalogue: Catalogue) -> int:
    return int(catalogue.query("SELECT max(id) FROM change_set")[0][0])


def die(*_: object) -> None:
    raise Killed


def watch_that(does: Callable[..., object]) -> Callable[..., Watch]:
    """Return what makes the watches of runs, which then do something at each chunk."""
    return lambda engine, run_id: Watch(engine, run_id, show=does)


def test_an_edit_and_its_undo_are_carried_out_by_workers(
    catalogue: Catalogue, context: JobContext
) -> None:
    before = catalogue.state()

    edit = queued(catalogue, "bulk", STOCK)
    tasks.carry_out(context, "bulk", edit)
    edited = run_of(catalogue, edit)
    undoing = queued(catalogue, "undo", {"change_set": last_change_set(catalogue)})
    tasks.carry_out(context, "undo", undoing)

    assert (edited.state, (edited.result or {})["written"], edited.done) == ("done", 6, 6)
    undone = run_of(catalogue, undoing)
    assert (undone.state, (undone.result or {})["restored"]) == ("done", 6)
    assert catalogue.state() == before


@pytest.mark.usefixtures("small_chunks")
def test_another_worker_goes_on_with_the_edit_of_a_dead_one(
    catalogue: Catalogue, context: JobContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = queued(catalogue, "bulk", STOCK)
    monkeypatch.setattr("pim.editing.bulk.BulkEdit._fail", lambda *_: None)
    monkeypatch.setattr(tasks, "Watch", watch_that(die))
    with pytest.raises(Killed):
        tasks.carry_out(context, "bulk", number)
    monkeypatch.undo()
    written = "SELECT count(*) FROM product WHERE values #>> '{stock,<all>,<all>}' = '77'"
    assert 0 < catalogue.query(written)[0][0] < 6

    assert tick.take_over(catalogue.engine) == 1
    assert run_of(catalogue, number).state == "queued"
    tasks.carry_out(context, "bulk", number)

    ended = run_of(catalogue, number)
    assert (ended.state, (ended.result or {})["written"]) == ("done", 6)


def test_a_cancelled_undo_is_resumed_from_where_it_was(
    catalogue: Catalogue, context: JobContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = catalogue.state()
    tasks.carry_out(context, "bulk", queued(catalogue, "bulk", STOCK))
    monkeypatch.setattr("pim.products.reverting.undone.CHUNK", 2)
    undoing = queued(catalogue, "undo", {"change_set": last_change_set(catalogue)})
    cancel = "UPDATE run SET cancel_requested = true WHERE kind = 'undo'"
    monkeypatch.setattr(tasks, "Watch", watch_that(lambda *_: catalogue.execute(cancel)))
    tasks.carry_out(context, "undo", undoing)
    monkeypatch.undo()
    stopped = run_of(catalogue, undoing)
    assert stopped.state == "cancelled"
    assert 0 < (stopped.result or {})["restored"] < 6

    with unit_of_work(catalogue.engine) as work:
        requeue_run(work, find_run(work.session, undoing))
    tasks.carry_out(context, "undo", undoing)

    ended = run_of(catalogue, undoing)
    assert (ended.state, (ended.result or {})["restored"]) == ("done", 6)
    assert catalogue.state() == before
    kinds = catalogue.query("SELECT kind, state FROM change_set ORDER BY id DESC LIMIT 2")
    assert [tuple(row) for row in kinds] == [("undo", "done"), ("bulk", "undone")]
