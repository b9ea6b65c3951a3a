"""Ledgers: what the destination was told, through whole files and deltas."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from channels.publication import ledger
from channels.publication.files import FeedFolder, write_manifest
from channels.publication.ledger import ADDED, CHANGED, REMOVED, UNCHANGED, compare, content_hash


def told(*rows: tuple[int, str, int], removed: bool = False) -> pl.DataFrame:
    return pl.DataFrame([(*row, removed) for row in rows], schema=ledger.SCHEMA, orient="row")


def keys(*rows: tuple[int, str, int]) -> pl.DataFrame:
    schema = {name: ledger.SCHEMA[name] for name in ("product", "item", "hash")}
    return pl.DataFrame(rows, schema=schema, orient="row")


@pytest.fixture
def folder(tmp_path: Path) -> FeedFolder:
    return FeedFolder(tmp_path)


def publish(folder: FeedFolder, number: int, rows: pl.DataFrame, **manifest: object) -> None:
    place = folder.start(number)
    rows.write_parquet(place / ledger.LEDGER)
    write_manifest(place, {"hashing": ledger.HASHING, **manifest})


def test_every_item_is_new_where_nothing_was_told(folder):
    diff = compare(ledger.read_ledger(folder, None), keys((1, "a", 5), (2, "b", 6)))

    assert diff.status.to_list() == [ADDED, ADDED]
    assert diff.removed.is_empty()


def test_items_are_added_changed_unchanged_and_removed():
    before = told((1, "a", 5), (2, "b", 6), (3, "c", 7))

    diff = compare(before, keys((4, "d", 1), (2, "b", 0), (1, "a", 5)))

    assert diff.status.to_list() == [ADDED, CHANGED, UNCHANGED]
    assert diff.removed["item"].to_list() == ["c"]
    assert [diff.count(s) for s in (ADDED, CHANGED, UNCHANGED, REMOVED)] == [1, 1, 1, 1]


def test_only_items_of_products_that_were_looked_at_can_be_removed():
    before = told((1, "a", 5), (2, "b", 6))

    diff = compare(before, keys(), within=pl.Series([2]))

    assert diff.removed["item"].to_list() == ["b"]


def test_an_item_that_moves_to_another_product_is_changed_not_removed():
    diff = compare(told((1, "a", 5)), keys((2, "a", 6)))

    assert (diff.status.to_list(), diff.removed.height) == ([CHANGED], 0)


def test_an_id_that_was_told_twice_does_not_double_the_items():
    diff = compare(told((1, "a", 5), (2, "a", 6)), keys((1, "a", 5)))

    assert diff.status.len() == 1


def test_a_chain_of_deltas_reads_as_one_ledger(folder):
    publish(folder, 1, told((1, "a", 5), (2, "b", 6), (3, "c", 7)))
    publish(folder, 2, pl.concat([told((2, "b", 9)), told((3, "c", 7), removed=True)]), base=1)
    publish(folder, 3, told((3, "c", 8), (4, "d", 1)), base=2)

    rows = ledger.read_ledger(folder, 3).select("item", "hash").rows()

    assert rows == [("a", 5), ("b", 9), ("c", 8), ("d", 1)]


def test_hashes_of_another_polars_are_made_again_from_the_items(folder):
    items = pl.DataFrame({"id": ["a", "b"], "name": ["Derby", "Loafer"]})
    kept = told((1, "a", 111), (2, "b", 222))
    publish(
        folder, 1, pl.concat([kept, told((3, "c", 333), removed=True)]), hashing="polars-0.1"
    )  # fmt: skip
    place = folder.publication(1)
    items.insert_column(0, pl.Series(ledger.PRODUCT, [1, 2])).write_parquet(place / ledger.ITEMS)

    rows = ledger.read_ledger(folder, 1)

    hashes = content_hash(items.drop(ledger.PRODUCT)).to_list()
    assert rows.filter(~pl.col("removed"))["hash"].to_list() == hashes
    assert rows.filter("removed")["item"].to_list() == ["c"]


def test_hashes_tell_contents_apart_and_not_the_order_of_targets():
    frame = pl.DataFrame(
        {"a": ["x", "x", None, ""], "b": [["1", "2"], ["12"], ["1", "2"], ["1", "2"]]}
    )

    hashes = content_hash(frame)

    assert hashes.n_unique() == 4
    assert content_hash(frame.select("b", "a")).to_list() == hashes.to_list()


def test_a_value_does_not_hash_as_one_of_its_neighbour():
    left = pl.DataFrame({"a": ["x"], "b": pl.Series([None], dtype=pl.String)})
    right = pl.DataFrame({"a": pl.Series([None], dtype=pl.String), "b": ["x"]})

    assert content_hash(left)[0] != content_hash(right)[0]
