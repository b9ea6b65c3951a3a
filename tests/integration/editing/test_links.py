"""Links in bulk: both ends of what goes both ways, quantities, and the undo of each."""

from __future__ import annotations

from typing import Any

import pytest

from pim.errors import Refused
from tests.factories.catalogue import Catalogue
from tests.integration.editing.conftest import Editor

CARE = {"field": "family", "operator": "=", "value": "care"}
WAX = {"field": "identifier", "operator": "=", "value": "wax"}
DERBY = {"all": [
    {"field": "identifier", "operator": "=", "value": "derby"},
    {"field": "level", "operator": "=", "value": "model"},
]}  # fmt: skip


def links(catalogue: Catalogue, name: str, type_: str) -> dict[str, dict[str, Any]]:
    """Return what a product or model is linked with, by name."""
    names = dict(
        tuple(row)
        for row in catalogue.query(
            "SELECT id::text, identifier FROM product UNION ALL"
            " SELECT id::text, code FROM product_model"
        )
    )
    groups = {str(group.id): group.code for group in catalogue.structure.groups}
    sides = catalogue.document(name)["associations"].get(type_, {})
    return {
        side: {(groups if side == "groups" else names)[key]: data for key, data in members.items()}
        for side, members in sides.items()
    }


def test_products_are_linked_with_products_models_and_groups(
    catalogue: Catalogue, editor: Editor
) -> None:
    before = catalogue.state()

    result = editor.bulk(
        CARE,
        {"type": "associate", "association": "x_sell", "products": ["drb-blk-41", "MOC-41"],
         "product_models": ["derby"], "groups": ["new"]},
    )  # fmt: skip

    expected = {
        "products": {"DRB-BLK-41": True, "MOC-41": True},
        "product_models": {"derby": True},
        "groups": {"new": True},
    }
    assert links(catalogue, "laces", "X_SELL") == expected
    assert links(catalogue, "wax", "X_SELL")["products"].keys() == {
        "DRB-BLK-41", "DRB-BLK-42", "MOC-41"
    }  # fmt: skip
    assert (result.written, result.changed, result.unchanged, result.invalid) == (2, 5, 1, 0)
    assert links(catalogue, "derby", "X_SELL") == {}
    catalogue.undo(result.change_set)
    assert catalogue.state() == before


def test_both_ends_of_a_two_way_link_are_written_and_undone(
    catalogue: Catalogue, editor: Editor
) -> None:
    before = catalogue.state()
    pair = {"association": "PAIR", "products": ["wax"], "product_models": ["moc"]}

    result = editor.bulk(CARE, {"type": "associate", **pair})

    assert links(catalogue, "wax", "PAIR") == {
        "products": {"laces": True}, "product_models": {"moc": True}
    }  # fmt: skip
    assert links(catalogue, "moc", "PAIR") == {"products": {"wax": True, "laces": True}}
    assert (result.changed, result.unchanged, result.written) == (2, 2, 3)
    parted = editor.bulk(CARE, {"type": "dissociate", **pair})
    assert links(catalogue, "moc", "PAIR") == links(catalogue, "wax", "PAIR") == {}
    catalogue.undo(parted.change_set)
    catalogue.undo(result.change_set)
    assert catalogue.state() == before


def test_all_links_of_a_type_go_from_both_ends(catalogue: Catalogue, editor: Editor) -> None:
    before = catalogue.state()

    result = editor.bulk(WAX, {"type": "dissociate", "association": "PAIR"})

    assert links(catalogue, "wax", "PAIR") == links(catalogue, "laces", "PAIR") == {}
    assert (result.changed, result.unchanged) == (1, 2)
    assert catalogue.undo(result.change_set).restored == 2
    assert catalogue.state() == before


def test_quantities_are_set_and_kept(catalogue: Catalogue, editor: Editor) -> None:
    before = catalogue.state()
    pack = {"type": "associate", "association": "PACK", "products": ["MOC-41"]}

    result = editor.bulk(CARE, {**pack, "quantity": 5})

    assert links(catalogue, "wax", "PACK") == {"products": {"MOC-41": 5}}
    assert editor.bulk(CARE, {**pack, "quantity": 5}).change_set is None
    catalogue.undo(result.change_set)
    assert links(catalogue, "wax", "PACK") == {"products": {"MOC-41": 2}}
    assert catalogue.state() == before


def test_models_are_linked_and_nothing_with_itself(catalogue: Catalogue, editor: Editor) -> None:
    result = editor.bulk(
        DERBY, {"type": "associate", "association": "PAIR", "product_models": ["derby", "moc"]}
    )

    assert links(catalogue, "derby", "PAIR") == {"product_models": {"moc": True}}
    assert links(catalogue, "moc", "PAIR") == {"product_models": {"derby": True}}
    assert (result.written, result.changed) == (2, 1)


def test_unknown_names_are_refused_at_their_place(catalogue: Catalogue, editor: Editor) -> None:
    written = catalogue.written()

    with pytest.raises(Refused) as refused:
        editor.bulk(
            CARE,
            {"type": "associate", "association": "PAIR", "products": ["wax", "waxx"],
             "product_models": ["wax"]},
            {"type": "set_parent", "parent": "nobody"},
        )  # fmt: skip

    assert [(v.code, v.path) for v in refused.value.violations] == [
        ("unknown_target", "do[0].products"),
        ("unknown_target", "do[0].product_models"),
        ("parent_unknown", "do[1].parent"),
    ]
    assert catalogue.written() == written


def test_groups_are_set_and_undone_one_by_one(catalogue: Catalogue, editor: Editor) -> None:
    before = catalogue.state()
    groups = catalogue.structure.groups

    result = editor.bulk(CARE, {"type": "set_groups", "groups": ["sale"]})

    held = [catalogue.document(name)["groups"] for name in ("wax", "laces")]
    assert held == [[groups["sale"].id]] * 2
    assert (result.changed, result.unchanged) == (2, 0)
    assert editor.bulk(CARE, {"type": "set_groups", "add": ["sale"]}).unchanged == 2
    catalogue.undo(result.change_set)
    assert catalogue.state() == before


def test_models_have_no_groups(editor: Editor) -> None:
    result = editor.bulk(DERBY, {"type": "set_groups", "groups": ["sale"]})

    assert (result.selected, result.change_set, result.unchanged) == (1, None, 1)
