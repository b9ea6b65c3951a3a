"""A restore puts back what was, by today's rules, and can be undone."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from pim.db.unit_of_work import unit_of_work
from pim.errors import NotFound, Refused
from pim.products.history import document_at, find_entity
from pim.products.past.places import find_place
from pim.products.past.restoring import Restored, restore
from pim.structure.queries import current
from tests.factories.catalogue import Catalogue


def moment(catalogue: Catalogue) -> datetime:
    now: datetime = catalogue.query("SELECT clock_timestamp()")[0][0]
    return now


def put_back(
    catalogue: Catalogue,
    name: str,
    *,
    field: str | None = None,
    dry_run: bool = False,
    **to: Any,
) -> Restored:
    with unit_of_work(catalogue.engine, dry_run=dry_run) as work:
        structure = current(work.session)
        place = find_place(structure, field) if field else None
        return restore(work, find_entity(work.session, name), structure, place=place, **to)


def content(catalogue: Catalogue, name: str) -> Any:
    with unit_of_work(catalogue.engine) as work:
        entity = find_entity(work.session, name)
        return document_at(work.session, entity, moment(catalogue))


EDIT = {
    "sku": "wax", "name-en_GB": "Beeswax", "price-EUR": "1", "price-GBP": "8", "ean": "",
    "categories": "men", "groups": "", "enabled": "0", "vegan": "0", "X_SELL-products": "laces",
    "PAIR-products": "MOC-41",
}  # fmt: skip


def test_a_product_is_restored_as_of_a_moment_and_the_restore_undone(catalogue: Catalogue) -> None:
    when, before = moment(catalogue), content(catalogue, "wax")
    far = content(catalogue, "MOC-41")
    catalogue.rows("products", EDIT, blank="clear")
    edited = content(catalogue, "wax")

    restored = put_back(catalogue, "wax", moment=when)

    assert content(catalogue, "wax") == before
    assert content(catalogue, "MOC-41") == far
    assert set(restored.restored) == {
        "name-en_GB", "price-EUR", "price-GBP", "ean", "categories", "groups", "enabled", "vegan",
        "X_SELL-products", "PAIR-products",
    }  # fmt: skip
    assert restored.violations == ()
    entry = catalogue.history("wax")[0]
    assert (entry.kind, entry.change_set) == ("restore", restored.change_set)
    catalogue.undo(restored.change_set)
    assert content(catalogue, "wax") == edited


def test_a_dry_run_tells_the_same_and_writes_nothing(catalogue: Catalogue) -> None:
    when = moment(catalogue)
    catalogue.rows("products", EDIT, blank="clear")
    written, state = catalogue.written(), catalogue.state()

    dry = put_back(catalogue, "wax", moment=when, dry_run=True)

    assert (catalogue.written(), catalogue.state()) == (written, state)
    real = put_back(catalogue, "wax", moment=when)
    assert (dry.restored, dry.change_set) == (real.restored, None)


def test_one_value_goes_back_before_a_change_set_and_others_stay(catalogue: Catalogue) -> None:
    first = catalogue.rows("products", {"sku": "wax", "price-EUR": "5", "price-GBP": "4"})
    catalogue.rows("products", {"sku": "wax", "price-EUR": "6", "name-en_GB": "Beeswax"})

    restored = put_back(catalogue, "wax", field="price-EUR", before=first.change_set)

    assert restored.restored == ("price-EUR",)
    assert catalogue.value("wax", "price") == {"EUR": "9.95", "GBP": "4"}
    assert catalogue.value("wax", "name", locale="en_GB") == "Beeswax"
    put_back(catalogue, "wax", field="price", before=first.change_set)
    assert catalogue.value("wax", "price") == {"EUR": "9.95"}


def test_what_is_not_valid_any_more_stays_and_is_told(catalogue: Catalogue) -> None:
    when = moment(catalogue)
    catalogue.rows("product_models", {"code": "derby", "brand": "acme", "name-en_GB": "Oxford"})
    catalogue.execute("DELETE FROM attribute_option WHERE code = 'polka'")
    catalogue.execute("UPDATE structure_version SET version = version + 1")

    restored = put_back(catalogue, "derby", moment=when)

    assert restored.restored == ("name-en_GB",)
    assert [each.path for each in restored.violations] == ["brand"]
    assert catalogue.value("derby", "brand") == "acme"


def test_a_value_that_somebody_else_has_taken_stays(catalogue: Catalogue) -> None:
    when = moment(catalogue)
    catalogue.rows("products", {"sku": "wax", "ean": ""}, blank="clear")
    catalogue.rows("products", {"sku": "laces", "ean": "4006381333962"})

    restored = put_back(catalogue, "wax", moment=when)

    assert [each.code for each in restored.violations] == ["unique_taken"]
    assert restored.change_set is None


def test_what_a_product_is_stays_and_is_told(catalogue: Catalogue) -> None:
    when = moment(catalogue)
    catalogue.rows("products", {"sku": "wax", "family": "shoes"})

    restored = put_back(catalogue, "wax", moment=when)

    (violation,) = restored.violations
    assert (violation.code, violation.path) == ("restore.stays", "family")
    assert violation.text == 'family was "care" and is "shoes" now; a restore leaves it alone.'


def test_links_to_what_is_gone_are_left_out(catalogue: Catalogue) -> None:
    made = catalogue.rows("products", {"sku": "new", "family": "care"})
    catalogue.rows("products", {"sku": "wax", "X_SELL-products": "new,laces"})
    when = moment(catalogue)
    catalogue.rows("products", {"sku": "wax", "X_SELL-products": "MOC-41"})
    catalogue.undo(made.change_set)

    restored = put_back(catalogue, "wax", field="associations", moment=when)

    assert [each.code for each in restored.violations] == ["restore.gone"]
    (laces,) = catalogue.query("SELECT id FROM product WHERE identifier = 'laces'")
    assert catalogue.document("wax")["associations"]["X_SELL"]["products"] == {str(laces[0]): True}


def test_there_must_be_something_to_go_back_to(catalogue: Catalogue) -> None:
    before_all = datetime.fromisoformat("2020-01-01T00:00:00+00:00")
    with pytest.raises(Refused, match="did not exist then"):
        put_back(catalogue, "wax", moment=before_all)
    with pytest.raises(NotFound, match="did not touch"):
        put_back(catalogue, "wax", before=999)
    with pytest.raises(Refused, match=r"name a locale|Choose one of"):
        put_back(catalogue, "wax", field="name", moment=before_all)
