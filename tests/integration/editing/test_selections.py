"""What selections choose: conditions, pasted identifiers, picked and excluded rows, levels."""

from __future__ import annotations

from typing import Any

import pytest

from pim.editing.selections import Resolved, parse, resolve
from pim.errors import Refused
from tests.factories.catalogue import Catalogue
from tests.integration.editing.conftest import Editor

SHOES = {"field": "family", "operator": "=", "value": "shoes"}
STOCK = {"type": "set", "field": "stock", "value": 77}


def chosen(editor: Editor, **document: Any) -> Resolved:
    """Return what a selection comes to."""
    with editor.projection.read_covering() as reading:
        return resolve(reading, parse(document, reading.structure))


def names(editor: Editor, **document: Any) -> list[str]:
    """Return the names of what a selection chooses."""
    return sorted(chosen(editor, **document).rows["identifier"])


@pytest.mark.parametrize(
    ("level", "expected"),
    [
        (None, ["DRB-BLK-41", "DRB-BLK-42", "DRB-COG-41", "MOC-41"]),
        ("product", ["DRB-BLK-41", "DRB-BLK-42", "DRB-COG-41", "MOC-41"]),
        ("colourway", ["derby-black", "derby-cognac", "moc"]),
        ("model", ["derby", "moc"]),
    ],
)
def test_a_condition_chooses_products_or_what_they_stand_below(
    editor: Editor, level: str | None, expected: list[str]
) -> None:
    assert names(editor, where=SHOES, level=level) == expected


@pytest.mark.parametrize(
    ("level", "expected"),
    [
        (None, ["MOC-41", "derby", "wax"]),
        ("product", ["DRB-BLK-41", "DRB-BLK-42", "DRB-COG-41", "MOC-41", "wax"]),
        ("colourway", ["derby-black", "derby-cognac", "moc", "wax"]),
        ("model", ["derby", "moc", "wax"]),
    ],
)
def test_a_chosen_style_is_itself_or_all_its_variants_as_the_level_says(
    editor: Editor, level: str | None, expected: list[str]
) -> None:
    assert names(editor, picked=["derby", "MOC-41", "wax"], level=level) == expected


def test_the_choice_is_said_in_words(editor: Editor) -> None:
    assert chosen(editor, picked=["derby", "wax"]).sentence() == "1 product and 1 style"
    assert chosen(editor, picked=["derby"], level="product").sentence() == "3 products"
    assert chosen(editor, picked=["derby"], level="colourway").sentence() == "2 colourways"
    assert chosen(editor, picked=["nobody"]).sentence() == "nothing"


def test_exclusions_take_what_stands_below_them_along(editor: Editor) -> None:
    assert names(editor, where=SHOES, excluded=["DERBY-BLACK"]) == ["DRB-COG-41", "MOC-41"]
    assert names(editor, where=SHOES, level="model", excluded=["derby"]) == ["moc"]
    assert names(editor, where=SHOES, level="model", excluded=["MOC-41"]) == ["derby"]
    found = chosen(editor, where=SHOES, excluded=["derby"])
    assert (found.count, found.excluded) == (1, 3)


def test_rows_are_picked_and_excluded_by_id_as_well(catalogue: Catalogue, editor: Editor) -> None:
    wax, laces = (catalogue.document(name)["id"] for name in ("wax", "laces"))

    assert names(editor, picked=[wax, laces, wax], excluded=[laces]) == ["wax"]
    assert chosen(editor, picked=[wax, 10**12]).unknown == (str(10**12),)


def test_pasted_identifiers_are_found_in_any_case_and_the_unknown_and_double_are_told(
    editor: Editor,
) -> None:
    found = chosen(editor, identifiers='drb-blk-41; "WAX"\nNOPE\tderby,wax drb-cog-41 x y\n')

    assert sorted(found.rows["identifier"]) == ["DRB-BLK-41", "DRB-COG-41", "derby", "wax"]
    assert found.unknown == ("NOPE", "x", "y")
    assert found.duplicates == ("wax",)


def test_spaces_within_an_identifier_do_not_divide_it(catalogue: Catalogue, editor: Editor) -> None:
    catalogue.rows("products", {"sku": "shoe tree", "family": "care"}, {"sku": "tree"})

    assert names(editor, identifiers="Shoe Tree\nwax tree") == ["shoe tree", "tree", "wax"]
    assert chosen(editor, identifiers="no such").unknown == ("no such",)


