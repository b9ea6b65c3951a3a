"""Deleting to the bin, and coming back from it."""

from __future__ import annotations

from typing import Any

import pytest

from pim.db.unit_of_work import unit_of_work
from pim.editing.bulk import BulkResult
from pim.errors import Refused
from pim.products.bin import Deleted, empty_bin, list_bin
from tests.factories.catalogue import Catalogue
from tests.integration.editing.conftest import Editor

DELETE, RESTORE = {"type": "delete"}, {"type": "restore"}
STYLE = ["DRB-BLK-41", "DRB-BLK-42", "DRB-COG-41", "derby", "derby-black", "derby-cognac"]


def delete(editor: Editor, *names: str, **more: Any) -> BulkResult:
    return editor.bulk({}, DELETE, selection={"picked": list(names)}, **more)


def restore(editor: Editor, *names: str, **more: Any) -> BulkResult:
    return editor.bulk({}, RESTORE, selection={"identifiers": list(names)}, **more)


def in_bin(catalogue: Catalogue) -> list[Deleted]:
    with unit_of_work(catalogue.engine) as work:
        found, count = list_bin(work.session)
    assert len(found) == count
    return found


def told(result: BulkResult) -> dict[str, list[str]]:
    """Return what was said of each row, by code."""
    codes: dict[str, list[str]] = {}
    for violation in result.violations:
        codes.setdefault(violation["code"], []).append(violation["identifier"])
    return codes


def test_a_product_comes_back_from_the_bin_as_it_was(catalogue: Catalogue, editor: Editor) -> None:
    before, wax = catalogue.state(), catalogue.document("wax")

    gone = delete(editor, "WAX")

    assert (gone.selected, gone.changed, gone.written) == (1, 1, 1)
    assert "wax" not in catalogue.names()
    assert not catalogue.query("SELECT 1 FROM unique_value WHERE entity_id = :id", id=wax["id"])
    [entry] = in_bin(catalogue)
    assert (entry.identifier, entry.kind, entry.change_set) == ("wax", "product", gone.change_set)

    back = restore(editor, "Wax")

    assert (back.selected, back.changed, back.reached) == (1, 1, 1)
    assert catalogue.state() == before
    assert catalogue.document("wax")["version"] > wax["version"]
    assert in_bin(catalogue) == []


def test_a_style_goes_with_all_that_stands_below_it_and_says_so_first(
    catalogue: Catalogue, editor: Editor
) -> None:
    state, written = catalogue.state(), catalogue.written()

    dry = delete(editor, "derby", dry_run=True)

    assert (catalogue.state(), catalogue.written()) == (state, written)
    assert (dry.selected, dry.changed, dry.invalid) == (6, 6, 0)
    assert told(dry)["taken_along"] == ["derby", "derby-black", "derby-cognac"]
    along = next(v for v in dry.violations if v["identifier"] == "derby")
    assert along["message"].endswith("2 colourways, 3 products.")

    gone = delete(editor, "derby")

    assert {**vars(gone), "change_set": None} == vars(dry)
    assert [n for n in STYLE if n in catalogue.names()] == []
    assert sorted(str(entry.identifier) for entry in in_bin(catalogue)) == sorted(STYLE)

    back = restore(editor, "derby")

    assert (back.selected, back.changed) == (6, 6)
    assert catalogue.state() == state


def test_who_links_to_what_goes_is_told(catalogue: Catalogue, editor: Editor) -> None:
    dry = delete(editor, "DRB-BLK-41", "DRB-BLK-42", dry_run=True)

    assert told(dry)["linked_from"] == ["DRB-BLK-41", "DRB-BLK-42"]
    assert "1 others" in dry.violations[0]["message"]
    assert "wax" in dry.violations[0]["message"]
    assert "linked_from" not in told(delete(editor, "wax", "laces", dry_run=True))


def test_links_and_memberships_of_others_work_again_after_a_return(
    catalogue: Catalogue, editor: Editor
) -> None:
    linked = catalogue.document("wax")["associations"]
    delete(editor, "DRB-BLK-41")
    assert catalogue.document("wax")["associations"] == linked

    restore(editor, "DRB-BLK-41")

    products = catalogue.document("wax")["associations"]["X_SELL"]["products"]
    assert str(catalogue.document("DRB-BLK-41")["id"]) in products


def test_a_model_stays_while_something_below_it_is_not_chosen(
    catalogue: Catalogue, editor: Editor
) -> None:
    chosen = {"picked": ["derby"], "excluded": ["DRB-COG-41"]}

    result = editor.bulk({}, DELETE, selection=chosen)

    assert (result.selected, result.changed, result.invalid) == (5, 3, 2)
    assert told(result)["stands_below"] == ["derby", "derby-cognac"]
    left = [name for name in STYLE if name in catalogue.names()]
    assert left == ["DRB-COG-41", "derby", "derby-cognac"]


def test_a_variant_brings_back_the_models_that_it_needs_alone(
    catalogue: Catalogue, editor: Editor
) -> None:
    delete(editor, "derby")

    back = restore(editor, "drb-blk-42")

    assert (back.selected, back.changed) == (3, 3)
    assert [n for n in STYLE if n in catalogue.names()] == ["DRB-BLK-42", "derby", "derby-black"]


