"""Shopify's product CSV, read back by the standard library's csv."""

from __future__ import annotations

import csv
import io
from typing import Any

import polars as pl
import pytest

from exporters.contract import parse_options
from exporters.shopify import Shopify, ShopifyOptions
from exporters.shopify.columns import known
from exporters.testing import CONTEXT, ExporterTests, Item
from pim.errors import Refused
from tests.unit.exporters.mutants import Values, found, mutated

CLASSIC = (
    "Handle,Title,Body (HTML),Vendor,Product Category,Type,Tags,Published,Option1 Name,"
    "Option1 Value,Option2 Name,Option2 Value,Option3 Name,Option3 Value,Variant SKU,"
    "Variant Grams,Variant Inventory Tracker,Variant Inventory Qty,Variant Inventory Policy,"
    "Variant Fulfillment Service,Variant Price,Variant Compare At Price,"
    "Variant Requires Shipping,Variant Taxable,Variant Barcode,Image Src,Image Position,"
    "Image Alt Text,Gift Card,SEO Title,SEO Description,"
    "Google Shopping / Google Product Category,Google Shopping / Gender,"
    "Google Shopping / Age Group,Google Shopping / MPN,Google Shopping / AdWords Grouping,"
    "Google Shopping / AdWords Labels,Google Shopping / Condition,"
    "Google Shopping / Custom Product,Google Shopping / Custom Label 0,"
    "Google Shopping / Custom Label 1,Google Shopping / Custom Label 2,"
    "Google Shopping / Custom Label 3,Google Shopping / Custom Label 4,Variant Image,"
    "Variant Weight Unit,Variant Tax Code,Cost per item,Status"
)
CURRENT = (
    "Title,URL handle,Description,Vendor,Product category,Type,Tags,Published on online store,"
    "Status,SKU,Barcode,Option1 name,Option1 value,Option1 Linked To,Option2 name,Option2 value,"
    "Option2 Linked To,Option3 name,Option3 value,Option3 Linked To,Price,Compare-at price,"
    "Cost per item,Charge tax,Tax code,Unit price total measure,Unit price total measure unit,"
    "Unit price base measure,Unit price base measure unit,Inventory tracker,Inventory quantity,"
    "Continue selling when out of stock,Weight value (grams),Weight unit for display,"
    "Requires shipping,Fulfillment service,Product image URL,Image position,Image alt text,"
    "Variant image URL,Gift card,SEO title,SEO description,"
    "Google Shopping / Google product category,Google Shopping / Gender,"
    "Google Shopping / Age group,Google Shopping / Manufacturer part number (MPN),"
    "Google Shopping / Ad group name,Google Shopping / Ads labels,Google Shopping / Condition,"
    "Google Shopping / Custom product,Google Shopping / Custom label 0,"
    "Google Shopping / Custom label 1,Google Shopping / Custom label 2,"
    "Google Shopping / Custom label 3,Google Shopping / Custom label 4"
)


def rows(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode(), newline="")))


def sheet(frame: pl.DataFrame, *, cut: int = 2, **document: Any) -> list[dict[str, str]]:
    out = io.BytesIO()
    options = parse_options(ShopifyOptions, document)
    Shopify().write(frame.iter_slices(cut), out, options, context=CONTEXT)
    return rows(out.getvalue())


class ShopifyTests(ExporterTests):
    """Read variants back, pictures with the product whose rows hold them."""

    exporter = Shopify()
    options = ShopifyOptions()
    list_target = "image"

    def as_read(self, text: str) -> str:
        return text

    def read(self, data: bytes) -> list[Item]:
        names = {each.header: each.target for each in known("current")}
        items: list[Item] = []
        for row in rows(data):
            found = {names[header]: [value] for header, value in row.items() if value}
            pictures = found.pop("image", [])
            found.pop("image_position", None)
            if "sku" in found:
                items.append(found)
            if pictures:
                items[-1].setdefault("image", []).extend(pictures)
        return items

    def read_removed(self, data: bytes) -> tuple[list[Item], list[str]]:
        raise AssertionError("a delta of this file takes nothing away")


class TestCurrent(ShopifyTests):
    pass


