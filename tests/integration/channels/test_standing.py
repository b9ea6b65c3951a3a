"""Where a product stands in a feed agrees with what a publication would do with it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from channels.feeds.definition import parse_feed
from channels.publication.review import folder_of
from channels.publication.standing import Standing, relatives, standing
from tests.integration.channels.conftest import FEED, Shop

RED = {"field": "identifier", "operator": "STARTS WITH", "value": "derby-red"}
SUMMED = {
    **FEED["mapping"],
    "stock": {"from": "stock", "steps": [{"type": "aggregate", "function": "sum"}]},
}


def stands(shop: Shop, name: str) -> Standing:
    """Return where a product stands in the shop's feed."""
    feed = shop.found()
    shop.projection.refresh()
    with shop.projection.read() as reading:
        ids = reading.frame(["id", "identifier"])
        product = ids["id"][ids["identifier"].index_of(name) or 0]
        folder = folder_of(shop.settings, feed)
        return standing(
            reading,
            feed,
            parse_feed(feed.document, reading.structure),
            folder,
            product,
            relatives(reading, [folder], product),
            now=datetime.now(UTC),
        )


def edit(shop: Shop, name: str, field: str, value: Any) -> None:
    where = {"field": "identifier", "operator": "=", "value": name}
    shop.bulk(where, {"type": "set", "field": field, "value": value})


def test_a_product_joins_is_live_changes_and_leaves(shop: Shop) -> None:
    shop.feed(where=RED)
    assert stands(shop, "derby-red-38").state == "joining"
    assert stands(shop, "laces").state == "outside"

    shop.publish()
    assert stands(shop, "derby-red-38").state == "live"

    edit(shop, "derby-red-38", "stock", "77")
    assert stands(shop, "derby-red-38").state == "changed"
    assert stands(shop, "derby-red-37").state == "live"

    shop.feed(where={**RED, "value": "derby-red-37"})
    assert stands(shop, "derby-red-38").state == "leaving"


def test_a_sum_over_a_style_is_the_one_that_was_published(shop: Shop) -> None:
    shop.feed(where=RED, mapping=SUMMED)
    shop.publish()

    assert stands(shop, "derby-red-38").state == "live"

    edit(shop, "derby-blue-38", "stock", "99")
    assert stands(shop, "derby-red-38").state == "live"
    edit(shop, "derby-red-40", "stock", "99")
    assert stands(shop, "derby-red-38").state == "changed"


@pytest.mark.parametrize(("level", "same"), [("model", "changed"), ("colourway", "live")])
def test_an_item_of_many_variants_stands_with_all_of_them(
    shop: Shop, level: str, same: str
) -> None:
    shop.feed(level=level)
    shop.publish()
    assert {stands(shop, f"derby-blue-{n}").state for n in (36, 40)} == {"live"}

    edit(shop, "derby-red-36", "stock", "55")

    assert stands(shop, "derby-red-40").state == "changed"
    assert stands(shop, "derby-blue-40").state == same
    assert stands(shop, "laces").state == "live"


def test_a_product_stands_in_each_feed_by_what_that_feed_was_told(shop: Shop) -> None:
    shop.feed(where=RED)
    shop.publish()
    told = shop.found()
    shop.feed(code="other", where=RED)

    with shop.projection.read() as reading:
        ids = reading.frame(["id", "identifier"])
        product = ids["id"][ids["identifier"].index_of("derby-red-38") or 0]
        feeds = [told, shop.found("other")]
        folders = [folder_of(shop.settings, feed) for feed in feeds]
        related = relatives(reading, folders, product)
        found = [
            standing(
                reading,
                feed,
                parse_feed(feed.document, reading.structure),
                folder,
                product,
                related,
                now=datetime.now(UTC),
            )
            for feed, folder in zip(feeds, folders, strict=True)
        ]

    assert [(each.state, each.item) for each in found] == [
        ("live", "derby-red-38"),
        ("joining", None),
    ]
