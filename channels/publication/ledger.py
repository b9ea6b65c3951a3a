"""The ledger: which items a destination was last told, and with what content.

A Parquet file beside the artifact: product id, item id, a hash of the item's content. A delta's
ledger holds only what it changed and names the publication that it builds on.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache, reduce
from hashlib import blake2b
from operator import xor
from pathlib import Path

import polars as pl

from channels.publication.files import FeedFolder

LEDGER = "ledger.parquet"
ITEMS = "items.parquet"

#: The column of product ids beside the targets in ITEMS; no target can have this name.
PRODUCT = "\x00product"

SCHEMA = {"product": pl.Int64, "item": pl.String, "hash": pl.UInt64, "removed": pl.Boolean}

#: Polars promises equal hashes only within one version; the number is that of our own recipe.
HASHING = f"polars-{pl.__version__}-2"

ADDED, CHANGED, REMOVED, UNCHANGED = "added", "changed", "removed", "unchanged"


@dataclass(frozen=True)
class Diff:
    """How items differ from the ledger; `status` is in the order of the items."""

    status: pl.Series
    removed: pl.DataFrame

    def count(self, status: str) -> int:
        """Return how many items have a status."""
        if status == REMOVED:
            return self.removed.height
        return int((self.status == status).sum())


def content_hash(items: pl.DataFrame) -> pl.Series:
    """Return a hash per row over all targets, by name, whatever their order.

    Each value is hashed with a seed from its target's name; absent ones add nothing.
    """
    return items.select(_content(tuple(items.schema.items()))).to_series()


@lru_cache(maxsize=256)  # the same for every publication of a feed
def _content(columns: tuple[tuple[str, pl.DataType], ...]) -> pl.Expr:
    return reduce(xor, (_hashed(name, dtype) for name, dtype in columns)).alias("hash")


def _hashed(name: str, dtype: pl.DataType) -> pl.Expr:
    value = pl.col(name)
    if dtype == pl.List(pl.String):
        value = value.list.join("\x1f", ignore_nulls=True)
    seed = int.from_bytes(blake2b(name.encode(), digest_size=8).digest())
    return pl.when(value.is_not_null()).then(value.hash(seed)).otherwise(pl.lit(0, pl.UInt64))


def write_ledger(path: Path, keys: pl.DataFrame) -> None:
    """Write product, item, hash and removed, packed for quick reading: deltas read it again."""
    keys.write_parquet(path, compression="lz4", row_group_size=50_000, statistics=True)


def read_ledger(folder: FeedFolder, number: int | None) -> pl.DataFrame:
    """Return what a publication and those that it builds on told the destination."""
    numbers = list(folder.chain(number))
    return _merged([_read(folder, each) for each in numbers])


def read_told(
    folder: FeedFolder, number: int | None, items: pl.DataFrame, within: pl.Series
) -> pl.DataFrame:
    """Return the ledger's rows that a delta needs: of these products, and of these items.

    `items` has product, item and hash of what is looked at, `within` the products looked at. An
    item is as a rule still that of its product; only for the others all ids are looked through.
    """
    numbers = list(folder.chain(number))
    of_products = among(within)
    told = _merged([_read(folder, each, of_products) for each in numbers])
    unknown = items["item"].filter(~items["item"].is_in(told["item"].implode()))
    if unknown.is_empty():
        return told
    elsewhere = pl.col("item").is_in(unknown.implode())
    return _merged([_read(folder, each, of_products | elsewhere) for each in numbers])


def among(products: pl.Series) -> pl.Expr:
    """Return which rows of a ledger are of these products.

    The bounds let a reader pass over whole groups of rows, whose least and greatest it knows.
    """
    least, greatest = products.min(), products.max()
    if least is None:
        return pl.lit(value=False)
    product = pl.col("product")
    return product.is_between(least, greatest) & product.is_in(products.implode())


def _merged(ledgers: list[pl.DataFrame]) -> pl.DataFrame:
    """Return ledgers as one: the newest comes first, and wins item by item."""
    if not ledgers:
        return pl.DataFrame(schema=SCHEMA)
    *deltas, whole = ledgers
    newer = pl.concat([pl.DataFrame(schema=SCHEMA), *deltas])
    if newer.is_empty():
        return whole
    newer = newer.unique("item", keep="first", maintain_order=True)
    older = whole.filter(~whole["item"].is_in(newer["item"].implode()))
    return pl.concat([older, newer]).filter(~pl.col("removed")).sort("product", "item")


def _read(folder: FeedFolder, number: int, wanted: pl.Expr | None = None) -> pl.DataFrame:
    """Return a publication's own ledger, or what is wanted of it.

    Hashes of another Polars are made again from the items. Their rows are those of the ledger, in
    the same order; removed ones have none.
    """
    path = folder.file(number, LEDGER)
    manifest = folder.manifest(number) or {}
    if manifest.get("hashing") == HASHING or not folder.file(number, ITEMS).exists():
        return (
            pl.read_parquet(path)
            if wanted is None
            else pl.scan_parquet(path).filter(wanted).collect()
        )
    ledger = pl.read_parquet(path)
    hashes = content_hash(pl.read_parquet(folder.file(number, ITEMS)).drop(PRODUCT))
    kept = ledger.filter(~pl.col("removed")).with_columns(hashes.alias("hash"))
    renewed = pl.concat([kept, ledger.filter("removed")])
    return renewed if wanted is None else renewed.filter(wanted)


def compare(ledger: pl.DataFrame, items: pl.DataFrame, *, within: pl.Series | None = None) -> Diff:
    """Return how items (product, item, hash) differ from a ledger.

    `within` are the products that were looked at (None: all): only their items can be removed.
    """
    if ledger["item"].equals(items["item"]):  # as on most days: nothing came, nothing went
        told_hash = ledger["hash"].alias("told").to_frame()
        return Diff(_statuses(told_hash.with_columns(items["hash"])), ledger.clear())
    told = ledger.join(items.select("item"), on="item", how="semi")
    known = items.join(
        told.select("item", pl.col("hash").alias("told")).unique("item", keep="first"),
        on="item",
        how="left",
        maintain_order="left",
    )
    looked_at = (
        ledger if within is None else ledger.filter(pl.col("product").is_in(within.implode()))
    )
    removed = looked_at.join(items, on="item", how="anti")
    return Diff(_statuses(known), removed)


def _statuses(known: pl.DataFrame) -> pl.Series:
    """Return the status of items with their hash, and the one that was told (null: none)."""
    return known.select(
        pl.when(pl.col("told").is_null())
        .then(pl.lit(ADDED))
        .when(pl.col("told") != pl.col("hash"))
        .then(pl.lit(CHANGED))
        .otherwise(pl.lit(UNCHANGED))
        .alias("status")
    ).to_series()