del ShopifyTests, ExporterTests  # they are bases: only what derives from them is a test

PICTURES = [["1", "2"], ["1", "3"], ["4", "5"], None, ["1"]]
SHOES = pl.DataFrame(
    {
        "handle": ["derby", "derby", "derby", "kit", "belt"],
        "sku": ["d38", "d39", "d40", "kit", "belt"],
        "title": ["Derby", "Derby", "Derby", "Kit", "Belt"],
        "tags": [["new", "women"], ["new"], None, None, []],
        "published": ["true", "true", "true", "false", None],
        "option1_name": ["Size", "Size", "Size", None, None],
        "option1_value": ["38", "39", "40", None, None],
        "price": ["129", "129", "135", "15", "40"],
        "inventory_policy": ["deny", "continue", "deny", "deny", "deny"],
        "image": PICTURES,
        "image_alt": [["Side"], ["x", "Sole"], [], None, ["Belt"]],
    }
)


@pytest.mark.parametrize("cut", [1, 2, 3, 4, 5])
def test_a_product_has_its_own_values_once_and_its_variants_theirs(cut):
    found = sheet(SHOES, cut=cut)
    derby = found[:3]

    assert [row["Title"] for row in derby] == ["Derby", "", ""]
    assert [row["Tags"] for row in derby] == ["new, women", "", ""]
    assert [row["Option1 name"] for row in derby] == ["Size", "", ""]
    assert [row["Option1 value"] for row in derby] == ["38", "39", "40"]
    assert [row["SKU"] for row in derby] == ["d38", "d39", "d40"]
    assert {row["URL handle"] for row in derby} == {"derby"}


def test_pictures_stand_one_to_a_row_and_those_beyond_the_variants_have_rows_of_their_own():
    found = sheet(SHOES)
    derby = [row for row in found if row["URL handle"] == "derby"]

    assert [(r["Product image URL"], r["Image position"], r["Image alt text"]) for r in derby] == [
        ("1", "1", "Side"),
        ("2", "2", "Side"),
        ("3", "3", "Sole"),
        ("4", "4", ""),
        ("5", "5", ""),
    ]
    assert [r["SKU"] for r in derby] == ["d38", "d39", "d40", "", ""]
    only_picture = {name: value for name, value in derby[4].items() if value}
    assert only_picture == {"URL handle": "derby", "Product image URL": "5", "Image position": "5"}
    assert [r["Product image URL"] for r in found[5:]] == ["", "1"]


def test_truth_and_stock_policy_are_spelled_as_each_template_wants():
    assert [row["Published on online store"] for row in sheet(SHOES)][:1] == ["TRUE"]
    assert sheet(SHOES)[1]["Continue selling when out of stock"] == "CONTINUE"
    assert sheet(SHOES, template="classic")[1]["Variant Inventory Policy"] == "continue"


@pytest.mark.parametrize(("template", "header"), [("current", CURRENT), ("classic", CLASSIC)])
def test_columns_bear_the_names_of_the_template(template, header):
    mine = {each.header for each in known(template)}
    assert set(header.split(",")) <= mine
    assert {each.level for each in known(template)} == {
        "key", "product", "first", "variant", "image",
    }  # fmt: skip
    assert {each.kind for each in known(template)} == {"text", "list", "boolean", "lower", "policy"}


def test_the_current_template_is_written_in_its_own_order():
    assert [each.header for each in known("current")] == CURRENT.split(",")


def test_metafields_and_markets_have_columns_of_their_own():
    frame = SHOES.with_columns(
        **{
            "metafield.custom.sole": pl.lit("Rubber"),
            "metafield.Colour.shopify.color-pattern": pl.lit("black"),
            "price.South America": pl.lit("150"),
            "compare_at_price.South America": pl.lit("160"),
            "included.South America": pl.lit("true"),
        }
    )
    first = sheet(frame)[0]

    assert first["sole (product.metafields.custom.sole)"] == "Rubber"
    assert first["Colour (product.metafields.shopify.color-pattern)"] == "black"
    assert first["Price / South America"] == "150"
    assert first["Compare-at price / South America"] == "160"
    assert first["Included / South America"] == "TRUE"
    assert "Compare At Price / South America" in sheet(frame, template="classic")[0]