def test_a_name_that_was_taken_meanwhile_keeps_its_old_bearer_out(
    catalogue: Catalogue, editor: Editor
) -> None:
    delete(editor, "wax")
    catalogue.rows("products", {"sku": "WAX", "family": "care", "ean": "4006381333962"})

    result = restore(editor, "wax")

    assert (result.selected, result.changed, result.invalid) == (1, 0, 1)
    assert told(result) == {"taken": ["wax"]}
    assert "Rename" in result.violations[0]["mend"]
    assert result.change_set is None

    catalogue.execute("UPDATE product SET identifier = 'new wax' WHERE identifier = 'WAX'")
    again = restore(editor, "wax")

    assert (again.changed, told(again)) == (1, {"value_taken": ["wax"]})
    assert catalogue.value("wax", "ean") is None
    assert catalogue.value("new wax", "ean") == "4006381333962"


def test_a_deletion_is_undone_and_so_is_a_return(catalogue: Catalogue, editor: Editor) -> None:
    before = catalogue.state()
    gone = delete(editor, "derby", "wax")
    catalogue.undo(gone.change_set)
    assert catalogue.state() == before
    assert in_bin(catalogue) == []

    delete(editor, "wax")
    back = restore(editor, "wax")
    catalogue.undo(back.change_set)

    assert [entry.identifier for entry in in_bin(catalogue)] == ["wax"]


def test_a_change_set_of_deletions_comes_back_by_its_number(
    catalogue: Catalogue, editor: Editor
) -> None:
    before = catalogue.state()
    first, second = delete(editor, "derby"), delete(editor, "laces")

    of_first = {"field": "change_set", "operator": "=", "value": first.change_set}
    assert editor.bulk({}, RESTORE, selection={"where": of_first}).changed == 6
    assert [entry.change_set for entry in in_bin(catalogue)] == [second.change_set]

    of_second = {"field": "change_set", "operator": "=", "value": second.change_set}
    editor.bulk(of_second, RESTORE)
    assert catalogue.state() == before


def test_the_newest_of_several_deletions_of_a_name_comes_back(
    catalogue: Catalogue, editor: Editor
) -> None:
    delete(editor, "wax")
    catalogue.rows("products", {"sku": "wax", "family": "care", "name-en_GB": "Second"})
    delete(editor, "wax")
    assert len(in_bin(catalogue)) == 2

    restore(editor, "wax")

    assert catalogue.value("wax", "name", locale="en_GB") == "Second"
    assert len(in_bin(catalogue)) == 1


def test_an_emptied_bin_gives_nothing_back_and_history_still_tells(
    catalogue: Catalogue, editor: Editor
) -> None:
    gone = delete(editor, "wax")
    moment = catalogue.query("SELECT now() - interval '1 hour', now()")[0]
    assert empty_bin(catalogue.engine, before=moment[0]) == 0
    assert empty_bin(catalogue.engine, before=moment[1]) == 1
    assert empty_bin(catalogue.engine, before=moment[1]) == 0

    assert in_bin(catalogue) == []
    assert restore(editor, "wax").unknown == ["wax"]
    undone = catalogue.undo(gone.change_set)
    assert (undone.restored, undone.kept) == (0, 1)
    kept = "SELECT before ->> 'identifier' FROM history WHERE action = 2"
    assert catalogue.query(kept) == [("wax",)]


@pytest.mark.usefixtures("small_chunks")
def test_a_variant_that_comes_below_a_style_meanwhile_keeps_the_style(
    catalogue: Catalogue, editor: Editor
) -> None:
    """The wax is in the first chunk; before the style's turn a size joins it."""
    catalogue.execute("UPDATE product SET id = 0 WHERE identifier = 'wax'")
    new = {"sku": "MOC-42", "parent": "moc", "size": "42"}

    result = delete(editor, "wax", "moc",
                    progress=editor.during(lambda: catalogue.rows("products", new)))  # fmt: skip

    assert (result.changed, result.invalid) == (2, 1)
    assert told(result)["stands_below"] == ["moc"]
    assert {"moc", "MOC-42"} <= set(catalogue.names())


@pytest.mark.parametrize(
    ("do", "selection"),
    [
        ([DELETE, {"type": "enable"}], {"where": {}}),
        ([RESTORE], {"where": {}}),
        ([RESTORE], {"identifiers": ["wax"], "level": "model"}),
    ],
)
def test_what_makes_no_sense_of_a_bin_is_refused(
    editor: Editor, do: list[dict[str, Any]], selection: dict[str, Any]
) -> None:
    with pytest.raises(Refused):
        editor.bulk({}, *do, selection=selection)


def test_the_bin_tells_who_deleted_what_below_which_model(
    catalogue: Catalogue, editor: Editor
) -> None:
    delete(editor, "derby", label="Old styles")

    entries = {entry.identifier: entry for entry in in_bin(catalogue)}

    assert {entry.label for entry in entries.values()} == {"Old styles"}
    assert (entries["DRB-BLK-41"].parent, entries["derby-black"].parent) == ("derby-black", "derby")
    assert entries["derby"].kind == "product_model"
