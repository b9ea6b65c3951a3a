"""Imports that stop half-way keep whole chunks, and end as if they had never stopped."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from typing import Any

import pytest

from importers.contract import ReadOptions
from pim.db.engine import create_engine
from pim.db.run_locks import carrying_out
from pim.db.runs import Cancelled, Run, find_run
from pim.db.unit_of_work import Work, unit_of_work
from pim.errors import Refused
from pim.staging.imports import ImportOptions, ImportResult, ImportRun
from tests.factories.catalogue import MODELS, PRODUCTS, Catalogue
from tests.postgres import Server

EXTRA = tuple({"sku": f"extra{n}", "family": "care", "stock": str(n)} for n in range(4))
BROKEN = ({"sku": "broken", "family": "boats"},)


class Killed(BaseException):
    """The process dies at a commit."""


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cut files into batches of two rows, so that a small import has many chunks."""
    defaults = ReadOptions.__init__.__kwdefaults__
    assert defaults is not None
    monkeypatch.setitem(defaults, "batch_rows", 2)


def files(catalogue: Catalogue) -> list[Path]:
    """Return a folder with a structure file, models and products."""
    folder = catalogue.folder / "delivery"
    catalogue.sheet({"code": "attic", "parent": "master"}, name="categories.csv")
    catalogue.sheet(*MODELS, name="product_models.csv")
    catalogue.sheet(*PRODUCTS, *EXTRA, *BROKEN, name="products.csv")
    folder.mkdir()
    for name in ("categories", "product_models", "products"):
        (catalogue.folder / f"{name}.csv").rename(folder / f"{name}.csv")
    return [folder]


def start(catalogue: Catalogue, work: Work) -> ImportRun:
    return ImportRun.begin(work, catalogue.settings, files(catalogue), ImportOptions())


def stopped(catalogue: Catalogue, at: int, kind: type[BaseException]) -> tuple[int | None, bool]:
    """Run an import that stops at its n-th commit; return the run, and whether it came to that."""
    commits = count()

    def commit(work: Work, *, plain: Any = Work.commit) -> None:
        if next(commits) == at:
            raise kind
        plain(work)

    with pytest.MonkeyPatch.context() as patch, unit_of_work(catalogue.engine) as work:
        importing = start(catalogue, work)
        patch.setattr(Work, "commit", commit)
        if kind is Killed:  # a killed process notes nothing any more
            patch.setattr(ImportRun, "_fail", lambda _self, _error: None)
        try:
            importing.finish()
        except kind:
            return importing.run.id, True
        return importing.run.id, False


def resumed(catalogue: Catalogue, run_id: int | None) -> ImportResult:
    with unit_of_work(catalogue.engine) as work:
        return ImportRun.again(
            work, catalogue.settings, find_run(work.session, run_id or 0)
        ).finish()


def run_of(catalogue: Catalogue, run_id: int | None) -> Run:
    with unit_of_work(catalogue.engine) as work:
        return find_run(work.session, run_id or 0)


@pytest.mark.usefixtures("small_batches")
@pytest.mark.parametrize("kind", [Killed, RuntimeError])
def test_stopped_at_any_commit_it_ends_as_if_it_had_not(
    shelf: Catalogue, kind: type[BaseException], server: Server, tmp_path: Path
) -> None:
    url = shelf.engine.url.render_as_string(hide_password=False)
    shelf.engine.dispose()
    ends = []
    was_stopped = True
    for at in count(step=3):
        with server.database(like=url) as copy:
            engine = create_engine(copy)
            part = Catalogue(engine, shelf.settings, tmp_path / f"{kind.__name__}{at}")
            try:
                run_id, was_stopped = stopped(part, at, kind)
                if was_stopped:
                    resumed(part, run_id)
                ends.append((names_and_values(part), figures(part, run_id)))
            finally:
                engine.dispose()
        if not was_stopped:
            break
    assert len(ends) > 4
    assert all(end == ends[-1] for end in ends)


