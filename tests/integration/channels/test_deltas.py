"""Deltas that build on each other, items that change hands, and files that are packed."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest

from channels.feeds.known import definition_of
from channels.publication import ledger
from channels.publication.files import FeedFolder
from pim.db.unit_of_work import unit_of_work
from pim.errors import Refused
from pim.structure.queries import current
from tests.integration.channels.conftest import FEED, Shop
from tests.integration.channels.test_publication import CHEAPER, RED, rows

LACES = {"field": "sku", "operator": "=", "value": "laces"}
BLUE = {"field": "parent", "operator": "=", "value": "derby-blue"}


def manifest(shop: Shop, pointer: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((shop.folder(pointer) / "manifest.json").read_bytes())
    return found


def test_each_delta_knows_what_all_before_it_told(shop: Shop) -> None:
    shop.feed(where={"field": "enabled", "operator": "=", "value": True}, guards={})
    shop.publish()
    for where, changed in ((RED, 5), (LACES, 1), (RED, 5)):
        shop.bulk(where, CHEAPER)
        assert shop.publish(delta=True).changed == changed
    shop.bulk(LACES, {"type": "disable"})
    assert shop.publish(delta=True).removed == 1
    shop.bulk(LACES, {"type": "enable"})

    back = shop.publish(delta=True)

    assert (back.added, back.changed, back.removed) == (1, 0, 0)
    assert manifest(shop, "delta")["told"] == 11
    assert shop.publish(delta=True).changed == 0
    whole = shop.publish()
    assert (whole.unchanged, whole.added) == (11, 0)
    assert manifest(shop, "current")["told"] == 11


def test_a_delta_reads_the_rows_of_the_ledger_that_it_needs(shop: Shop) -> None:
    shop.publish()
    shop.bulk(RED, CHEAPER)
    record = shop.publish(delta=True)
    folder = FeedFolder(shop.settings.feeds / "shop")
    everything = ledger.read_ledger(folder, record.id)
    reds = everything.filter(everything["item"].str.starts_with("derby-red"))

    told = ledger.read_told(folder, record.id, reds, reds["product"])
    elsewhere = ledger.read_told(folder, record.id, reds, everything["product"].slice(0, 0))

    assert told.equals(reds)
    assert elsewhere.equals(reds)


def test_an_item_that_goes_to_another_product_is_changed_and_not_added(shop: Shop) -> None:
    mapping = {**FEED["mapping"], "sku": {"from": "name", "steps": [{"type": "slug"}]}}
    shop.feed(
        mapping=mapping, where={**LACES, "operator": "IN", "value": ["laces", "derby-red-36"]}
    )
    shop.publish()
    set_name = {"type": "set", "field": "name", "locale": "en_GB"}
    shop.bulk(LACES, {**set_name, "value": "Strings"})
    shop.bulk(
        {"field": "sku", "operator": "=", "value": "derby-red-36"}, {**set_name, "value": "Laces"}
    )

    delta = shop.publish(delta=True)

    assert (delta.added, delta.changed, delta.removed) == (1, 1, 1)
    assert set(rows(shop.text("delta"))) == {"strings", "laces", "derby"}


def test_a_packed_file_holds_the_same_bytes_and_is_the_same_each_time(shop: Shop) -> None:
    shop.publish()
    plain = (shop.folder() / "products.csv").read_bytes()
    shop.feed(compression="gzip")

    shop.publish()
    first = (shop.folder() / "products.csv.gz").read_bytes()
    shop.publish()

    assert not (shop.folder() / "products.csv").exists()
    assert gzip.decompress(first) == plain
    assert (shop.folder() / "products.csv.gz").read_bytes() == first
    assert manifest(shop, "current")["files"]["products.csv.gz"]["bytes"] == len(first)


def test_a_packed_delta_is_packed_too(shop: Shop) -> None:
    shop.feed(compression="gzip")
    shop.publish()
    shop.bulk(BLUE, CHEAPER)

    assert shop.publish(delta=True).changed == 5

    text = gzip.decompress((shop.folder("delta") / "products.csv.gz").read_bytes()).decode()
    assert len(rows(text)) == 5


def test_another_compression_is_refused(shop: Shop) -> None:
    with pytest.raises(Refused, match="not valid"):
        shop.feed(compression="rar")


def test_a_definition_is_read_once_and_again_after_a_change(shop: Shop) -> None:
    with unit_of_work(shop.engine) as work:
        structure = current(work.session)
        first = definition_of(shop.found(), structure)
        assert definition_of(shop.found(), structure) is first
        assert first.compile(work.clock()) is first.compile(work.clock())
    shop.feed(label="Another")
    with unit_of_work(shop.engine) as work:
        assert definition_of(shop.found(), current(work.session)).label == "Another"


def test_a_mapping_that_asks_for_the_moment_is_compiled_for_each(shop: Shop) -> None:
    recent = {"field": "created", "operator": ">", "value": "-1 day"}
    then = {"type": "if", "when": recent, "then": {"value": "new"}, "else": {"value": "old"}}
    shop.feed(mapping={**FEED["mapping"], "age": {"steps": [then]}})
    with unit_of_work(shop.engine) as work:
        definition = definition_of(shop.found(), current(work.session))
        one = work.clock()
        assert definition.compile(one) is definition.compile(one)
        assert definition.compile(one) is not definition.compile(work.clock())
