"""What a cell showed over time, what it inherited, and why it shows what it shows."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from pim.db.unit_of_work import unit_of_work
from pim.errors import Refused
from pim.products.history import document_before, find_entity
from pim.products.past.places import find_place
from pim.products.past.timeline import Reason, cell_history, reason
from pim.products.past.touched import change_set_history, structure_history
from pim.structure.queries import current
from tests.factories.catalogue import Catalogue


def moment(catalogue: Catalogue) -> datetime:
    now: datetime = catalogue.query("SELECT clock_timestamp()")[0][0]
    return now


def events(catalogue: Catalogue, name: str, field: str) -> list[tuple[Any, ...]]:
    with unit_of_work(catalogue.engine) as work:
        structure = current(work.session)
        place = find_place(structure, field)
        found = cell_history(work.session, structure, find_entity(work.session, name), place)
        return [(e.old, e.new, e.by, e.source) for e in found]


def why(catalogue: Catalogue, name: str, field: str, when: datetime | None = None) -> Reason:
    with unit_of_work(catalogue.engine) as work:
        structure = current(work.session)
        place = find_place(structure, field)
        entity = find_entity(work.session, name)
        return reason(work.session, structure, entity, place, moment=when)


def test_a_variant_shows_the_prices_of_its_model_until_it_has_its_own(catalogue: Catalogue) -> None:
    catalogue.rows("product_models", {"code": "derby-black", "price-EUR": "110"})
    catalogue.rows("products", {"sku": "DRB-BLK-41", "price-EUR": "95"})
    catalogue.rows("product_models", {"code": "derby-black", "price-EUR": "130"})
    catalogue.rows("products", {"sku": "DRB-BLK-41", "price-EUR": ""}, blank="clear")

    assert events(catalogue, "DRB-BLK-41", "price-EUR") == [
        ("95", "130", "inherited", "derby-black"),
        ("110", "95", "own", "DRB-BLK-41"),
        ("100", "110", "inherited", "derby-black"),
        (None, "100", "inherited", "derby-black"),
    ]
    assert events(catalogue, "derby-black", "price-EUR")[0] == ("110", "130", "own", "derby-black")


def test_a_move_to_another_model_changes_what_is_shown(catalogue: Catalogue) -> None:
    before = moment(catalogue)
    black, cognac = (
        catalogue.query("SELECT id FROM product_model WHERE code = :code", code=code)[0][0]
        for code in ("derby-black", "derby-cognac")
    )
    (product,) = catalogue.query("SELECT id FROM product WHERE identifier = 'DRB-BLK-42'")
    moved = {"id": product[0], "new": cognac, "old": black}
    catalogue.execute("INSERT INTO change_set (kind, state) VALUES ('edit', 'done')")
    catalogue.execute("UPDATE product SET parent_id = :new WHERE id = :id AND :old > 0", **moved)
    catalogue.execute(
        "INSERT INTO history (entity_id, change_set_id, kind, action, before, after, at)"
        " SELECT :id, max(id), 0, 0, jsonb_build_object('parent', CAST(:old AS bigint)),"
        " jsonb_build_object('parent', CAST(:new AS bigint)), clock_timestamp() FROM change_set",
        **moved,
    )

    assert events(catalogue, "DRB-BLK-42", "price-EUR")[0] == (
        "100", "120", "inherited", "derby-cognac",
    )  # fmt: skip
    assert events(catalogue, "DRB-BLK-42", "parent")[0][:2] == ("derby-black", "derby-cognac")
    then = why(catalogue, "DRB-BLK-42", "price-EUR", before)
    assert (then.value, then.by, then.level, then.source) == ("100", "inherited", 1, "derby-black")


def test_a_reason_names_change_set_file_and_row(catalogue: Catalogue) -> None:
    result = catalogue.rows(
        "product_models", {"code": "moc", "name-en_GB": "Moc"}, {"code": "derby", "brand": "acme"}
    )

    found = why(catalogue, "DRB-BLK-41", "brand").document()

    assert (found["value"], found["by"], found["level"], found["from"]) == (
        "acme", "inherited", 0, "derby",
    )  # fmt: skip
    assert (found["change_set"], found["kind"], found["author"]) == (
        result.change_set, "import", None,
    )  # fmt: skip
    assert found["import"]["row"] == 3
    own = why(catalogue, "wax", "price-EUR").document()
    assert (own["value"], own["by"], own["import"]["row"]) == ("9.95", "own", 6)


def test_an_undo_is_named_with_what_it_undid(catalogue: Catalogue) -> None:
    changed = catalogue.rows("products", {"sku": "wax", "name-en_GB": "Beeswax"})
    during = moment(catalogue)
    undone = catalogue.undo(changed.change_set)

    now, then = (why(catalogue, "wax", "name-en_GB", when).document() for when in (None, during))

    assert (now["value"], now["change_set"]) == ("Wax", undone.change_set)
    assert (now["kind"], now["undoes"]) == ("undo", changed.change_set)
    assert (then["value"], then["change_set"]) == ("Beeswax", changed.change_set)


def test_an_empty_place_tells_who_emptied_it(catalogue: Catalogue) -> None:
    changed = catalogue.rows("products", {"sku": "wax", "vegan": ""}, blank="clear")

    found = why(catalogue, "wax", "vegan").document()

    assert (found["value"], found["by"], found["change_set"]) == (None, None, changed.change_set)


def test_categories_are_told_in_words_and_with_those_above(catalogue: Catalogue) -> None:
    catalogue.rows("products", {"sku": "DRB-BLK-41", "categories": "outlet"})

    found = why(catalogue, "DRB-BLK-41", "categories")

    assert (found.value, found.by) == (["boots", "outlet", "women"], "own")
    assert why(catalogue, "DRB-BLK-42", "categories").by == "inherited"


def test_a_change_set_tells_what_it_did_page_by_page(catalogue: Catalogue) -> None:
    result = catalogue.rows(
        "products",
        {"sku": "wax", "price-EUR": "1", "name-en_GB": "Beeswax"},
        {"sku": "MOC-41", "price-EUR": "2"},
        {"sku": "laces", "name-en_GB": "Strings"},
    )
    assert result.change_set is not None
    with unit_of_work(catalogue.engine) as work:
        structure = current(work.session)

        def ask(**more: Any) -> list[Any]:
            assert result.change_set is not None
            return change_set_history(work.session, structure, result.change_set, **more)

        first, rest = ask(limit=2), ask(after=ask(limit=2)[-1].id)
        assert [each.name for each in [*first, *rest]] == ["MOC-41", "wax", "laces"]
        prices = ask(field="price")
        assert [(each.name, each.entry.cells[0].new) for each in prices] == [
            ("MOC-41", "2"), ("wax", "1"),
        ]  # fmt: skip
        assert len(prices[1].entry.cells) == 1
        assert ask(kind="model") == []


def test_history_is_narrowed_to_people_and_kinds(catalogue: Catalogue) -> None:
    changed = catalogue.rows("products", {"sku": "wax", "name-en_GB": "Beeswax"})
    catalogue.undo(changed.change_set)

    assert [e.kind for e in catalogue.history("wax", kind="undo")] == ["undo"]
    assert catalogue.history("wax", author="nobody@example.com") == []
    first = catalogue.history("wax")[-1]
    assert [e.action for e in catalogue.history("wax", until=first.at)] == ["create"]


def test_changes_of_the_structure_are_listed_by_code(catalogue: Catalogue) -> None:
    catalogue.take(
        catalogue.sheet({"code": "brand", "type": "pim_catalog_simpleselect", "group": "general",
                         "label-en_GB": "Make"}),
        entity="attributes",
    )  # fmt: skip
    with unit_of_work(catalogue.engine) as work:
        found = structure_history(work.session, current(work.session), subject="attribute")

    assert found[0].names == ("brand",)
    assert found[0].kind == "import"


def test_before_the_horizon_nothing_is_told_that_may_be_wrong(catalogue: Catalogue) -> None:
    catalogue.rows("products", {"sku": "wax", "price-EUR": "5"})
    kept = catalogue.rows("products", {"sku": "wax", "name-en_GB": "Beeswax"})
    catalogue.rows("products", {"sku": "wax", "price-EUR": "6"})
    catalogue.execute(
        "UPDATE horizon SET history_before = (SELECT at + interval '1 microsecond' FROM history"
        " WHERE change_set_id = :kept)",
        kept=kept.change_set,
    )

    assert events(catalogue, "wax", "price-EUR") == [("5", "6", "own", "wax")]
    name = why(catalogue, "wax", "name-en_GB")
    assert name.write is not None
    assert (name.value, name.write.action) == ("Beeswax", 1)
    with unit_of_work(catalogue.engine) as work, pytest.raises(Refused, match="was removed"):
        assert kept.change_set is not None
        document_before(work.session, find_entity(work.session, "wax"), kept.change_set)


def test_what_a_rule_wrote_is_told_by_the_rule(catalogue: Catalogue) -> None:
    changed = catalogue.rows("product_models", {"code": "derby", "brand": "acme"})
    catalogue.execute(
        "UPDATE change_set SET kind = 'rule', label = 'house-brand' WHERE id = :id",
        id=changed.change_set,
    )

    found = why(catalogue, "DRB-BLK-41", "brand").document()

    assert (found["value"], found["by"], found["rule"]) == ("acme", "rule", "house-brand")
    assert found["from"] == "derby"
