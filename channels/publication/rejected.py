"""Which products the checks of a publication kept out: a Parquet file beside the ledger.

A whole publication lists the rejected ones. A delta lists all that it looked at, and says of each
whether it was rejected: of the others the publications that it builds on know.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from channels.publication.files import FeedFolder

REJECTED = "rejected.parquet"

SCHEMA = {"product": pl.Int64, "rejected": pl.Boolean}


def write_rejected(path: Path, rejected: pl.Series, within: pl.Series | None) -> None:
    """Write what a publication kept out; `within` are the products looked at, None for all."""
    products = rejected if within is None else within
    known = products.is_in(rejected.implode())
    pl.DataFrame([products.alias("product"), known.alias("rejected")]).write_parquet(
        path, compression="lz4"
    )


def read_rejected(folder: FeedFolder, number: int | None) -> pl.DataFrame:
    """Return the products (`product`) that a publication and those it builds on kept out.

    Publications of earlier releases, which have no such file, kept out nothing that is known.
    """
    parts = [pl.DataFrame(schema=SCHEMA)]
    for each in folder.chain(number):
        path = folder.file(each, REJECTED)
        parts += [pl.read_parquet(path)] if path.exists() else []
    newest = pl.concat(parts).unique("product", keep="first", maintain_order=True)
    return newest.filter("rejected").select("product")
