"""Family and parent in bulk: what fits, what is lost, and that each undo is the identity."""

from __future__ import annotations

from typing import Any

import pytest

from tests.factories.catalogue import Catalogue
from tests.integration.editing.conftest import Editor

CARE = {"field": "family", "operator": "=", "value": "care"}
EVERYTHING: dict[str, Any] = {}


def named(*names: str, level: str | None = None) -> dict[str, Any]:
    """Return the condition of products, or of models, with these names."""
    where = {"field": "identifier", "operator": "IN", "value": list(names)}
    if level is None:
        return where
    return {"all": [where, {"field": "level", "operator": "=", "value": level}]}


def codes(result: Any) -> list[tuple[str, str]]:
    """Return who was refused, and why."""
    return [(v["identifier"], v["code"]) for v in result.violations]


@pytest.fixture
def loose(catalogue: Catalogue) -> Catalogue:
    """Add simple shoes that could be variants of the derby."""
    shoe = {"family": "shoes", "size": "43", "color": "navy", "name-en_GB": "Loose"}
    result = catalogue.rows(
        "products",
        {**shoe, "sku": "loose-43", "stock": "9", "ean": "4006381333979", "brand": "acme",
         "price-EUR": "70"},
        {**shoe, "sku": "loose-43b"},
        {**shoe, "sku": "loose-41", "size": "41"},
        {**shoe, "sku": "loose-none", "size": ""},
    )  # fmt: skip
    assert not result.violations
    return catalogue


def shown(editor: Editor, *names: str) -> list[dict[str, Any]]:
    """Return what products show, models' values and categories included."""
    columns = (
        "identifier", "family", "categories", "groups", "enabled", "name-en_GB", "name-de_DE",
        "description-en_GB-web", "brand", "color", "size", "materials", "price-EUR", "price-GBP",
        "offer-web-EUR", "weight", "stock", "heel", "launch", "vegan", "ean", "legal-de_DE",
    )  # fmt: skip
    with editor.projection.read_covering() as reading:
        found = reading.frame(columns).sort("identifier")
    return found.filter(found["identifier"].is_in(names)).to_dicts()


def test_a_family_is_changed_and_tells_what_it_lacks(loose: Catalogue, editor: Editor) -> None:
    before = loose.state()
    shoes = named("loose-43", "loose-43b", "wax")

    preview = editor.bulk(shoes, {"type": "set_family", "family": "care"}, dry_run=True)

    lost = {"brand": 1, "color": 2, "size": 2}
    assert (preview.lost, preview.changed, preview.unchanged) == (lost, 2, 1)
    assert loose.state() == before
    result = editor.bulk(shoes, {"type": "set_family", "family": "care"})
    assert {**vars(result), "change_set": None} == vars(preview)
    assert loose.document("loose-43")["family_id"] == loose.structure.families["care"].id
    assert loose.value("loose-43", "color") == "navy"
    assert editor.bulk(shoes, {"type": "clear", "field": "brand"}).invalid == 3
    assert editor.bulk(CARE, {"type": "set", "field": "vegan", "value": True}).selected == 4
    loose.undo(result.change_set)
    assert loose.document("loose-43")["family_id"] == loose.structure.families["shoes"].id
    assert shown(editor, "loose-43")[0]["brand"] is not None


def test_the_undo_of_a_family_is_the_identity_and_undone_again(
    loose: Catalogue, editor: Editor
) -> None:
    before = loose.state()
    result = editor.bulk(CARE, {"type": "set_family", "family": None})
    after = loose.state()
    assert result.lost == {}

    undone = loose.undo(result.change_set)

    assert loose.state() == before
    loose.undo(undone.change_set)
    assert loose.state() == after


def test_variants_and_models_keep_the_family_of_their_variant(
    catalogue: Catalogue, editor: Editor
) -> None:
    result = editor.bulk(EVERYTHING, {"type": "set_family", "family": "care"})

    assert (result.changed, result.unchanged, result.invalid) == (0, 2, 4)
    assert {code for _, code in codes(result)} == {"family_of_variant"}
    model = editor.bulk(named("derby", level="model"), {"type": "set_family", "family": "care"})
    assert codes(model) == [("derby", "family_of_variant")]


