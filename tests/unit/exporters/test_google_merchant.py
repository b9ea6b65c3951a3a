"""Google Merchant Center, read back by lxml and by the standard library's csv."""

from __future__ import annotations

import csv
import io
import re

import polars as pl
import pytest
from lxml import etree

from exporters.contract import WriteContext
from exporters.google_merchant import GoogleMerchant, GoogleOptions
from exporters.testing import CONTEXT, ExporterTests, Item

G = "{http://base.google.com/ns/1.0}"
FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
EXPIRED = "2026-12-25T06:00+0000"


def write(frame: pl.DataFrame, *, context: WriteContext = CONTEXT, **options: str) -> bytes:
    out = io.BytesIO()
    chosen = GoogleOptions(**options)  # type: ignore[arg-type]  # tests name formats as plain text
    GoogleMerchant().write([frame], out, chosen, context=context)
    return out.getvalue()


def removals(items: list[Item]) -> tuple[list[Item], list[str]]:
    gone = [item for item in items if item.get("expiration_date") == [EXPIRED]]
    assert all(item["availability"] == ["out_of_stock"] for item in gone)
    kept = [item for item in items if item not in gone]
    return kept, [item["id"][0] for item in gone]


class TestXml(ExporterTests):
    exporter = GoogleMerchant()
    options = GoogleOptions()

    def as_read(self, text: str) -> str:
        return FORBIDDEN.sub("", text)

    def read(self, data: bytes) -> list[Item]:
        channel = etree.fromstring(data).find("channel")
        items: list[Item] = []
        for element in channel.iterfind("item"):
            item: Item = {}
            for child in element:
                item.setdefault(child.tag.removeprefix(G), []).append(child.text or "")
            items.append(item)
        return items

    def read_removed(self, data: bytes) -> tuple[list[Item], list[str]]:
        return removals(self.read(data))


class TestTsv(ExporterTests):
    exporter = GoogleMerchant()
    options = GoogleOptions(format="tsv")

    def as_read(self, text: str) -> str:
        return FORBIDDEN.sub("", text)

    def read(self, data: bytes) -> list[Item]:
        rows = csv.DictReader(io.StringIO(data.decode(), newline=""), dialect="excel-tab")
        return [{k: self.values(k, v) for k, v in row.items() if v} for row in rows]

    def values(self, name: str, cell: str) -> list[str]:
        return next(csv.reader([cell])) if name == self.list_target else [cell]

    def read_removed(self, data: bytes) -> tuple[list[Item], list[str]]:
        return removals(self.read(data))


def test_the_channel_names_the_feed_and_the_shop():
    channel = etree.fromstring(write(pl.DataFrame({"id": ["a"]}))).find("channel")

    assert channel.findtext("title") == CONTEXT.label
    assert channel.findtext("link") == CONTEXT.link


def test_another_moment_gives_the_same_bytes():
    frame = pl.DataFrame({"id": ["a"]})
    later = WriteContext(feed=CONTEXT.feed, as_of=CONTEXT.as_of.replace(year=2027))
    sooner = WriteContext(feed=CONTEXT.feed, as_of=CONTEXT.as_of)

    assert write(frame, context=later) == write(frame, context=sooner)


NESTED = pl.DataFrame(
    {
        "id": ["a", "b", "c"],
        "shipping.country": ["GB", "DE", None],
        "shipping.price": ["4.99 GBP", None, None],
        "product_detail.1.attribute_name": ["Heel", None, None],
        "product_detail.1.attribute_value": ["2 cm", None, None],
        "product_detail.2.attribute_name": ["Sole", "Sole", None],
        "product_detail.2.attribute_value": ["Rubber & cork", "Leather", None],
    }
)


