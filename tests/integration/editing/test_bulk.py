"""Bulk edits as a whole: dry runs, undo, cancelling, kills, and what changes meanwhile."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from pim.db import runs
from pim.db.run_locks import is_carried_out
from pim.db.unit_of_work import unit_of_work
from pim.domain.conditions import parse
from pim.editing.bulk import BulkResult
from pim.editing.interruptions import settle
from pim.editing.selection import select
from pim.errors import Refused
from tests.factories.catalogue import Catalogue
from tests.integration.editing.conftest import Editor

PRICED = {"field": "price", "operator": "NOT EMPTY"}
SHOES = {"field": "family", "operator": "=", "value": "shoes"}
CHEAPER = {"type": "calculate", "field": "price", "percent": -20}


def test_undo_keeps_what_was_edited_since(catalogue: Catalogue, editor: Editor) -> None:
    catalogue.rows("products", {"sku": "wax", "price-EUR": "123.00"})
    change = editor.bulk({"field": "family", "operator": "=", "value": "care"}, CHEAPER)
    catalogue.rows("products", {"sku": "wax", "price-EUR": "90.00"})

    undone = catalogue.undo(change.change_set)

    assert undone.kept_cells == [
        {"identifier": "wax", "field": "price-EUR", "ours": "98.4", "theirs": "90"}
    ]
    assert catalogue.value("wax", "price") == {"EUR": "90"}


@pytest.mark.parametrize(
    "do",
    [
        [CHEAPER],
        [{"type": "set", "field": "brand", "value": "acme"}, {"type": "disable"}],
        [{"type": "calculate", "field": "stock", "add": -1}, {"type": "clear", "field": "vegan"}],
        [{"type": "set", "field": "brand", "value": "polka"}],
    ],
)
def test_a_dry_run_predicts_exactly_and_writes_nothing(
    catalogue: Catalogue, editor: Editor, do: list[dict[str, Any]]
) -> None:
    state, written = catalogue.state(), catalogue.written()

    predicted = editor.bulk({}, *do, dry_run=True)

    assert (catalogue.state(), catalogue.written()) == (state, written)
    assert not catalogue.settings.runs.joinpath("1").joinpath("selection.parquet").exists()
    assert predicted.change_set is None
    done = editor.bulk({}, *do)
    assert {**vars(done), "change_set": None} == vars(predicted)


def test_an_edit_that_changes_nothing_leaves_no_change_set(
    catalogue: Catalogue, editor: Editor
) -> None:
    written = catalogue.written()

    result = editor.bulk(
        SHOES,
        {"type": "enable"},
        {"type": "set", "field": "brand", "value": "acme", "only_empty": True},
        {"type": "remove", "field": "materials", "items": ["cork"]},
    )

    moc = 1  # the brand of the one model that had none
    assert result.changed == moc
    clear = {"type": "clear", "field": "offer", "scope": "*"}
    assert editor.bulk(SHOES, clear).changed == 1
    again = editor.bulk(SHOES, {"type": "enable"}, clear)
    assert (again.change_set, again.changed, again.written) == (None, 0, 0)
    assert catalogue.written()["change_set"] - written["change_set"] == 1 + moc


@pytest.mark.usefixtures("small_chunks")
def test_rows_that_no_longer_meet_the_condition_are_not_written(
    catalogue: Catalogue, editor: Editor
) -> None:
    """The wax is renamed after the selection was frozen and before its chunk is written."""

    def rename() -> None:
        catalogue.execute(
            "UPDATE product SET values = jsonb_set(values, '{name,<all>,en_GB}', '\"Balm\"')"
            " WHERE identifier = 'wax'"
        )

    named = {"field": "name", "operator": "IN", "locale": "en_GB", "value": ["Wax", "Derby"]}
    do = {"type": "set", "field": "name", "locale": "de_DE", "value": "Neu"}

    result = editor.bulk(named, do, progress=editor.during(rename))

    assert catalogue.value("wax", "name", "<all>", "de_DE") is None
    assert catalogue.value("derby", "name", "<all>", "de_DE") == "Neu"
    assert (result.selected, result.left_out, result.written, result.changed) == (4, 1, 1, 1)
    assert result.violations[0]["identifier"] == "wax"
    assert result.violations[0]["code"] == "no_longer_matches"


@pytest.mark.usefixtures("small_chunks")
@pytest.mark.parametrize(("sold", "brand_of_derby", "written"), [(1, "acme", 2), (4, "polka", 0)])
def test_an_owner_is_written_while_one_selected_product_below_it_meets_the_condition(
    catalogue: Catalogue, editor: Editor, sold: int, brand_of_derby: str, written: int
) -> None:
    """Some sizes of the shoes are switched off after the selection was frozen."""
    names = ["DRB-BLK-41", "DRB-BLK-42", "DRB-COG-41", "MOC-41"][:sold]
    where = {"all": [SHOES, {"field": "enabled", "operator": "=", "value": True}]}
    brand = {"type": "set", "field": "brand", "value": "acme"}
    with unit_of_work(catalogue.engine) as work:
        edit = editor.edit(work, where, brand)
        frozen = select(editor.projection, parse(where, edit.structure), work.clock())
    catalogue.execute(
        "UPDATE product SET enabled = false WHERE identifier = ANY(:names)", names=names
    )

    with unit_of_work(catalogue.engine) as work:
        run = runs.start_run(
            work, kind="bulk", parameters={"where": where, "do": [brand], "chunk": 0,
                                           "now": work.clock().isoformat()},
        )  # fmt: skip
        run.result = BulkResult(selected=frozen.rows.height).document()
        frozen.save(catalogue.settings.runs / str(run.id))
    result = editor.resume(run.id)

    assert (result.selected, result.left_out, result.written) == (4, sold, written)
    assert catalogue.value("derby", "brand") == brand_of_derby


@pytest.mark.usefixtures("small_chunks")
def test_a_cancelled_edit_stops_after_its_chunk_and_can_be_undone_or_resumed(
    catalogue: Catalogue, editor: Editor
) -> None:
    before = catalogue.state()
    cancel = editor.during(lambda: catalogue.execute("UPDATE run SET cancel_requested = true"))

    result = editor.bulk({}, {"type": "set", "field": "stock", "value": 77}, progress=cancel)

    assert result.written == 3
    run, state = catalogue.query("SELECT id, state FROM run WHERE kind = 'bulk'")[0]
    assert state == "cancelled"
    assert catalogue.query("SELECT state FROM change_set ORDER BY id DESC")[0][0] == "cancelled"
    resumed = editor.resume(run)
    assert (resumed.change_set, resumed.written, resumed.selected) == (result.change_set, 6, 6)
    with pytest.raises(Refused):
        editor.resume(run)
    catalogue.undo(result.change_set)
    assert catalogue.state() == before


def test_a_killed_edit_leaves_whole_chunks_and_is_resumed(
    catalogue: Catalogue, editor: Editor, killed: int
) -> None:
    written = "SELECT count(*) FROM product WHERE values #>> '{stock,<all>,<all>}' = '77'"
    assert catalogue.query(written)[0][0] == 3
    assert catalogue.query("SELECT state FROM change_set ORDER BY id DESC")[0][0] == "running"

    result = editor.resume(killed)

    assert (result.selected, result.written, result.changed) == (6, 6, 6)
    assert catalogue.query("SELECT state FROM change_set ORDER BY id DESC")[0][0] == "done"


def test_a_killed_edit_is_closed_and_undone(catalogue: Catalogue, killed: int) -> None:
    change_set = int(catalogue.query("SELECT max(id) FROM change_set")[0][0])
    with pytest.raises(Refused):
        catalogue.undo(change_set)

    with unit_of_work(catalogue.engine) as work:
        settle(work)

    state, counts = catalogue.query(
        "SELECT state, counts FROM change_set WHERE id = :id", id=change_set
    )[0]
    assert (state, counts["written"], counts["changed"]) == ("failed", 3, 3)
    assert catalogue.query("SELECT state FROM run WHERE id = :id", id=killed)[0][0] == "interrupted"
    assert catalogue.undo(change_set).restored == 3


def test_a_run_that_is_being_carried_out_is_not_taken_up_by_another(
    catalogue: Catalogue, editor: Editor
) -> None:
    seen: list[bool] = []

    def look() -> None:
        run = catalogue.query("SELECT id FROM run WHERE kind = 'bulk'")[0][0]
        with unit_of_work(catalogue.engine) as work:
            seen.append(is_carried_out(work.session, run))
            seen.append(bool(settle(work)))
        with pytest.raises(Refused, match="another process"):
            editor.resume(run)

    result = editor.bulk(SHOES, CHEAPER, progress=editor.during(look))

    assert seen == [True, False]
    assert catalogue.query("SELECT state FROM run WHERE kind = 'bulk'")[0][0] == "done"
    assert result.change_set


def test_an_edit_that_fails_keeps_its_chunks_and_says_why(
    catalogue: Catalogue, editor: Editor, small_chunks: None
) -> None:
    def break_it() -> None:
        catalogue.execute("ALTER TABLE history ADD CHECK (entity_id < 0) NOT VALID")

    with pytest.raises(Exception, match="history"):
        editor.bulk({}, {"type": "set", "field": "stock", "value": 77},
                    progress=editor.during(break_it))  # fmt: skip

    state, error = catalogue.query("SELECT state, error FROM run WHERE kind = 'bulk'")[0]
    assert state == "failed"
    assert "history" in error
    assert catalogue.query("SELECT state, counts ->> 'written' FROM change_set ORDER BY id DESC")[
        0
    ] == ("failed", "3")


def test_the_projection_shows_an_edit(catalogue: Catalogue, editor: Editor) -> None:
    editor.bulk(SHOES, {"type": "set", "field": "brand", "value": "acme"})

    acme = {"field": "brand", "operator": "=", "value": "acme"}
    assert editor.bulk(acme, {"type": "disable"}).selected == 4
    assert catalogue.query("SELECT count(*) FROM product WHERE NOT enabled")[0][0] == 5


def test_relative_dates_keep_their_moment_when_an_edit_is_resumed(
    catalogue: Catalogue, editor: Editor
) -> None:
    recent = {"field": "updated", "operator": "SINCE LAST N DAYS", "value": 1}

    result = editor.bulk(recent, {"type": "disable"})

    assert result.selected == 6
    stored = catalogue.query("SELECT parameters ->> 'now' FROM run WHERE kind = 'bulk'")[0][0]
    assert datetime.fromisoformat(stored).tzinfo is not None