def test_later_operations_see_the_new_family(loose: Catalogue, editor: Editor) -> None:
    before = loose.state()

    result = editor.bulk(
        CARE,
        {"type": "set_family", "family": "shoes"},
        {"type": "set", "field": "brand", "value": "acme"},
    )

    assert (result.changed, result.invalid) == (4, 0)
    assert loose.value("wax", "brand") == "acme"
    loose.undo(result.change_set)
    assert loose.state() == before


def test_simple_products_become_variants_where_they_fit(loose: Catalogue, editor: Editor) -> None:
    before = loose.state()
    where = {"field": "identifier", "operator": "IN", "value": [
        "loose-43", "loose-43b", "loose-41", "loose-none", "wax", "DRB-BLK-42", "MOC-41",
    ]}  # fmt: skip
    do = {"type": "set_parent", "parent": "DERBY-black"}

    preview = editor.bulk(where, do, dry_run=True)
    result = editor.bulk(where, do)

    assert {**vars(result), "change_set": None} == vars(preview)
    assert (result.selected, result.changed, result.unchanged, result.invalid) == (7, 1, 1, 5)
    assert sorted(codes(result)) == [
        ("MOC-41", "family_variant_differs"),
        ("loose-41", "axis_taken"),
        ("loose-43b", "axis_taken"),
        ("loose-none", "axis_missing"),
        ("wax", "family_differs"),
    ]
    assert result.lost == {"brand": 1, "color": 1, "name": 1}
    [variant] = shown(editor, "loose-43")
    assert (variant["name-en_GB"], variant["color"] is not None) == ("Derby", True)
    assert loose.document("loose-43")["parent_id"] == loose.document("derby-black")["id"]
    loose.undo(result.change_set)
    assert loose.state() == before
    assert shown(editor, "loose-43")[0]["name-en_GB"] == "Loose"


@pytest.mark.usefixtures("small_chunks")
def test_axes_are_kept_apart_from_chunk_to_chunk(loose: Catalogue, editor: Editor) -> None:
    result = editor.bulk(
        named("loose-43", "loose-43b"), {"type": "set_parent", "parent": "derby-black"}
    )

    assert (result.changed, codes(result)) == (1, [("loose-43b", "axis_taken")])
    assert '"loose-43" below derby-black' in result.violations[0]["message"]


def test_a_variant_moves_to_another_model_of_its_variant(
    catalogue: Catalogue, editor: Editor
) -> None:
    before = catalogue.state()
    blacks = named("DRB-BLK-41", "DRB-BLK-42")

    result = editor.bulk(blacks, {"type": "set_parent", "parent": "derby-cognac"})

    assert (result.changed, codes(result)) == (1, [("DRB-BLK-41", "axis_taken")])
    assert shown(editor, "DRB-BLK-42")[0]["price-EUR"] == 120
    catalogue.undo(result.change_set)
    assert catalogue.state() == before
    assert shown(editor, "DRB-BLK-42")[0]["price-EUR"] == 100


@pytest.mark.parametrize(("parent", "code"), [("derby", "parent_level"), ("moc", "axis_taken")])
def test_products_stand_below_the_lowest_models_only(
    loose: Catalogue, editor: Editor, parent: str, code: str
) -> None:
    result = editor.bulk(named("loose-41"), {"type": "set_parent", "parent": parent})

    assert codes(result) == [("loose-41", code)]


def test_models_do_not_move(catalogue: Catalogue, editor: Editor) -> None:
    where = named("derby-cognac", level="model")

    moved = editor.bulk(where, {"type": "set_parent", "parent": "derby-black"})
    simple = editor.bulk(where, {"type": "to_simple"})

    assert codes(moved) == [("derby-cognac", "parent_of_model")]
    assert codes(simple) == [("derby-cognac", "not_a_variant")]


