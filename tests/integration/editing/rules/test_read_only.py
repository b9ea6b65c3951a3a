"""What a rule makes read-only stays as it is: in saves, in imports and in bulk edits alike."""

from __future__ import annotations

import pytest

from pim.db.unit_of_work import unit_of_work
from pim.editing.change_sets import drafts, service, showing
from pim.editing.change_sets.pages import Filter
from pim.jobs import tasks
from pim.structure.queries import current
from tests.factories.ruler import Ruler, asks, put, rule

VEGAN = asks("vegan", "=", value=True)


@pytest.fixture
def held(ruler: Ruler) -> Ruler:
    """Return a catalogue in which a rule holds the stock of vegan products: of the wax."""
    ruler.save(rule("vegan_stock", put("stock", 5), where=VEGAN, read_only=True))
    ruler.run("vegan_stock")
    return ruler


def test_a_save_is_refused_with_the_name_of_the_rule(held: Ruler) -> None:
    saved, _, _ = held.type_in("wax", {"stock": "7", "ean": "4006381333979"})

    [result] = saved.results
    assert result.saved == ("ean",)
    [violation] = result.violations
    assert (violation.code, violation.path) == ("rule.read_only", "stock")
    assert "vegan_stock" in violation.text
    assert held.catalogue.value("wax", "stock") == "5"


def test_products_that_do_not_meet_the_condition_stay_free(held: Ruler) -> None:
    saved, _, _ = held.type_in("laces", {"stock": "7"})

    assert saved.results[0].saved == ("stock",)


def test_an_import_leaves_the_cell_out_and_takes_the_rest_of_the_row(held: Ruler) -> None:
    result = held.catalogue.rows(
        "products",
        {"sku": "wax", "stock": "7", "name-en_GB": "Beeswax"},
        {"sku": "laces", "stock": "8", "name-en_GB": ""},
    )

    [violation] = result.violations
    assert (violation["code"], violation["row"], violation["severity"]) == (
        "rule.read_only",
        2,
        "warning",
    )
    assert (result.counts.updated, result.counts.rejected) == (2, 0)
    assert held.catalogue.value("wax", "stock") == "5"
    assert held.catalogue.value("wax", "name", locale="en_GB") == "Beeswax"
    assert held.catalogue.value("laces", "stock") == "8"


def test_an_import_that_repeats_what_the_rule_has_set_is_not_told_of(held: Ruler) -> None:
    result = held.catalogue.rows("products", {"sku": "wax", "stock": "5"})

    assert (result.violations, result.counts.unchanged) == ([], 1)


def test_a_status_that_a_rule_sets_is_held_in_imports_too(ruler: Ruler) -> None:
    ruler.save(rule("vegan_on", {"type": "enable"}, where=VEGAN, read_only=True))

    result = ruler.catalogue.rows("products", {"sku": "wax", "enabled": "0"})

    assert [each["column"] for each in result.violations] == ["enabled"]
    assert ruler.catalogue.document("wax")["enabled"] is True


def test_a_bulk_edit_counts_held_cells_as_not_permitted(held: Ruler) -> None:
    result = held.edit(asks("family", "IN", ["care"]), put("stock", 9), put("vegan", value=False))

    assert (result.changed, result.not_permitted) == (3, 1)
    [told] = result.violations
    assert (told["identifier"], told["field"], told["code"]) == ("wax", "stock", "rule.read_only")
    assert held.catalogue.value("wax", "stock") == "5"
    assert held.catalogue.value("laces", "stock") == "9"


def test_a_model_is_held_by_any_product_below_it(ruler: Ruler) -> None:
    ruler.save(rule("brand", put("brand", "polka"), where=asks("stock", "=", "3"), read_only=True))

    saved, _, _ = ruler.type_in("derby", {"brand": "acme"})
    edited = ruler.edit(asks("identifier", "=", "DRB-COG-41"), put("brand", "acme"))
    imported = ruler.catalogue.rows("product_models", {"code": "derby", "brand": "acme"})

    assert [each.code for each in saved.results[0].violations] == ["rule.read_only"]
    assert (edited.changed, edited.not_permitted) == (0, 1)
    assert [each["code"] for each in imported.violations] == ["rule.read_only"]
    assert ruler.catalogue.value("derby", "brand") == "polka"


def test_a_preview_shows_held_cells_as_not_permitted_and_the_run_agrees(held: Ruler) -> None:
    runs = held.catalogue.settings.runs
    engine = held.catalogue.engine
    with unit_of_work(engine) as work:
        structure = current(work.session)
        where = asks("family", "IN", ["care"])
        draft = drafts.create(work, structure, do=[put("stock", 9)], where=where, selection=None)
        number = draft.id
        preview = service.ask_for_preview(work, number).id
    tasks.carry_out(held.context, "preview", preview)
    with unit_of_work(engine) as work:
        found = showing.preview(work.session, number, runs, Filter(outcome="not_permitted"))
        run = service.start(work, number, runs).id
    tasks.carry_out(held.context, "bulk", run)

    assert [cell["identifier"] for cell in found["cells"]] == ["wax"]
    assert "vegan_stock" in found["cells"][0]["reason"]
    done = held.run_of(run).result or {}
    assert (done["changed"], done["not_permitted"], done["differs"]) == (1, 1, 0)


def test_the_rule_itself_and_undo_are_free_to_write(held: Ruler) -> None:
    held.save(rule("vegan_stock", put("stock", 6), where=VEGAN, read_only=True))

    [done] = held.run("vegan_stock")["rules"]
    assert (done["changed"], done["not_permitted"]) == (1, 0)
    held.catalogue.undo(done["change_set"])

    assert held.catalogue.value("wax", "stock") == "5"


def test_a_disabled_rule_holds_nothing(held: Ruler) -> None:
    document = rule("vegan_stock", put("stock", 5), where=VEGAN, read_only=True, enabled=False)
    held.save(document)

    saved, _, _ = held.type_in("wax", {"stock": "7"})

    assert saved.results[0].saved == ("stock",)
