"""Undo: exactly back, but never over somebody's later work."""

from __future__ import annotations

import pytest

from pim.db.unit_of_work import unit_of_work
from pim.errors import NotFound, Refused
from pim.products.undo import undo
from pim.structure.queries import current
from tests.factories.catalogue import MODELS, PRODUCTS, Catalogue


def update(catalogue: Catalogue, **cells: str) -> int:
    """Change cells of the wax, and return the change set."""
    result = catalogue.rows("products", {"sku": "wax", **cells})
    assert result.counts.updated == 1, result
    assert result.change_set is not None
    return result.change_set


def test_an_undone_update_leaves_every_value_as_it_was(catalogue: Catalogue) -> None:
    before = catalogue.state()
    changed = catalogue.rows(
        "products",
        {
            "sku": "WAX", "name-en_GB": "Beeswax", "name-de_DE": "Wachs", "price-EUR": "1",
            "price-GBP": "2", "vegan": "0", "ean": "4006381333979", "categories": "men",
            "groups": "new", "enabled": "0", "weight": "", "X_SELL-products": "laces",
            "PACK-products": "MOC-41", "PACK-products-quantity": "9", "PAIR-products": "MOC-41",
        },
    )  # fmt: skip
    assert changed.counts.updated == 1
    assert not changed.violations
    assert catalogue.state() != before

    undone = catalogue.undo(changed.change_set)

    assert (undone.kept, undone.kept_cells) == (0, [])
    assert catalogue.state() == before


def test_an_undo_is_undone_by_undoing_it(catalogue: Catalogue) -> None:
    change = update(catalogue, **{"name-en_GB": "Beeswax", "price-GBP": "7", "ean": "12"})
    after = catalogue.state()
    first = catalogue.undo(change)

    catalogue.undo(first.change_set)

    assert catalogue.state() == after
    states = dict(catalogue.query("SELECT id, state FROM change_set"))
    assert (states[change], states[first.change_set]) == ("done", "undone")
    assert catalogue.undo(change).restored == 1


def test_a_cell_that_was_edited_since_is_kept_and_listed(catalogue: Catalogue) -> None:
    change = update(catalogue, **{"name-en_GB": "Beeswax", "price-EUR": "1", "price-GBP": "2"})
    update(catalogue, **{"price-EUR": "5"})

    undone = catalogue.undo(change)

    assert undone.kept_cells == [
        {"identifier": "wax", "field": "price-EUR", "ours": "1", "theirs": "5"}
    ]
    assert (undone.restored, undone.kept) == (1, 1)
    assert catalogue.value("wax", "price") == {"EUR": "5"}
    assert catalogue.value("wax", "name", locale="en_GB") == "Wax"


def test_memberships_go_back_one_by_one_beside_those_that_came_since(catalogue: Catalogue) -> None:
    change = update(catalogue, categories="men,women")
    update(catalogue, categories="men,boots")
    codes = {c.id: c.code for c in catalogue.structure.categories}

    undone = catalogue.undo(change)

    assert undone.kept == 0
    assert sorted(codes[i] for i in catalogue.document("wax")["categories"]) == ["boots", "outlet"]


def test_a_cell_that_somebody_put_back_already_is_neither_restored_nor_kept(
    catalogue: Catalogue,
) -> None:
    change = update(catalogue, **{"name-en_GB": "Beeswax"})
    update(catalogue, **{"name-en_GB": "Wax"})
    version = catalogue.document("wax")["version"]

    undone = catalogue.undo(change)

    assert (undone.change_set, undone.restored, undone.kept) == (None, 0, 0)
    assert catalogue.document("wax")["version"] == version


def test_a_unique_value_that_went_back_is_registered_again(catalogue: Catalogue) -> None:
    change = update(catalogue, ean="4006381333979")
    catalogue.undo(change)

    clash = catalogue.rows("products", {"sku": "laces", "ean": "4006381333962"})
    free = catalogue.rows("products", {"sku": "laces", "ean": "4006381333979"})

    assert clash.violations[0]["code"] == "unique_taken"
    assert free.counts.updated == 1


def test_a_unique_value_that_somebody_took_since_stays_theirs(catalogue: Catalogue) -> None:
    change = update(catalogue, ean="4006381333979", **{"name-en_GB": "Beeswax"})
    catalogue.rows("products", {"sku": "laces", "ean": "4006381333962"})

    undone = catalogue.undo(change)

    assert [(k["identifier"], k["field"]) for k in undone.kept_cells] == [("wax", "ean")]
    assert catalogue.value("wax", "ean") == "4006381333979"
    assert catalogue.value("wax", "name", locale="en_GB") == "Wax"


def test_unique_values_that_two_products_exchanged_go_back_together(catalogue: Catalogue) -> None:
    before = catalogue.state()
    catalogue.execute("DELETE FROM unique_value")  # a swap is no single import: make one by hand
    change = catalogue.rows(
        "products",
        {"sku": "DRB-BLK-41", "ean": "4006381333948"},
        {"sku": "DRB-BLK-42", "ean": "4006381333931"},
    )
    assert change.counts.updated == 2
    catalogue.execute(
        "INSERT INTO unique_value SELECT a.id, p.values #>> '{ean,<all>,<all>}', p.id"
        " FROM product p JOIN attribute a ON a.code = 'ean' WHERE p.values ? 'ean'"
        " ON CONFLICT DO NOTHING"
    )

    undone = catalogue.undo(change.change_set)

    assert undone.kept == 0
    assert catalogue.state() == before


