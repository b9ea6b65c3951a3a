"""A feed whose destination wants the variants of a product side by side, all of them."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

from tests.integration.channels.conftest import Shop


def named(field: str, name: str) -> dict[str, Any]:
    """Name an option where the product has it."""
    filled = {"field": field, "operator": "NOT EMPTY", "value": ""}
    return {"from": field, "steps": [{"type": "if", "when": filled, "then": {"value": name}}]}


FEED: dict[str, Any] = {
    "exporter": "shopify",
    "mapping": {
        "handle": {
            "from": "root",
            "steps": [{"type": "coalesce", "fields": ["identifier"]}, {"type": "slug"}],
        },
        "sku": "sku",
        "title": "name",
        "option1_name": named("colour", "Colour"),
        "option1_value": "colour",
        "option2_name": named("size", "Size"),
        "option2_value": "size",
        "price": "price",
        "inventory_quantity": "stock",
    },
}
SKU = {"field": "identifier", "operator": "=", "value": "derby-red-36"}


def rows(shop: Shop, pointer: str = "current") -> list[tuple[str, str]]:
    text = shop.text(pointer)
    return [(r["URL handle"], r["SKU"]) for r in csv.DictReader(io.StringIO(text))]


def added(shop: Shop, folder: Path) -> None:
    """Import a further size of a shoe: its id is higher than that of all others."""
    shop.load(
        {"products.csv": "sku;parent;family;size;stock\nderby-red-41;derby-red;;41;3\n"},
        folder / "more",
    )


def test_a_size_that_came_later_stands_with_its_product(shop: Shop, tmp_path: Path) -> None:
    added(shop, tmp_path)
    shop.feed(**FEED)

    record = shop.publish()

    handles = [handle for handle, _ in rows(shop)]
    assert record.items == 12
    assert handles == ["derby"] * 11 + ["laces"]


def test_a_delta_holds_the_whole_product_and_no_other(shop: Shop) -> None:
    shop.feed(**FEED)
    shop.publish()
    shop.bulk(SKU, {"type": "set", "field": "stock", "value": "40"})

    record = shop.publish(delta=True)

    assert (record.changed, record.unchanged) == (1, 9)
    assert rows(shop, "delta") == [
        ("derby", f"derby-{colour}-{n}") for colour in ("red", "blue") for n in range(36, 41)
    ]


def test_a_product_with_too_many_variants_is_named_and_kept_out(shop: Shop) -> None:
    shop.feed(**FEED, options={"max_variants": 9}, guards={"max_errors_percent": None})

    record = shop.publish()

    (told,) = [rule for rule in record.report if rule["rule"] == "handle.max_variants"]
    assert told["count"] == 10
    assert told["examples"][0]["message"] == 'The product "derby" has more than 9 variants'
    assert rows(shop) == [("laces", "laces")]


def test_an_item_that_is_gone_is_told_because_the_file_cannot_say_it(shop: Shop) -> None:
    shop.feed(**FEED)
    shop.publish()
    shop.feed(**FEED, where={"not": {"field": "identifier", "operator": "=", "value": "laces"}})

    record = shop.publish(delta=True)

    (told,) = [rule for rule in record.report if rule["rule"] == "file.not_removed"]
    assert (record.removed, told["count"]) == (1, 1)
    assert "off sale" in told["mend"]
