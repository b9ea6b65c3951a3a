"""Imports of products and models: what is written, what is refused, and what both say."""

from __future__ import annotations

import pytest

from tests.factories.catalogue import MODELS, PRODUCTS, Catalogue
from tests.factories.outcomes import codes, figures, only


def test_what_was_imported_is_stored_at_its_level(catalogue: Catalogue) -> None:
    assert len(catalogue.names()) == len(MODELS) + len(PRODUCTS)
    assert catalogue.value("derby", "name", locale="de_DE") == "Derbyschuh"
    assert catalogue.value("derby", "description", "web", "en_GB") == "A shoe with\nopen lacing"
    assert catalogue.value("derby", "materials") == ["leather", "rubber"]
    assert catalogue.value("derby", "heel") == "-2.5"
    assert catalogue.value("derby-black", "price") == {"EUR": "100", "GBP": "90.5"}
    assert catalogue.value("derby-cognac", "offer", "web") == {"EUR": "99"}
    assert catalogue.value("DRB-COG-41", "weight") == {"amount": "812.5", "unit": "GRAM"}
    assert catalogue.value("DRB-BLK-41", "name", locale="en_GB") is None
    assert catalogue.document("laces")["enabled"] is False


def test_the_same_rows_again_write_nothing_but_the_run(catalogue: Catalogue) -> None:
    before, written = catalogue.state(), catalogue.written()

    models = catalogue.rows("product_models", *MODELS)
    products = catalogue.rows("products", *PRODUCTS)

    assert (figures(models), figures(products)) == ((0, 0, 4, 0), (0, 0, 6, 0))
    assert (models.change_set, products.change_set) == (None, None)
    assert catalogue.state() == before
    assert catalogue.written() == written | {"run": written["run"] + 2}


def test_values_history_and_log_are_written_together(catalogue: Catalogue) -> None:
    result = catalogue.rows("products", {"sku": "wax", "name-en_GB": "Beeswax"})

    wax = catalogue.document("wax")["id"]
    history = catalogue.query(
        "SELECT entity_id, action, before, after, source_row FROM history WHERE change_set_id = :c",
        c=result.change_set,
    )
    log = catalogue.query(
        "SELECT subject, ids, attributes FROM change_log WHERE change_set_id = :c",
        c=result.change_set,
    )
    before, after = (
        {"values": {"name": {"<all>": {"en_GB": text}}}} for text in ("Wax", "Beeswax")
    )
    assert [tuple(r) for r in history] == [(wax, 0, before, after, 2)]
    assert [tuple(r) for r in log] == [("product", [wax], ["name"])]
    assert catalogue.document("wax")["version"] > 1


def test_good_rows_are_applied_and_bad_ones_counted(catalogue: Catalogue) -> None:
    result = catalogue.rows(
        "products",
        {"sku": "new", "family": "care", "price-EUR": "3"},
        {"sku": "wax", "family": "", "price-EUR": "10"},
        {"sku": "laces", "family": "", "price-EUR": ""},
        {"sku": "bad", "family": "care", "price-EUR": "1O"},
        {"sku": "", "family": "care", "price-EUR": "1"},
    )

    assert figures(result) == (1, 1, 1, 2)
    assert codes(result)[1] == (6, "sku", "identifier_missing")
    assert result.violations[0]["value"] == "1O"
    assert "bad" not in catalogue.names()


def test_codes_and_identifiers_compare_without_regard_to_case(catalogue: Catalogue) -> None:
    result = catalogue.rows(
        "products",
        {
            "SKU": "WAX", "Family": "CARE", "Categories": "OUTLET", "Groups": "NEW,Sale",
            "NAME-en_gb": "Wax", "vegan": "TRUE", "x_sell-PRODUCTS": "drb-blk-41,DRB-blk-42",
        },
        {
            "SKU": "drb-blk-43", "parent": "DERBY-black", "size": "43", "NAME-en_gb": "",
        },
    )  # fmt: skip

    assert figures(result) == (1, 0, 1, 0)
    assert catalogue.document("DRB-BLK-43")["identifier"] == "drb-blk-43"


def test_prices_merge_by_currency(catalogue: Catalogue) -> None:
    catalogue.rows("products", {"sku": "wax", "price-GBP": "8"})

    assert catalogue.value("wax", "price") == {"EUR": "9.95", "GBP": "8"}


