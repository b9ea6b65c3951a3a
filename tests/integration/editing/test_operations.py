"""Every operation in bulk, at the level that owns its attribute."""

from __future__ import annotations

from typing import Any

import pytest

from pim.errors import Refused
from tests.factories.catalogue import Catalogue
from tests.integration.editing.conftest import Editor

DERBIES = {"field": "identifier", "operator": "STARTS WITH", "value": "DRB"}
CARE = {"field": "family", "operator": "=", "value": "care"}
WAX = {"field": "identifier", "operator": "=", "value": "wax"}

EDITS: list[tuple[dict[str, Any], dict[str, Any], str, tuple[str, ...], Any]] = [
    (WAX, {"type": "set", "field": "name", "locale": "de_DE", "value": "Wachs"},
     "wax", ("name", "<all>", "de_DE"), "Wachs"),
    (CARE, {"type": "set", "field": "vegan", "value": False, "only_empty": True},
     "laces", ("vegan",), False),
    (WAX, {"type": "clear", "field": "vegan"}, "wax", ("vegan",), None),
    (DERBIES, {"type": "add", "field": "materials", "items": ["cork"]},
     "derby", ("materials",), ["cork", "leather", "rubber"]),
    (DERBIES, {"type": "remove", "field": "materials", "items": ["rubber"]},
     "derby", ("materials",), ["leather"]),
    (WAX, {"type": "copy", "from_field": "name", "from_locale": "en_GB", "to_field": "name",
           "to_locale": "ja_JP"}, "wax", ("name", "<all>", "ja_JP"), "Wax"),
    (DERBIES, {"type": "replace_text", "field": "name", "locale": "*", "search": "derby",
               "replace": "Oxford", "ignore_case": True}, "derby", ("name", "<all>", "en_GB"),
     "Oxford"),
    (WAX, {"type": "calculate", "field": "price", "percent": -20}, "wax", ("price",),
     {"EUR": "7.96"}),
    (DERBIES, {"type": "calculate", "field": "price", "currency": "EUR", "add": "0.5",
               "round": {"ending": "0.99", "direction": "nearest"}},
     "derby-black", ("price",), {"EUR": "100.99", "GBP": "90.5"}),
]  # fmt: skip


@pytest.mark.parametrize(("where", "do", "name", "cell", "expected"), EDITS)
def test_an_operation_changes_the_cell_and_its_undo_brings_it_back(
    catalogue: Catalogue, editor: Editor, where: Any, do: Any, name: str, cell: Any, expected: Any
) -> None:
    before = catalogue.state()

    result = editor.bulk(where, do)

    assert catalogue.value(name, *cell) == expected
    assert result.violations == []
    assert result.changed >= 1
    undone = catalogue.undo(result.change_set)
    assert (undone.kept, catalogue.state()) == (0, before)


def test_an_attribute_above_the_product_is_written_once_on_its_model(
    catalogue: Catalogue, editor: Editor
) -> None:
    result = editor.bulk(DERBIES, {"type": "set", "field": "brand", "value": "acme"})

    assert catalogue.value("derby", "brand") == "acme"
    assert catalogue.value("DRB-BLK-41", "brand") is None
    assert (result.selected, result.written, result.reached, result.changed) == (3, 1, 3, 1)


def test_products_are_enabled_disabled_and_categorized(
    catalogue: Catalogue, editor: Editor
) -> None:
    before = catalogue.state()

    result = editor.bulk(
        CARE,
        {"type": "disable"},
        {"type": "categorize", "add": ["men"], "remove": ["outlet"]},
    )

    categories = catalogue.structure.categories
    assert [catalogue.document(n)["enabled"] for n in ("wax", "laces")] == [False, False]
    assert catalogue.document("wax")["categories"] == [categories["men"].id]
    assert (result.written, result.changed, result.unchanged) == (2, 3, 1)
    assert editor.bulk(WAX, {"type": "enable"}).changed == 1
    catalogue.undo(result.change_set)
    assert catalogue.document("wax")["categories"] == [categories["outlet"].id]
    assert catalogue.state() == before


def test_later_operations_see_what_earlier_ones_wrote(catalogue: Catalogue, editor: Editor) -> None:
    result = editor.bulk(
        {"all": [WAX, {"field": "name", "operator": "=", "locale": "en_GB", "value": "Wax"}]},
        {"type": "set", "field": "name", "locale": "en_GB", "value": "Balm"},
        {"type": "replace_text", "field": "name", "locale": "en_GB", "search": "B", "replace": "C"},
        {"type": "copy", "from_field": "name", "from_locale": "en_GB", "to_field": "name",
         "to_locale": "de_DE"},
    )  # fmt: skip

    assert catalogue.value("wax", "name", "<all>", "de_DE") == "Calm"
    assert (result.written, result.changed) == (1, 3)
    entry = catalogue.history("wax")[0]
    assert {cell.field: cell.new for cell in entry.cells} == {
        "name-en_GB": "Calm", "name-de_DE": "Calm"
    }  # fmt: skip


def test_models_are_chosen_by_level(catalogue: Catalogue, editor: Editor) -> None:
    roots = {"all": [
        {"field": "level", "operator": "=", "value": "model"},
        {"field": "parent", "operator": "EMPTY"},
    ]}  # fmt: skip

    result = editor.bulk(
        roots, {"type": "set", "field": "brand", "value": "acme"},
        {"type": "categorize", "add": ["men"]},
    )  # fmt: skip

    assert [catalogue.value(name, "brand") for name in ("derby", "moc")] == ["acme", "acme"]
    assert (result.selected, result.written, result.reached) == (2, 2, 4)


def test_a_model_whose_attribute_is_owned_below_is_invalid_and_named(
    catalogue: Catalogue, editor: Editor
) -> None:
    where = {"all": [
        {"field": "identifier", "operator": "=", "value": "derby"},
        {"field": "level", "operator": "=", "value": "model"},
    ]}  # fmt: skip

    result = editor.bulk(where, {"type": "set", "field": "stock", "value": 1})

    assert (result.selected, result.invalid, result.change_set) == (1, 1, None)
    assert [(v["identifier"], v["code"]) for v in result.violations] == [("derby", "owned_below")]


def test_products_whose_family_lacks_the_attribute_are_invalid_and_named(
    catalogue: Catalogue, editor: Editor
) -> None:
    everything: dict[str, Any] = {}

    result = editor.bulk(everything, {"type": "set", "field": "brand", "value": "acme"})

    assert (result.selected, result.invalid, result.changed) == (6, 2, 2)
    assert {v["identifier"] for v in result.violations} == {"wax", "laces"}
    assert {v["code"] for v in result.violations} == {"not_in_family"}
    assert catalogue.value("wax", "brand") is None


def test_a_value_that_breaks_a_rule_is_left_out_and_named(
    catalogue: Catalogue, editor: Editor
) -> None:
    result = editor.bulk(DERBIES, {"type": "calculate", "field": "stock", "add": -1})

    assert (result.changed, result.unchanged, result.invalid) == (1, 1, 1)
    assert [v["identifier"] for v in result.violations] == ["DRB-BLK-42"]
    assert catalogue.value("DRB-BLK-41", "stock") == "2"
    assert catalogue.value("DRB-BLK-42", "stock") == "0"


@pytest.mark.parametrize("field", ["sku", "ean", "size", "color"])
def test_what_tells_products_apart_is_refused(editor: Editor, field: str) -> None:
    with pytest.raises(Refused) as refused:
        editor.bulk({}, {"type": "clear", "field": field})

    assert refused.value.violations[0].path == "do[0].field"