def figures(catalogue: Catalogue, run_id: int | None) -> dict[str, Any]:
    """Return the counts of each file, by its name."""
    run = run_of(catalogue, run_id)
    assert run.state == "done"
    return {Path(name).name: counts for name, counts in (run.result or {})["files"].items()}


def names_and_values(catalogue: Catalogue) -> list[Any]:
    """Return what an import wrote, ids aside (they are drawn anew for a repeated chunk)."""
    queries = (
        "SELECT identifier, values, enabled, cardinality(categories) FROM product ORDER BY 1",
        "SELECT code, values FROM product_model ORDER BY 1",
        """SELECT coalesce(p.identifier, m.code), h.action, h.source_row FROM history h
        LEFT JOIN product p ON p.id = h.entity_id LEFT JOIN product_model m ON m.id = h.entity_id
        ORDER BY 1, 2""",
        'SELECT "row", code FROM import_violation ORDER BY 1, 2',
        "SELECT code FROM category ORDER BY 1",
        "SELECT count(*) FROM change_set WHERE state = 'done'",
    )
    return [[tuple(row) for row in catalogue.query(query)] for query in queries]


@pytest.mark.usefixtures("small_batches")
def test_an_error_is_noted_on_the_run_and_whole_chunks_stay(shelf: Catalogue) -> None:
    run_id, _ = stopped(shelf, 7, RuntimeError)

    run = run_of(shelf, run_id)
    counted = sum(f["created"] for f in run.parameters["state"]["files"].values())
    assert (run.state, run.error) == ("failed", "RuntimeError: ")
    assert counted == len(shelf.names()) + 1  # and the category
    [[state, counts]] = shelf.query(
        "SELECT state, counts FROM change_set WHERE run_id = :r", r=run_id
    )
    assert (state, counts["created"]) == ("failed", counted)


@pytest.mark.usefixtures("small_batches")
def test_what_a_failed_import_wrote_is_undone_and_then_not_resumed(shelf: Catalogue) -> None:
    run_id, _ = stopped(shelf, 7, RuntimeError)
    [[change_set]] = shelf.query("SELECT id FROM change_set WHERE run_id = :r", r=run_id)

    shelf.undo(change_set)

    assert shelf.names() == []
    with pytest.raises(Refused, match="was undone"):
        resumed(shelf, run_id)


@pytest.mark.usefixtures("small_batches")
def test_a_cancelled_import_stops_after_its_chunk_and_can_go_on(shelf: Catalogue) -> None:
    def cancel(_done: int, _total: int, stage: str) -> None:
        if stage == "products":
            shelf.execute("UPDATE run SET cancel_requested = true")

    with unit_of_work(shelf.engine) as work:
        importing = start(shelf, work)
        importing.progress = cancel
        with pytest.raises(Cancelled):
            importing.finish()
    run = run_of(shelf, importing.run.id)
    assert run.state == "cancelled"
    assert 0 < shelf.count("product") < len(PRODUCTS)

    result = resumed(shelf, run.id)

    assert result.counts.rejected == 1
    assert shelf.count("product") == len(PRODUCTS) + len(EXTRA)


def test_one_run_is_carried_out_by_one_process(shelf: Catalogue) -> None:
    with unit_of_work(shelf.engine) as work:
        importing = start(shelf, work)
        with (
            carrying_out(shelf.engine, importing.run.id),
            pytest.raises(Refused, match="another process"),
        ):
            importing.finish()


def test_an_import_that_cannot_begin_leaves_a_failed_run_and_no_change_set(
    shelf: Catalogue,
) -> None:
    path = shelf.sheet({"nothing": "known"}, name="mystery.csv")

    with pytest.raises(Refused, match="neither its name nor its header"):
        shelf.take(path)

    assert [tuple(r) for r in shelf.query("SELECT state FROM run ORDER BY id DESC LIMIT 1")] == [
        ("failed",)
    ]
    assert shelf.query("SELECT 1 FROM change_set WHERE label = 'mystery.csv'") == []