def test_dotted_targets_become_nested_elements():
    items = etree.fromstring(write(NESTED)).findall("channel/item")
    found = [
        [(each.tag.removeprefix(G), [child.text for child in each]) for each in item if len(each)]
        for item in items
    ]

    assert found == [
        [
            ("shipping", ["GB", "4.99 GBP"]),
            ("product_detail", ["Heel", "2 cm"]),
            ("product_detail", ["Sole", "Rubber & cork"]),
        ],
        [("shipping", ["DE"]), ("product_detail", ["Sole", "Leather"])],
        [],
    ]


def test_dotted_targets_become_columns_with_colons():
    assert write(NESTED, format="tsv").decode().splitlines() == [
        "id\tshipping(country:price)\tproduct_detail(attribute_name:attribute_value)",
        "a\tGB:4.99 GBP\tHeel:2 cm,Sole:Rubber & cork",
        "b\tDE:\tSole:Leather",
        "c\t\t",
    ]


def test_a_delta_in_tsv_has_the_columns_that_removals_need_even_without_any():
    out = io.BytesIO()
    options = GoogleOptions(format="tsv")
    frame = pl.DataFrame({"id": ["a"]})
    GoogleMerchant().write([frame], out, options, context=CONTEXT, delta=True)

    assert out.getvalue() == b"id\tavailability\texpiration_date\na\t\t\n"


RULES = {rule.code: rule for rule in GoogleMerchant().requirements(GoogleOptions()).rules()}


@pytest.mark.parametrize(
    ("code", "parameters"),
    [
        ("id.max_length", {"limit": 50, "unit": "characters"}),
        ("title.max_length", {"limit": 150, "unit": "characters"}),
        ("description.max_length", {"limit": 5000, "unit": "characters"}),
        ("link.max_length", {"limit": 2000, "unit": "characters"}),
        ("brand.max_length", {"limit": 70, "unit": "characters"}),
        ("mpn.max_length", {"limit": 70, "unit": "characters"}),
        ("item_group_id.max_length", {"limit": 50, "unit": "characters"}),
        ("product_type.max_length", {"limit": 750, "unit": "characters"}),
        ("additional_image_link.max_items", {"limit": 10}),
        ("custom_label_4.max_length", {"limit": 100, "unit": "characters"}),
        ("gtin.digits", {"lengths": (8, 12, 13, 14)}),
        ("gtin.check_digit", {}),
        ("id.unique", {}),
        ("price.currency", {}),
    ],
)
def test_the_limits_are_those_of_the_specification(code, parameters):
    assert RULES[code].parameters == parameters


@pytest.mark.parametrize(
    "target", ["id", "title", "description", "link", "image_link", "availability", "price"]
)
def test_what_google_requires_is_required(target):
    assert RULES[f"{target}.required"].severity == "error"


@pytest.mark.parametrize(
    ("target", "good", "bad"),
    [
        ("price", "15.00 USD", ("15,00 USD", "15.00", "USD 15.00", "15.00 usd", " 15.00 USD")),
        ("link", "https://shop.example/a?b=1", ("shop.example/a", "ftp://x", "https://a b")),
        ("availability_date", "2026-12-26T08:30+0100", ("26.12.2026", "2026-13-01")),
        (
            "sale_price_effective_date",
            "2026-12-26T00:00Z/2027-01-09T00:00Z",
            ("2026-12-26", "2026-12-26/"),
        ),
        ("shipping_weight", "1.5 kg", ("1.5kg", "1,5 kg", "1.5 stone", "kg")),
        ("is_bundle", "true", ("1", "True")),
        ("shipping.country", "GB", ("gb", "GBR")),
    ],
)
def test_formats_tell_good_from_bad(target, good, bad):
    pattern = RULES[f"{target}.format"].parameters["pattern"]
    values = pl.Series([good, *bad])

    assert values.str.contains(pattern).to_list() == [True, *([False] * len(bad))]
    assert [bool(re.search(pattern, value)) for value in values] == [True, *([False] * len(bad))]


def test_availability_is_spelled_with_an_underscore():
    values = RULES["availability.enumeration"].parameters["values"]
    assert values == ("in_stock", "out_of_stock", "preorder", "backorder")
