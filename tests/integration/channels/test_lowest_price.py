"""The lowest price of the days before a reduction, published, previewed and explained."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any

from sqlalchemy import text

from channels.publication.explain import explain
from channels.publication.preview import preview_item
from channels.publication.sharing import feed_folder
from pim.db.unit_of_work import unit_of_work, utc_now
from tests.integration.channels.conftest import Shop

RED = {"field": "parent", "operator": "=", "value": "derby-red"}
LACES = {"field": "identifier", "operator": "=", "value": "laces"}


def mapping(**parameters: Any) -> dict[str, Any]:
    step = {"type": "lowest_price", **parameters}
    return {
        "mapping": {
            "sku": "sku",
            "price": "price",
            "lowest": {"from": "price", "steps": [step, {"type": "price_format"}]},
        }
    }


def priced(shop: Shop, where: dict[str, Any], amount: str) -> None:
    """Set a price."""
    value = [{"amount": amount, "currency": "EUR"}]
    shop.bulk(where, {"type": "set", "field": "price", "value": value})


def days_pass(shop: Shop, days: int) -> None:
    """Let everything that happened be longer ago."""
    with shop.engine.begin() as connection:
        for table, column in (("history", "at"), ("change_set", "created"), ("product", "created")):
            connection.execute(
                text(f"UPDATE {table} SET {column} = {column} - make_interval(days => :days)"),
                {"days": days},
            )


def lowest(shop: Shop, **options: Any) -> dict[str, str]:
    """Publish, and return the lowest prices."""
    shop.publish(**options)
    rows = csv.DictReader(io.StringIO(shop.text("delta" if options.get("delta") else "current")))
    return {row["sku"]: row["lowest"] for row in rows}


def test_the_lowest_price_before_a_reduction_is_that_of_the_days_before_it(shop: Shop) -> None:
    for amount, days in (("130", 50), ("95", 20), ("120", 10), ("80", 5)):
        priced(shop, RED, amount)
        days_pass(shop, days)
    shop.feed(**mapping())

    found = lowest(shop)

    # Reduced to 80 five days ago. In the thirty days before: 130, then 95, then 120.
    assert {found[f"derby-red-{n}"] for n in range(36, 41)} == {"95.00 EUR"}
    assert found["derby-blue-36"] == "120.00 EUR"  # never changed
    assert found["laces"] == "3.50 EUR"


def test_fewer_days_see_less_and_days_before_now_see_the_reduction(shop: Shop) -> None:
    for amount, days in (("130", 50), ("95", 20), ("120", 10), ("80", 5)):
        priced(shop, RED, amount)
        days_pass(shop, days)

    shop.feed(**mapping(days=7))
    assert lowest(shop)["derby-red-36"] == "120.00 EUR"
    shop.feed(**mapping(before="now"))
    assert lowest(shop)["derby-red-36"] == "80.00 EUR"


def test_time_alone_moves_the_price_of_a_delta(shop: Shop) -> None:
    priced(shop, LACES, "2.50")
    days_pass(shop, 10)
    priced(shop, LACES, "3.50")
    shop.feed(**mapping())
    assert lowest(shop)["laces"] == "2.50 EUR"

    days_pass(shop, 40)

    assert lowest(shop, delta=True) == {"laces": "3.50 EUR"}


def test_a_publication_for_an_earlier_moment_knows_what_applied_then(shop: Shop) -> None:
    priced(shop, LACES, "2.50")
    days_pass(shop, 60)
    priced(shop, LACES, "4.50")
    shop.feed(**mapping())

    then = utc_now() - timedelta(days=45)
    record = shop.publish(as_of=then)
    (path,) = (shop.settings.feeds / "shop" / "as-of").glob("*/products.csv")

    assert record.items == 11
    # At that moment the price had fallen from 3.50; that it rises later is not known yet.
    assert "laces,2.50,3.50 EUR" in path.read_text(encoding="utf-8")


def test_preview_and_explanation_tell_the_price_and_the_step(shop: Shop) -> None:
    priced(shop, RED, "80")
    shop.feed(**mapping(before="now"))
    shop.publish()
    feed = shop.found()
    with unit_of_work(shop.engine) as work:
        seen = preview_item(work, shop.projection, feed, "derby-red-36")
        folder = feed_folder(shop.settings, "shop")
        told = explain(work, shop.projection, folder, feed, item="derby-red-36", target="lowest")

    assert seen["targets"]["lowest"]["output"] == "80.00 EUR"
    assert told["steps"][:2] == [
        {"type": "from", "input": "price", "output": "80.00"},
        {"type": "lowest_price", "input": "80.00", "output": "80.00"},
    ]


def test_young_products_count_as_the_feed_says(shop: Shop) -> None:
    priced(shop, LACES, "2.50")
    shop.feed(**mapping(young="empty"))
    assert lowest(shop)["laces"] == ""

    days_pass(shop, 40)
    priced(shop, LACES, "2.00")
    assert lowest(shop)["laces"] == "2.50 EUR"
