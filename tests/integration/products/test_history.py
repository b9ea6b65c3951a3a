"""History tells what happened in people's words, and what a product was at any moment."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from pim.db.unit_of_work import unit_of_work
from pim.errors import NotFound
from pim.products.history import CellChange, document_at, find_entity
from tests.factories.catalogue import Catalogue


def moment(catalogue: Catalogue) -> datetime:
    now: datetime = catalogue.query("SELECT clock_timestamp()")[0][0]
    return now


def at(catalogue: Catalogue, name: str, when: datetime) -> dict[str, Any] | None:
    with unit_of_work(catalogue.engine) as work:
        return document_at(work.session, find_entity(work.session, name), when)


def test_every_change_names_cells_file_and_row(catalogue: Catalogue) -> None:
    result = catalogue.rows(
        "products",
        {"sku": "laces", "name-en_GB": "Laces"},
        {
            "sku": "wax", "name-en_GB": "Beeswax", "price-EUR": "9.95", "price-GBP": "8",
            "enabled": "0", "categories": "men", "groups": "sale", "X_SELL-products": "laces",
            "PACK-products": "MOC-41", "PACK-products-quantity": "3",
        },
    )  # fmt: skip

    entry, created = catalogue.history("WAX")

    assert {cell.field: (cell.old, cell.new) for cell in entry.cells} == {
        "X_SELL-products.DRB-BLK-41": (True, None),
        "X_SELL-products.DRB-BLK-42": (True, None),
        "X_SELL-products.laces": (None, True),
        "PACK-products.MOC-41": (2, 3),
        "categories.men": (None, True),
        "categories.outlet": (True, None),
        "enabled": (True, False),
        "groups.new": (True, None),
        "name-en_GB": ("Wax", "Beeswax"),
        "price-GBP": (None, "8"),
    }
    assert (entry.change_set, entry.kind, entry.action) == (result.change_set, "import", "update")
    assert (entry.source_row, entry.author, entry.state) == (3, None, "done")
    assert (entry.source_file or "").endswith("sheet1.csv")
    assert (created.action, created.cells) == ("create", ())


def test_a_family_is_told_by_its_code(catalogue: Catalogue) -> None:
    catalogue.rows("products", {"sku": "wax", "family": "shoes"})

    [cell] = catalogue.history("wax", limit=1)[0].cells

    assert cell == CellChange(field="family", old="care", new="shoes")


def test_history_is_paged_and_narrowed_to_a_field(catalogue: Catalogue) -> None:
    for n in range(3):
        catalogue.rows("products", {"sku": "wax", "price-EUR": str(n + 1)})
        catalogue.rows("products", {"sku": "wax", "price-GBP": str(n + 1), "vegan": str(n % 2)})

    everything = catalogue.history("wax")
    first = catalogue.history("wax", limit=2)
    second = catalogue.history("wax", limit=2, before=first[-1].change_set)
    prices = catalogue.history("wax", field="PRICE")
    euros = catalogue.history("wax", field="price-EUR", limit=2)

    assert len(everything) == 7
    assert [e.change_set for e in [*first, *second]] == [e.change_set for e in everything[:4]]
    assert [[c.field for c in e.cells] for e in prices] == [["price-GBP"], ["price-EUR"]] * 3
    assert [e.cells[0].new for e in euros] == ["3", "2"]


def test_an_undo_says_what_it_brought_back(catalogue: Catalogue) -> None:
    change = catalogue.rows("products", {"sku": "wax", "name-en_GB": "Beeswax"})
    catalogue.undo(change.change_set)

    undone, edited = catalogue.history("wax", limit=2)

    assert (undone.kind, undone.label) == ("undo", f"Undo of {edited.label}")
    assert undone.cells == (CellChange(field="name-en_GB", old="Beeswax", new="Wax"),)
    assert edited.state == "undone"


def test_a_document_is_seen_as_it_was_at_every_moment(catalogue: Catalogue) -> None:
    before_all = datetime.fromisoformat("2020-01-01T00:00:00+00:00")
    seen = {moment(catalogue): at(catalogue, "wax", moment(catalogue))}
    changes = (
        {"price-GBP": "8", "name-en_GB": "Beeswax"},
        {"ean": "17", "enabled": "0", "categories": "men"},
        {"X_SELL-products": "laces", "price-EUR": "1"},
    )
    for cells in changes:
        result = catalogue.rows("products", {"sku": "wax", **cells})
        seen[moment(catalogue)] = at(catalogue, "wax", moment(catalogue))
    catalogue.undo(result.change_set)

    assert len({str(document) for document in seen.values()}) == 4
    for when, document in seen.items():
        assert at(catalogue, "wax", when) == document
    assert at(catalogue, "wax", before_all) is None


def test_a_product_that_went_and_came_back_is_seen_in_between(catalogue: Catalogue) -> None:
    created = catalogue.rows("products", {"sku": "new", "family": "care", "vegan": "1"})
    there = moment(catalogue)
    document = at(catalogue, "new", there)
    gone = catalogue.undo(created.change_set)
    away = moment(catalogue)
    catalogue.undo(gone.change_set)

    assert at(catalogue, "new", there) == document
    assert at(catalogue, "new", away) is None


def test_what_nobody_knows_is_not_found(catalogue: Catalogue) -> None:
    with pytest.raises(NotFound, match='no product or model "ghost"'):
        catalogue.history("ghost")
