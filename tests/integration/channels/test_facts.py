"""Conditions on what feeds know: who is published in them, and whom they keep out."""

from __future__ import annotations

from typing import Any

import pytest

from channels.facts import projection_of
from channels.feeds.definition import parse_feed
from pim.db.unit_of_work import unit_of_work
from pim.domain.conditions import parse
from pim.editing.bulk import BulkEdit
from pim.errors import Refused
from pim.structure.queries import current
from tests.integration.channels.conftest import FEED, Shop

#: Items are told apart by their stock: five blue shoes have the same.
BY_STOCK = {**FEED["mapping"], "sku": "stock"}


def names(shop: Shop, field: str, operator: str, value: Any = None) -> set[str]:
    """Return the products that meet a condition on feeds."""
    projection = projection_of(shop.settings, shop.engine)
    with projection.read_covering() as reading:
        leaf = {"field": field, "operator": operator, "value": value}
        ids = reading.matching(parse(leaf, reading.structure))
        found = set(reading.frame(["identifier"], ids=ids)["identifier"])
    projection.close()
    return found


def sizes(colour: str, *numbers: int) -> set[str]:
    return {f"derby-{colour}-{n}" for n in numbers or range(36, 41)}


def restock(shop: Shop, name: str, stock: int) -> None:
    where = {"field": "identifier", "operator": "=", "value": name}
    shop.bulk(where, {"type": "set", "field": "stock", "value": stock})


def test_a_product_is_published_in_the_feeds_that_show_it(shop: Shop) -> None:
    shop.feed(where={"field": "colour", "operator": "=", "value": "red"})
    shop.feed(code="other", where={"field": "identifier", "operator": "=", "value": "laces"})
    assert names(shop, "published_in", "NOT EMPTY") == set()
    shop.publish()
    shop.publish("other")

    assert names(shop, "published_in", "=", "SHOP") == sizes("red")
    assert names(shop, "published_in", "IN", ["shop", "other"]) == {*sizes("red"), "laces"}
    assert names(shop, "published_in", "NOT IN", ["shop"]) == {*sizes("blue"), "laces"}
    assert names(shop, "published_in", "EMPTY") == sizes("blue")


def test_a_delta_changes_who_is_published(shop: Shop) -> None:
    shop.feed(where={"field": "enabled", "operator": "=", "value": True})
    shop.publish()
    shop.bulk({"field": "colour", "operator": "=", "value": "red"}, {"type": "disable"})
    assert names(shop, "published_in", "=", "shop") == {*sizes("red"), *sizes("blue"), "laces"}

    shop.publish(delta=True, force=True, reason="as many go as meant")

    assert names(shop, "published_in", "=", "shop") == {*sizes("blue"), "laces"}


def test_whoever_a_feed_keeps_out_is_rejected_until_a_publication_takes_it_in(shop: Shop) -> None:
    shop.feed(mapping=BY_STOCK)
    shop.publish()
    rejected = names(shop, "rejected_by", "=", "shop")
    assert sizes("blue", 38, 39, 40) < rejected <= sizes("blue")
    assert names(shop, "published_in", "=", "shop").isdisjoint(rejected)

    restock(shop, "derby-blue-39", 1000)
    assert names(shop, "rejected_by", "=", "shop") == rejected
    shop.publish(delta=True)
    assert names(shop, "rejected_by", "=", "shop") == rejected - {"derby-blue-39"}

    shop.publish()
    assert names(shop, "rejected_by", "NOT EMPTY") == rejected - {"derby-blue-39"}
    assert names(shop, "rejected_by", "EMPTY") >= {"derby-blue-39", "laces"}


@pytest.mark.parametrize(
    ("level", "where"), [("colourway", "derby-red-37"), ("model", "derby-blue-40")]
)
def test_an_item_of_a_colourway_or_style_counts_for_all_its_variants(
    shop: Shop, level: str, where: str
) -> None:
    shop.feed(level=level, where={"field": "identifier", "operator": "=", "value": where})
    shop.publish()

    expected = sizes("red") if level == "colourway" else sizes("red") | sizes("blue")
    assert names(shop, "published_in", "=", "shop") == expected


def test_a_bulk_edit_asks_feeds_and_asks_them_once_more_when_it_writes(shop: Shop) -> None:
    shop.feed(where={"field": "colour", "operator": "=", "value": "red"})
    shop.publish()
    where = {"field": "published_in", "operator": "=", "value": "shop"}
    projection = projection_of(shop.settings, shop.engine)
    with unit_of_work(shop.engine) as work:
        structure = current(work.session)
        edit = BulkEdit(work, projection, structure, where,
                        [{"type": "set", "field": "stock", "value": 1}])  # fmt: skip
        result = edit.run()
    projection.close()

    assert (result.selected, result.left_out) == (5, 0)


def test_an_unknown_feed_is_refused_with_those_that_there_are(shop: Shop) -> None:
    with pytest.raises(Refused, match=r'"shopp".*Feeds: shop'):
        names(shop, "published_in", "=", "shopp")


def test_neither_a_feed_nor_a_mapping_chooses_by_what_feeds_have_published(shop: Shop) -> None:
    with unit_of_work(shop.engine) as work:
        structure = current(work.session)
    leaf = {"field": "published_in", "operator": "=", "value": "shop"}
    step = {"type": "if", "when": leaf, "then": {"value": "x"}, "else": {"value": "y"}}

    with pytest.raises(Refused) as of_feed:
        parse_feed({**FEED, "where": {"not": leaf}}, structure)
    with pytest.raises(Refused) as of_mapping:
        mapping = {**FEED["mapping"], "name": {"from": "name", "steps": [step]}}
        parse_feed({**FEED, "mapping": mapping}, structure)

    assert [v.code for v in of_feed.value.violations] == ["feed.asks_feeds"]
    assert "mapping.asks_feeds" in [v.code for v in of_mapping.value.violations]


def test_where_no_feed_can_be_asked_the_question_is_refused(shop: Shop) -> None:
    with shop.projection.read() as reading:
        leaf = {"field": "rejected_by", "operator": "EMPTY"}
        with pytest.raises(Refused, match="rejected_by"):
            reading.matching(parse(leaf, reading.structure))