@pytest.mark.parametrize(
    ("cells", "column", "code", "said"),
    [
        ({"family": "boats"}, "family", "family_unknown", '"boats"'),
        ({"parent": "nobody"}, "parent", "parent_unknown", '"nobody"'),
        ({"parent": "derby", "size": "41"}, "parent", "parent_level", '"derby"'),
        ({"family": "care", "parent": "moc"}, "family", "family_differs", '"care"'),
        ({"categories": "men,attic"}, "categories", "category_unknown", '"attic"'),
        ({"groups": "old"}, "groups", "group_unknown", '"old"'),
        ({"enabled": "perhaps"}, "enabled", "boolean_unknown", '"perhaps"'),
        ({"parent": "derby-black"}, "size", "axis_missing", "size"),
        ({"parent": "derby-black", "size": "99"}, "size", "unknown_option", '"99"'),
        ({"parent": "derby-black", "size": "41"}, "size", "axis_taken", '"DRB-BLK-41"'),
        ({"family": "care", "ean": "4006381333931"}, "ean", "unique_taken", '"DRB-BLK-41"'),
    ],
)
def test_a_new_product_that_cannot_be_is_refused_by_name(
    catalogue: Catalogue, cells: dict[str, str], column: str, code: str, said: str
) -> None:
    before = catalogue.state()

    result = catalogue.rows("products", {"sku": "new", **cells})

    found = only(result)
    assert (found["row"], found["column"], found["code"]) == (2, column, code)
    assert said in found["message"]
    assert found["mend"]
    assert figures(result) == (0, 0, 0, 1)
    assert catalogue.state() == before


@pytest.mark.parametrize(
    ("cells", "column", "code"),
    [
        ({}, "family_variant", "family_variant_missing"),
        ({"family_variant": "none"}, "family_variant", "family_variant_unknown"),
        ({"parent": "moc", "color": "navy"}, "parent", "parent_level"),
        ({"parent": "derby-black", "color": "navy"}, "parent", "parent_level"),
        ({"parent": "derby", "color": "black"}, "color", "axis_taken"),
        ({"parent": "derby", "family_variant": "shoes_by_size"}, "family_variant",
         "family_variant_differs"),
    ],
)  # fmt: skip
def test_a_new_model_that_cannot_be_is_refused_by_name(
    catalogue: Catalogue, cells: dict[str, str], column: str, code: str
) -> None:
    result = catalogue.rows("product_models", {"code": "new", **cells})

    assert codes(result) == [(2, column, code)]


@pytest.mark.parametrize(
    ("sku", "said"), [("a,b", "a comma"), ("a;b", "a semicolon"), ("x" * 41, "40")]
)
def test_a_new_identifier_obeys_the_rules_of_its_attribute(
    catalogue: Catalogue, sku: str, said: str
) -> None:
    result = catalogue.rows("products", {"sku": sku, "family": "care"})

    assert only(result)["column"] == "sku"
    assert said in only(result)["message"] + only(result)["mend"]
    assert figures(result) == (0, 0, 0, 1)


def test_a_code_of_a_model_cannot_hold_a_comma(catalogue: Catalogue) -> None:
    result = catalogue.rows(
        "product_models", {"code": "a,b", "family_variant": "shoes_by_color_size"}
    )

    assert only(result)["code"] == "separator_in_identifier"


def test_duplicate_identifiers_in_a_file_name_both_rows(catalogue: Catalogue) -> None:
    result = catalogue.rows(
        "products", {"sku": "wax", "stock": "1"}, {"sku": "a"}, {"sku": "WAX", "stock": "2"}
    )

    assert (only(result)["row"], only(result)["code"]) == (4, "identifier_repeated")
    assert "row 2" in only(result)["message"]
    assert catalogue.value("wax", "stock") == "1"


def test_a_unique_value_twice_in_a_file_names_both_rows(catalogue: Catalogue) -> None:
    result = catalogue.rows(
        "products",
        {"sku": "n1", "family": "care", "ean": "17"},
        {"sku": "n2", "family": "care", "ean": "17"},
    )

    assert (only(result)["row"], only(result)["code"]) == (3, "unique_taken")
    assert '"n1" in row 2' in only(result)["message"]


def test_a_second_variant_on_the_same_axes_in_a_file_is_refused(catalogue: Catalogue) -> None:
    result = catalogue.rows(
        "products",
        {"sku": "n1", "parent": "derby-black", "size": "43"},
        {"sku": "n2", "parent": "derby-black", "size": "43"},
    )

    assert codes(result) == [(3, "size", "axis_taken")]
    assert '"n1"' in only(result)["message"]


def test_an_axis_never_changes_nor_goes(catalogue: Catalogue) -> None:
    changed = catalogue.rows("products", {"sku": "DRB-BLK-41", "size": "43"})
    cleared = catalogue.rows("products", {"sku": "DRB-BLK-41", "size": ""}, blank="clear")

    assert codes(changed) == [(2, "size", "axis_changed")]
    assert codes(cleared) == [(2, "size", "axis_missing")]


def test_an_import_does_not_move_a_product(catalogue: Catalogue) -> None:
    result = catalogue.rows("products", {"sku": "DRB-BLK-41", "parent": "derby-cognac"})

    assert codes(result) == [(2, "parent", "parent_changed")]