def test_a_variant_becomes_simple_and_shows_what_it_showed(
    catalogue: Catalogue, editor: Editor
) -> None:
    catalogue.rows("products", {"sku": "DRB-BLK-41", "price-EUR": "77"})
    catalogue.rows("product_models", {"code": "derby", "PAIR-products": "wax"})
    names = ("DRB-BLK-41", "DRB-BLK-42", "DRB-COG-41", "MOC-41", "wax")
    before, showed = catalogue.state(), shown(editor, *names)

    result = editor.bulk(EVERYTHING, {"type": "to_simple"})

    assert (result.changed, result.unchanged, result.invalid) == (4, 2, 0)
    assert shown(editor, *names) == showed
    assert catalogue.document("DRB-BLK-41")["parent_id"] is None
    assert catalogue.value("DRB-BLK-41", "price") == {"EUR": "77"}
    assert catalogue.value("DRB-BLK-42", "price") == {"EUR": "100", "GBP": "90.5"}
    pair = str(catalogue.structure.association_types["PAIR"].code)
    assert set(catalogue.document("wax")["associations"][pair]["products"]) >= {
        str(catalogue.document(name)["id"]) for name in ("DRB-BLK-41", "DRB-COG-41")
    }
    undone = catalogue.undo(result.change_set)
    assert (undone.kept, catalogue.state()) == (0, before)
    assert shown(editor, *names) == showed
    again = catalogue.undo(undone.change_set)
    assert again.kept == 0
    assert catalogue.document("DRB-BLK-41")["parent_id"] is None


def test_what_a_variant_took_along_can_be_edited_at_once(
    catalogue: Catalogue, editor: Editor
) -> None:
    before = catalogue.state()

    result = editor.bulk(
        named("DRB-BLK-41"),
        {"type": "to_simple"},
        {"type": "set", "field": "brand", "value": "acme"},
    )

    assert (result.changed, result.invalid) == (2, 0)
    assert catalogue.value("DRB-BLK-41", "brand") == "acme"
    assert catalogue.value("derby", "brand") == "polka"
    catalogue.undo(result.change_set)
    assert catalogue.state() == before


def test_a_hidden_value_does_not_appear_when_its_product_becomes_simple(
    loose: Catalogue, editor: Editor
) -> None:
    """The brand of its own was hidden by the model, whose brand counts and is copied."""
    editor.bulk(named("loose-43"), {"type": "set_parent", "parent": "derby-black"})
    [showed] = shown(editor, "loose-43")

    editor.bulk(named("loose-43"), {"type": "to_simple"})

    assert shown(editor, "loose-43") == [showed]
    assert loose.value("loose-43", "brand") == "polka"
    assert loose.value("loose-43", "color") == "black"


def test_an_undo_keeps_a_product_whose_place_is_taken(catalogue: Catalogue, editor: Editor) -> None:
    """It took its values along, and without its model it would have none."""
    blacks = named("DRB-BLK-41", "DRB-BLK-42")
    change = editor.bulk(blacks, {"type": "to_simple"})
    rival = catalogue.rows("products", {"sku": "rival", "parent": "derby-black", "size": "41"})
    assert not rival.violations

    undone = catalogue.undo(change.change_set)

    assert {cell["identifier"] for cell in undone.kept_cells} == {"DRB-BLK-41"}
    assert undone.restored == 1
    assert catalogue.document("DRB-BLK-41")["parent_id"] is None
    assert catalogue.value("DRB-BLK-41", "brand") == "polka"
    assert catalogue.value("DRB-BLK-42", "brand") is None


def test_an_undo_keeps_products_whose_axes_are_the_same_by_now(
    catalogue: Catalogue, editor: Editor
) -> None:
    change = editor.bulk(named("DRB-BLK-41", "DRB-BLK-42"), {"type": "to_simple"})
    sizes = catalogue.rows("products", {"sku": "DRB-BLK-42", "size": "41"})
    assert not sizes.violations

    undone = catalogue.undo(change.change_set)

    assert undone.restored == 1
    assert {cell["identifier"] for cell in undone.kept_cells} == {"DRB-BLK-42"}


def test_an_undo_keeps_products_whose_family_or_model_is_gone(
    catalogue: Catalogue, editor: Editor
) -> None:
    families = editor.bulk(CARE, {"type": "set_family", "family": "shoes"})
    parents = editor.bulk(named("MOC-41"), {"type": "to_simple"})
    catalogue.execute("DELETE FROM product_model WHERE code = 'moc'")
    catalogue.execute("DELETE FROM family_attribute WHERE family_id ="
                      " (SELECT id FROM family WHERE code = 'care')")  # fmt: skip
    catalogue.execute("DELETE FROM family WHERE code = 'care'")

    undone = [catalogue.undo(change.change_set) for change in (families, parents)]

    assert [each.restored for each in undone] == [0, 0]
    assert [cell["field"] for cell in undone[0].kept_cells] == ["family", "family"]
    assert catalogue.value("MOC-41", "color") == "navy"
