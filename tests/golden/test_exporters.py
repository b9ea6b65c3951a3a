"""What exporters write, byte by byte: one small range of shoes in every form."""

from __future__ import annotations

import io
from datetime import UTC, datetime

import polars as pl
import pytest

from exporters.contract import Exporter, WriteContext, parse_options
from exporters.csv_feed import CsvFeed
from exporters.google_merchant import GoogleMerchant
from exporters.json_lines import JsonLines
from exporters.shopify import Shopify
from exporters.xlsx_sheet import XlsxSheet
from exporters.yandex_market import YandexMarket

CONTEXT = WriteContext(
    feed="shop-gb",
    as_of=datetime(2026, 12, 26, 6, 0, tzinfo=UTC),
    label="Shoes & Sons, Great Britain",
    locale="en_GB",
    currency="GBP",
    country="GB",
    link="https://shop.example/gb",
)

GOOGLE = pl.DataFrame(
    {
        "id": ["DERBY-BLK-38", "DERBY-BLK-39", "CARE-KIT"],
        "title": ["Derby <black>, 38", "Derby «черный», 39", 'Care kit, 8" brush'],
        "description": ["Calf leather.\nLeather sole.", None, "Brush & cream\tin a tin"],
        "link": [f"https://shop.example/p?sku={n}&l=en" for n in (1, 2, 3)],
        "additional_image_link": [["https://i.example/1,a.jpg", "https://i.example/1b"], [], None],
        "availability": ["in_stock", "out_of_stock", "in_stock"],
        "price": ["129.00 GBP", "129.00 GBP", "15.50 GBP"],
        "sale_price": ["99.00 GBP", None, ""],
        "gtin": [["4006381333931"], ["4006381333948"], None],
        "item_group_id": ["DERBY", "DERBY", None],
        "shipping.country": ["GB", None, "GB"],
        "shipping.price": ["0 GBP", None, "3.95 GBP"],
    }
)  # fmt: skip

PARTNER = pl.DataFrame(
    {
        "sku": ["DERBY-BLK-38", "DERBY-BLK-39", "CARE-KIT"],
        "name": ["Derby; black", "Ботинки «Дерби»", 'Brush, 8"'],
        "colours": [["black", "brown"], ["black"], None],
        "price.amount": ["129.00", "0", None],
        "price.currency": ["GBP", "GBP", None],
        "stock": ["12", None, "-1"],
    }
)  # fmt: skip

YML = pl.DataFrame(
    {
        "id": ["DERBY-BLK-38", "DERBY-BLK-39", "CARE-KIT"],
        "available": ["true", "false", "true"],
        "group_id": ["DERBY", "DERBY", None],
        "name": ["Дерби «чёрные», 38", "Дерби <чёрные>, 39", 'Набор, 8"'],
        "price": ["12990", "12990", "1550.50"],
        "oldprice": ["15990", None, ""],
        "categoryId": ["women > derbies", "women > derbies", "5007"],
        "category": ["Женщинам > Дерби", "Женщинам > Дерби", "Уход"],
        "picture": [["https://i.example/1,a.jpg", "https://i.example/1b"], [], None],
        "barcode": [["4006381333931"], None, ["4006381333948"]],
        "param.Размер@EU": ["38", "39", None],
        "param.Материал": ["Кожа & замша", None, None],
        "condition.type": [None, None, "refurbished"],
        "condition.reason": [None, None, "Царапина 👞"],
    }
)  # fmt: skip

SHOP = pl.DataFrame(
    {
        "handle": ["derby", "derby", "care-kit"],
        "title": ["Derby «чёрные»", "Derby", 'Care kit, 8"'],
        "description": ["<p>Calf leather</p>", None, "Brush\n& cream"],
        "tags": [["new", "women"], None, []],
        "published": ["true", "true", "false"],
        "sku": ["DERBY-BLK-38", "DERBY-BLK-39", "CARE-KIT"],
        "option1_name": ["Colour", "Colour", None],
        "option1_value": ["Black", "Black", None],
        "option2_name": ["Size", "Size", None],
        "option2_value": ["38", "39", None],
        "price": ["129.00", "129.00", "15.50"],
        "compare_at_price": ["149.00", None, None],
        "inventory_policy": ["deny", "deny", "continue"],
        "image": [["https://i.example/1,a.jpg", "https://i.ex/2"], ["https://i.ex/3"], []],
        "image_alt": [["Side"], None, None],
        "metafield.Sole.custom.sole_material": ["Rubber", "Rubber", None],
        "price.Europe": ["149.00", None, None],
    }
)  # fmt: skip

CASES = [
    (GoogleMerchant(), GOOGLE, {}, False),
    (GoogleMerchant(), GOOGLE, {"format": "tsv"}, False),
    (GoogleMerchant(), GOOGLE, {"name": "delta"}, True),
    (GoogleMerchant(), GOOGLE, {"name": "delta", "format": "tsv"}, True),
    (CsvFeed(), PARTNER, {}, False),
    (CsvFeed(), PARTNER, {"name": "delta"}, True),
    (
        CsvFeed(),
        PARTNER,
        {
            "name": "windows",
            "separator": ";",
            "quoting": "all",
            "encoding": "windows-1251",
            "line_ending": "crlf",
            "formula_guard": True,
        },
        False,
    ),
    (CsvFeed(), PARTNER, {"name": "print", "separator": "\t", "encoding": "utf-16le"}, False),
    (Shopify(), SHOP, {}, False),
    (Shopify(), SHOP, {"template": "classic", "name": "classic"}, False),
    (XlsxSheet(), PARTNER, {"compress": False, "numbers": ["price.amount", "stock"]}, False),
    (XlsxSheet(), PARTNER, {"compress": False, "name": "delta", "sheet": "Änderungen"}, True),
    (YandexMarket(), YML, {}, False),
    (
        YandexMarket(),
        YML,
        {
            "name": "delta",
            "encoding": "windows-1251",
            "date": "classic",
            "offers": "vendor.model",
        },
        True,
    ),
    (JsonLines(), PARTNER, {"item_id": "sku", "numbers": ["price.amount", "stock"]}, False),
    (JsonLines(), PARTNER, {"name": "flat", "nested": False, "nulls": True}, False),
    (JsonLines(), PARTNER, {"name": "delta", "item_id": "sku"}, True),
]  # fmt: skip


@pytest.mark.parametrize(("exporter", "frame", "document", "delta"), CASES)
def test_the_bytes_are_those_that_were_agreed(
    exporter: Exporter, frame, document, delta, same_as_golden
):
    options = parse_options(exporter.options, document)
    out = io.BytesIO()
    exporter.write(
        frame.iter_slices(2),
        out,
        options,
        context=CONTEXT,
        delta=delta,
        removed=["OLD-1", "OLD & <2>"] if delta else (),
    )

    same_as_golden(f"{exporter.code}/{exporter.file_name(options)}", out.getvalue())