def test_a_selection_edits_as_many_rows_as_it_shows(catalogue: Catalogue, editor: Editor) -> None:
    document = {"where": SHOES, "excluded": ["MOC-41"], "identifiers": ["wax", "nope", "WAX"]}
    shown = chosen(editor, **document).count

    result = editor.bulk({}, STOCK, selection=document)

    assert (result.selected, result.written, shown) == (4, 4, 4)
    assert (result.unknown, result.duplicates) == (["nope"], ["WAX"])
    stored = catalogue.query("SELECT conditions FROM change_set ORDER BY id DESC LIMIT 1")[0][0]
    assert stored == document
    assert catalogue.value("wax", "stock") == "77"
    assert catalogue.value("MOC-41", "stock") is None


@pytest.mark.usefixtures("small_chunks")
def test_the_count_stays_while_others_insert_rename_and_delete(
    catalogue: Catalogue, editor: Editor
) -> None:
    """Behind the first chunk one row comes, one stops matching and one goes."""

    def interfere() -> None:
        catalogue.rows("products", {"sku": "cream", "family": "care"})
        catalogue.execute("UPDATE product SET enabled = true WHERE identifier = 'laces'")
        catalogue.execute("DELETE FROM unique_value")
        catalogue.execute("DELETE FROM product WHERE identifier = 'wax'")

    document = {
        "where": {"field": "enabled", "operator": "=", "value": False},
        "picked": ["wax", "DRB-BLK-41"],
    }
    result = editor.bulk({}, STOCK, selection=document, progress=editor.during(interfere))

    assert (result.selected, result.written, result.left_out) == (3, 1, 2)
    reasons = {v["identifier"]: v["code"] for v in result.violations}
    assert reasons == {"wax": "gone", "laces": "no_longer_matches"}


@pytest.mark.usefixtures("small_chunks")
def test_rows_that_no_longer_match_are_written_when_nobody_asks_again(
    catalogue: Catalogue, editor: Editor
) -> None:
    switch = "UPDATE product SET enabled = true WHERE identifier = 'laces'"
    where = {"any": [{"field": "enabled", "operator": "=", "value": False}, SHOES]}

    result = editor.bulk({}, STOCK, selection={"where": where, "recheck": False},
                         progress=editor.during(lambda: catalogue.execute(switch)))  # fmt: skip

    assert (result.selected, result.written, result.left_out) == (5, 5, 0)


@pytest.mark.usefixtures("small_chunks")
def test_a_selection_of_a_killed_edit_is_as_it_was_when_it_is_taken_up(
    catalogue: Catalogue, editor: Editor
) -> None:
    cancel = editor.during(lambda: catalogue.execute("UPDATE run SET cancel_requested = true"))
    document = {"where": SHOES, "level": "model"}
    name = {"type": "set", "field": "name", "locale": "de_DE", "value": "Neu"}
    editor.bulk({}, name, selection=document, progress=cancel)
    catalogue.rows("products", {"sku": "late", "family": "shoes"})

    resumed = editor.resume(catalogue.query("SELECT max(id) FROM run WHERE kind = 'bulk'")[0][0])

    assert (resumed.selected, resumed.written) == (2, 2)


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ({}, "nothing_chosen"),
        ({"where": {}, "levels": 1}, "unknown_key"),
        ({"where": {"field": "colour", "operator": "EMPTY"}}, "unknown_field"),
        ({"where": {}, "level": "style"}, "unknown_level"),
        ({"picked": [True]}, "wrong_type"),
        ({"identifiers": [1]}, "wrong_type"),
        ({"where": {}, "recheck": "no"}, "wrong_type"),
        ({"identifiers": ["x"] * 100_001}, "too_many_listed"),
    ],
)
def test_a_selection_that_is_not_valid_is_refused_with_its_reasons(
    catalogue: Catalogue, document: dict[str, Any], code: str
) -> None:
    with pytest.raises(Refused) as refused:
        parse(document, catalogue.structure)

    assert [violation.code for violation in refused.value.violations] == [code]
    assert all(v.text and v.mend_text for v in refused.value.violations)
