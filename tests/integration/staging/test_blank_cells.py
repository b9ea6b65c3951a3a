"""What an empty cell does: keep, clear or refuse."""

from __future__ import annotations

from tests.factories.catalogue import Catalogue
from tests.factories.outcomes import codes, figures, only


def test_empty_cells_keep_what_is_stored(catalogue: Catalogue) -> None:
    result = catalogue.rows(
        "products", {"sku": "wax", "name-en_GB": "", "categories": "", "X_SELL-products": ""}
    )

    assert figures(result) == (0, 0, 1, 0)


def test_empty_cells_clear_when_asked(catalogue: Catalogue) -> None:
    catalogue.rows("products", {"sku": "wax", "price-GBP": "8", "price-JPY": "1000"})

    result = catalogue.rows(
        "products",
        {
            "sku": "wax", "name-en_GB": "", "price-EUR": "", "price-GBP": "7", "categories": "",
            "groups": "", "ean": "", "X_SELL-products": "", "PACK-products": "", "family": "",
        },
        {
            "sku": "laces", "name-en_GB": "Laces", "price-EUR": "", "price-GBP": "", "ean": "",
            "X_SELL-products": "",
        },
        blank="clear",
    )  # fmt: skip

    assert figures(result) == (0, 1, 1, 0)
    wax = catalogue.document("wax")
    assert wax["values"]["price"] == {"<all>": {"<all>": {"GBP": "7", "JPY": "1000"}}}
    assert {"name", "ean"}.isdisjoint(wax["values"])
    assert (wax["categories"], wax["groups"]) == ([], [])
    assert set(wax["associations"]) == {"X_SELL", "PAIR"}
    assert wax["family_id"] is not None
    assert (
        catalogue.query("SELECT count(*) FROM unique_value WHERE value = '4006381333962'")[0][0]
        == 0
    )


def test_cells_that_a_row_does_not_have_are_left_alone_even_then(catalogue: Catalogue) -> None:
    path = catalogue.sheet({"sku": "wax"}, name="products.csv")
    path.write_text("sku;vegan;name-en_GB;ean\nwax;0\n", encoding="utf-8")

    result = catalogue.take(path, blank="clear")

    assert (only(result)["code"], only(result)["severity"]) == ("row_short", "warning")
    assert figures(result) == (0, 1, 0, 0)
    assert catalogue.value("wax", "vegan") is False
    assert catalogue.value("wax", "ean") == "4006381333962"


def test_empty_cells_are_refused_when_asked(catalogue: Catalogue) -> None:
    result = catalogue.rows(
        "products",
        {"sku": "wax", "name-en_GB": "Wax", "price-EUR": "9.95"},
        {"sku": "laces", "name-en_GB": "", "price-EUR": "1"},
        blank="refuse",
    )

    assert codes(result) == [(3, "name-en_GB", "cell_empty")]