def test_a_target_that_is_no_column_is_refused():
    with pytest.raises(Refused, match="no column"):
        sheet(SHOES.rename({"price": "preis"}))


@pytest.mark.parametrize("cut", [1, 5])
def test_variants_of_a_product_that_do_not_follow_each_other_are_refused(cut):
    apart = SHOES[[0, 3, 1]]
    with pytest.raises(ValueError, match="must follow each other"):
        sheet(apart, cut=cut)


def test_what_was_removed_is_noted_because_this_file_cannot_say_it():
    written = Shopify().write(
        [SHOES], io.BytesIO(), ShopifyOptions(), context=CONTEXT, delta=True, removed=["a", "b"]
    )
    assert (written.removed, written.notes) == (0, {"not_removed": 2})


def test_only_shopifys_own_import_has_a_limit_of_bytes():
    assert Shopify().limits(ShopifyOptions()).max_bytes == 15_000_000
    assert Shopify().limits(ShopifyOptions(reader="app")).max_bytes is None


@pytest.mark.parametrize("most", [0, 2049])
def test_a_senseless_number_of_variants_is_refused(most):
    with pytest.raises(Refused):
        parse_options(ShopifyOptions, {"max_variants": most})


GOOD: Values = {
    "handle": "derby",
    "title": "Derby",
    "description": "<p>Calf</p>",
    "vendor": "Nordvik",
    "category": "Apparel & Accessories > Shoes",
    "type": "Shoes",
    "tags": ["new"],
    "published": "true",
    "status": "active",
    "gift_card": "false",
    "seo_title": "Derby",
    "seo_description": "Calf",
    "option1_name": "Colour",
    "option1_value": "Black",
    "option1_linked_to": "product.metafields.shopify.color-pattern",
    "option2_name": "Size",
    "option2_value": "38",
    "option3_name": "Width",
    "option3_value": "G",
    "sku": "D-38",
    "barcode": "4006381333931",
    "price": "129.00",
    "compare_at_price": "149.00",
    "cost_per_item": "40",
    "taxable": "true",
    "inventory_tracker": "shopify",
    "inventory_quantity": "-1",
    "inventory_policy": "deny",
    "weight_grams": "900",
    "weight_unit": "g",
    "requires_shipping": "true",
    "fulfillment_service": "manual",
    "image": ["https://i.example/1.jpg"],
    "image_alt": ["Side"],
    "variant_image": "https://i.example/1.jpg",
    "metafield.custom.sole": "Rubber",
}
OTHER = {**GOOD, "sku": "D-39", "option2_value": "39"}
SHORT_OF_A_NAME = {"option1_name": None, "option1_value": None}
RELATIONS: dict[str, list[Values]] = {
    "tags.pattern": [{**GOOD, "tags": ["new, women"]}],
    "vendor.min_length": [{**GOOD, "vendor": "N"}],
    "handle.max_variants": [GOOD, OTHER],
    "handle.variants_differ": [GOOD, {**GOOD, "sku": "D-39"}],
    "option1_name.one_per_product": [GOOD, {**OTHER, "option1_name": "Color"}],
    "title.one_per_product": [GOOD, {**OTHER, "title": "Derby 39"}],
    "option2_name.in_order": [{**GOOD, **SHORT_OF_A_NAME}],
    "option3_name.in_order": [{**GOOD, "option2_name": None, "option2_value": None}],
    "compare_at_price.above_price": [{**GOOD, "compare_at_price": "129"}],
}
RULES = {rule.code: rule for rule in Shopify().requirements(ShopifyOptions()).rules()}


def test_good_variants_break_no_rule():
    assert found(Shopify(), ShopifyOptions(), [GOOD, OTHER]) == set()


@pytest.mark.parametrize("code", RULES)
def test_every_rule_has_a_variant_that_breaks_it(code):
    items = RELATIONS.get(code) or mutated(RULES[code], GOOD, {"metafield.*": "metafield.a.b"})
    options = ShopifyOptions(max_variants=1 if code == "handle.max_variants" else 2048)
    assert code in found(Shopify(), options, items)