def test_created_models_and_products_go_unless_they_are_in_use(catalogue: Catalogue) -> None:
    before = catalogue.state()
    models = catalogue.rows(
        "product_models",
        {"code": "chelsea", "parent": "", "family_variant": "shoes_by_color_size"},
        {"code": "chelsea-navy", "parent": "chelsea", "family_variant": "", "color": "navy"},
    )
    product = catalogue.rows("products", {"sku": "CH-41", "parent": "chelsea-navy", "size": "41"})

    blocked = catalogue.undo(models.change_set)
    gone = catalogue.undo(product.change_set)
    again = catalogue.undo(models.change_set)

    assert [k["identifier"] for k in blocked.kept_cells] == ["chelsea", "chelsea-navy"]
    assert (blocked.restored, gone.restored, again.restored) == (0, 1, 2)
    assert catalogue.state() == before


def test_a_created_product_that_was_edited_since_stays(catalogue: Catalogue) -> None:
    created = catalogue.rows("products", {"sku": "new", "family": "care"})
    edited = catalogue.rows("products", {"sku": "new", "name-en_GB": "Polish"})

    kept = catalogue.undo(created.change_set)
    catalogue.undo(edited.change_set)
    gone = catalogue.undo(created.change_set)

    assert kept.kept_cells == [
        {"identifier": "new", "field": "*", "ours": "created", "theirs": "in use since"}
    ]
    assert (gone.restored, gone.kept) == (1, 0)
    assert "new" not in catalogue.names()


def test_what_an_undo_deleted_comes_back_with_everything(catalogue: Catalogue) -> None:
    created = catalogue.rows(
        "products",
        {
            "sku": "new", "family": "care", "ean": "12", "categories": "men", "groups": "sale",
            "name-en_GB": "Polish", "X_SELL-products": "wax",
        },
    )  # fmt: skip
    before, version = catalogue.state(), catalogue.document("new")["version"]
    gone = catalogue.undo(created.change_set)

    back = catalogue.undo(gone.change_set)

    assert (back.restored, back.kept) == (1, 0)
    assert catalogue.state() == before
    assert catalogue.document("new")["version"] > version


def test_what_cannot_come_back_is_listed(catalogue: Catalogue) -> None:
    created = catalogue.rows(
        "products",
        {"sku": "new", "family": "care", "ean": "12"},
        {"sku": "other", "family": "care", "ean": "13"},
    )
    gone = catalogue.undo(created.change_set)
    catalogue.rows("products", {"sku": "NEW", "family": "care", "ean": "13"})

    back = catalogue.undo(gone.change_set)

    kept = [(k["identifier"], k["field"]) for k in back.kept_cells]
    assert sorted(kept) == [("new", "*"), ("other", "ean")]
    assert catalogue.value("other", "ean") is None
    assert catalogue.value("NEW", "ean") == "13"


def test_a_dry_run_of_an_undo_predicts_it_and_writes_nothing(catalogue: Catalogue) -> None:
    change = update(catalogue, **{"name-en_GB": "Beeswax", "price-EUR": "1"})
    update(catalogue, **{"price-EUR": "2"})
    before, written = catalogue.state(), catalogue.written()

    predicted = catalogue.undo(change, dry_run=True)

    assert (catalogue.state(), catalogue.written()) == (before, written)
    assert predicted.change_set is None
    done = catalogue.undo(change)
    assert (predicted.restored, predicted.kept_cells) == (done.restored, done.kept_cells)


def test_only_a_finished_change_set_is_undone_and_only_once(catalogue: Catalogue) -> None:
    change = update(catalogue, **{"name-en_GB": "Beeswax"})
    catalogue.undo(change)

    with pytest.raises(Refused, match="is undone"):
        catalogue.undo(change)
    with pytest.raises(NotFound, match="no change set 999"):
        catalogue.undo(999)


def test_an_undo_tells_projections_what_it_changed(catalogue: Catalogue) -> None:
    change = update(catalogue, **{"name-en_GB": "Beeswax"})

    undone = catalogue.undo(change)

    logged = catalogue.query(
        "SELECT subject, ids FROM change_log WHERE change_set_id = :id", id=undone.change_set
    )
    assert [tuple(row) for row in logged] == [("product", [catalogue.document("wax")["id"]])]


def test_an_undo_that_was_interrupted_goes_on_when_it_is_asked_for_again(
    catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = catalogue.state()
    change = catalogue.rows(
        "products",
        {"sku": "wax", "stock": "7"},
        {"sku": "laces", "stock": "8"},
        {"sku": "MOC-41", "stock": "9"},
        {"sku": "new", "stock": "1"},
    )
    monkeypatch.setattr("pim.products.reverting.undone.CHUNK", 1)
    chunks = iter(range(2))
    with pytest.raises(StopIteration), unit_of_work(catalogue.engine) as work:
        structure = current(work.session)
        undo(work, change.change_set or 0, structure, progress=lambda _: next(chunks) and None)
    assert catalogue.state() != before

    again = catalogue.undo(change.change_set)

    assert (again.kept, again.restored) == (0, 4)
    told = catalogue.query("SELECT state, result ->> 'restored' FROM run WHERE kind = 'undo'")
    assert [tuple(row) for row in told] == [("done", "4")]
    assert catalogue.state() == before


def test_all_models_of_an_import_go_however_many_chunks_they_fill(
    shelf: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    models = shelf.sheet(*MODELS, name="product_models.csv")
    products = shelf.sheet(*PRODUCTS, name="products.csv")
    created = shelf.take(models, products)
    monkeypatch.setattr("pim.products.reverting.undone.CHUNK", 1)

    undone = shelf.undo(created.change_set)

    assert (undone.kept_cells, shelf.names()) == ([], [])