def test_a_value_at_a_wrong_level_is_a_warning_and_the_rest_goes_through(
    catalogue: Catalogue,
) -> None:
    result = catalogue.rows(
        "products",
        {"sku": "DRB-BLK-41", "stock": "9", "brand": "acme"},
        {"sku": "wax", "stock": "", "brand": "acme"},
    )

    assert codes(result) == [(2, "brand", "wrong_level"), (3, "brand", "not_in_family")]
    assert "the root model" in result.violations[0]["message"]
    assert figures(result) == (0, 1, 1, 0)
    assert result.counts.warnings == 2
    assert catalogue.value("DRB-BLK-41", "stock") == "9"
    assert catalogue.value("DRB-BLK-41", "brand") is None


def test_a_value_at_a_wrong_level_that_is_inherited_anyway_is_no_matter(
    catalogue: Catalogue,
) -> None:
    result = catalogue.rows(
        "products",
        {"sku": "DRB-BLK-41", "brand": "polka", "color": "Black", "materials": "leather,rubber"},
    )

    assert result.violations == []
    assert figures(result) == (0, 0, 1, 0)


def test_an_overridable_attribute_may_stand_below_its_level(catalogue: Catalogue) -> None:
    result = catalogue.rows("products", {"sku": "DRB-BLK-41", "price-EUR": "70"})

    assert result.violations == []
    assert catalogue.value("DRB-BLK-41", "price") == {"EUR": "70"}
    assert catalogue.value("derby-black", "price") == {"EUR": "100", "GBP": "90.5"}


def test_columns_that_mean_nothing_are_named_once(catalogue: Catalogue) -> None:
    result = catalogue.rows(
        "products",
        {
            "sku": "wax", "colour": "red", "name": "x", "name-fr_FR": "x", "price": "1",
            "description-en_GB": "x", "price-ZZZ": "1", "legal-en_GB": "x", "updated": "x",
            "vegan-web": "1", "NAME-en_GB": "Wax", "name-EN_gb": "Wax",
        },
    )  # fmt: skip

    reasons = {v["column"]: v["message"] for v in result.violations}
    assert all(row == 1 and code == "column_ignored" for row, _, code in codes(result))
    assert set(reasons) == {
        "colour", "name", "name-fr_FR", "price", "description-en_GB", "price-ZZZ", "legal-en_GB",
        "vegan-web", "name-EN_gb",
    }  # fmt: skip
    assert "varies by locale" in reasons["name"]
    assert "varies by channel" in reasons["description-en_GB"]
    assert "needs its currency" in reasons["price"]
    assert "No channel uses the locale fr_FR" in reasons["name-fr_FR"]
    assert "NAME-en_GB means the same" in reasons["name-EN_gb"]
    assert result.counts.warnings == len(reasons)
    assert figures(result) == (0, 0, 1, 0)


@pytest.mark.parametrize(
    ("mode", "sku", "code"), [("create", "wax", "exists_already"), ("update", "new", "not_found")]
)
def test_a_mode_refuses_the_other_rows(
    catalogue: Catalogue, mode: str, sku: str, code: str
) -> None:
    result = catalogue.rows("products", {"sku": sku, "stock": "1"}, mode=mode)

    assert codes(result) == [(2, "sku", code)]


def test_what_a_parent_has_is_not_repeated_below_it(catalogue: Catalogue) -> None:
    result = catalogue.rows("products", {"sku": "DRB-BLK-41", "categories": "women,boots,men"})

    names = {c.id: c.code for c in catalogue.structure.categories}
    assert figures(result) == (0, 1, 0, 0)
    assert [names[i] for i in catalogue.document("DRB-BLK-41")["categories"]] == ["men"]


def test_what_a_product_has_of_its_own_stays_when_its_parent_gets_it_too(
    catalogue: Catalogue,
) -> None:
    catalogue.rows("products", {"sku": "DRB-BLK-41", "categories": "men"})
    catalogue.rows("product_models", {"code": "derby", "categories": "women,boots,men"})

    again = catalogue.rows("products", {"sku": "DRB-BLK-41", "categories": "men"})

    assert figures(again) == (0, 0, 1, 0)


def test_a_run_tells_how_files_were_read_and_what_was_guessed(catalogue: Catalogue) -> None:
    result = catalogue.rows("products", {"sku": "wax", "name-en_GB": "Wax"})

    [read] = result.document()["read_as"].values()
    assert read == {
        "encoding": "utf-8", "separator": ";", "quote": '"', "guessed": ["encoding", "separator"],
    }  # fmt: skip


def test_files_that_hold_nothing_known_are_named(catalogue: Catalogue) -> None:
    folder = catalogue.folder / "delivery"
    folder.mkdir(parents=True)
    (folder / "products.csv").write_text("sku\nwax\n", encoding="utf-8")
    (folder / "readme.txt").write_text("hello\n", encoding="utf-8")

    result = catalogue.take(folder)

    assert [note for note in result.notes if "readme.txt" in note]
