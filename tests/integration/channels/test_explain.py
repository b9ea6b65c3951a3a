"""A published value is explained back to the edit or the row of the file that it comes from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from channels.publication import review
from channels.publication.explain import explain
from pim.db.unit_of_work import unit_of_work
from pim.errors import NotFound, Refused
from tests.integration.channels.conftest import FEED, Shop
from tests.integration.channels.test_publication import CHEAPER, RED


def told(shop: Shop, item: str, target: str) -> dict[str, Any]:
    shop.projection.refresh()
    with unit_of_work(shop.engine) as work:
        feed = shop.found()
        folder = review.folder_of(shop.settings, feed)
        return explain(work, shop.projection, folder, feed, item=item, target=target)


def test_an_inherited_value_goes_back_to_the_models_row(shop: Shop) -> None:
    shop.publish()

    answer = told(shop, "derby-red-36", "price")

    assert (answer["output"], answer["published"]) == ("100.00 EUR", "100.00 EUR")
    assert [step["type"] for step in answer["steps"]] == ["from", "price_format"]
    source = answer["source"]
    assert (source["attribute"], source["scope"], source["locale"]) == ("price", None, None)
    assert (source["by"], source["level"], source["entity"]) == ("inherited", 1, "derby-red")
    assert source["data"] == {"EUR": "100", "GBP": "90"}
    assert source["import"]["file"].endswith("product_models.csv")
    assert source["import"]["row"] == 3


def test_an_own_value_goes_back_to_the_products_row(shop: Shop) -> None:
    source = told(shop, "derby-red-38", "stock")["source"]

    assert (source["by"], source["level"], source["entity"]) == ("own", 2, "derby-red-38")
    assert (source["data"], source["import"]["row"]) == ("2", 4)


def test_the_newest_edit_of_the_value_counts_and_that_of_its_neighbour_does_not(shop: Shop) -> None:
    shop.publish()
    cheaper = shop.bulk(RED, CHEAPER)
    shop.bulk(RED, {**CHEAPER, "currency": "GBP"})

    answer = told(shop, "derby-red-36", "price")

    assert (answer["output"], answer["published"]) == ("80.00 EUR", "100.00 EUR")
    assert answer["source"]["change_set"] == cheaper.change_set
    assert answer["source"]["import"] is None
    assert answer["source"]["at"] is not None


def test_a_value_of_another_locale_is_a_fallback(shop: Shop) -> None:
    shop.feed(locale="de_DE", fallback_locales=["en_GB"])

    source = told(shop, "laces", "name")["source"]

    assert (source["by"], source["locale"], source["data"]) == ("fallback", "en_GB", "Laces")


def test_a_field_that_every_product_has_is_the_products_own(shop: Shop) -> None:
    source = told(shop, "laces", "sku")["source"]

    assert (source["by"], source["data"], source["entity"]) == ("own", "laces", "laces")


def test_categories_of_a_model_are_inherited(shop: Shop) -> None:
    shop.feed(mapping={**FEED["mapping"], "kind": "categories"})

    source = told(shop, "derby-red-36", "kind")["source"]

    assert (source["by"], source["level"], source["entity"]) == ("inherited", 0, "derby")
    assert source["data"] == ["boots"]


def test_a_constant_has_no_source(shop: Shop) -> None:
    shop.feed(mapping={"sku": "sku", "condition": {"value": "new"}})

    answer = told(shop, "laces", "condition")

    assert (answer["output"], answer["source"]) == ("new", None)


def test_a_value_that_an_import_corrected_names_that_file(shop: Shop, tmp_path: Path) -> None:
    shop.load({"products.csv": "sku;stock\nlaces;4\n"}, tmp_path / "later")

    source = told(shop, "laces", "stock")["source"]

    assert (source["data"], source["import"]["row"]) == ("4", 2)
    assert "later" in source["import"]["file"] or source["import"]["file"] == "products.csv"


@pytest.mark.parametrize(
    ("item", "target", "error"),
    [("nothing", "price", NotFound), ("laces", "colr", NotFound), ("derby", "price", Refused)],
)
def test_what_cannot_be_explained_is_refused_by_name(
    shop: Shop, item: str, target: str, error: type[Exception]
) -> None:
    with pytest.raises(error, match=f'"{"colr" if target == "colr" else item}"'):
        told(shop, item, target)
