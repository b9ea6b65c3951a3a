"""The lowest price before a reduction, in columns.

Every product has a line of moments at which a price of it changed, of its own or of a level above,
and between two moments one price applied. A number below zero stands for "none".
"""

from __future__ import annotations

from datetime import datetime, timedelta

import polars as pl

from channels.past_prices.events import micros
from channels.steps.contract import DECIMAL
from channels.steps.past_price import PastPrice

NONE = -1
BEGINNING = -(2**62)
DAY = 86_400_000_000


def lowest(
    products: pl.DataFrame,
    request: PastPrice,
    prices: pl.DataFrame,
    sales: pl.DataFrame,
    now: datetime,
) -> pl.Series:
    """Return each product's lowest price of the days asked for; null where none applied.

    `products` has the columns that the request needs; `prices` and `sales` are the events of its
    two places (`price_events`).
    """
    (moment,) = micros([now])
    line = timeline(products, request, prices, sales).filter(pl.col("at") <= moment)
    ends = _end(line, request, moment)
    window = line.join(ends, on="id").with_columns(
        until=pl.col("at").shift(-1).over("id").fill_null(moment + 1)
    )
    counted = window.filter(
        (pl.col("at") < pl.col("end"))
        & (pl.col("until") > pl.col("end") - request.days * DAY)
        & (pl.col("applied") >= 0)
    )
    least = counted.group_by("id").agg(pl.col("applied").min().alias("least"))
    told = products.select("id", "created").join(least, on="id", how="left", maintain_order="left")
    if request.young == "empty":
        told = told.join(ends, on="id", how="left", maintain_order="left")
        born = pl.col("created").dt.timestamp("us")
        old_enough = born <= pl.col("end") - timedelta(days=request.days) // timedelta(
            microseconds=1
        )
        return told.select(pl.when(old_enough).then("least")).to_series()
    return told["least"]


def timeline(
    products: pl.DataFrame, request: PastPrice, prices: pl.DataFrame, sales: pl.DataFrame
) -> pl.DataFrame:
    """Return (id, at, price, sale, applied) of every moment at which a product's price changed."""
    chain = _chain(products)
    price_events, sale_events = (_of_products(each, chain) for each in (prices, sales))
    current = {"price": request.price.column, "sale": request.sale and request.sale.column}
    begin = products.select(
        "id",
        pl.lit(BEGINNING).alias("at"),
        *(_amount(pl.col(name) if name else pl.lit(None)).alias(n) for n, name in current.items()),
    )
    begin = _began(_began(begin, price_events, "price"), sale_events, "sale")
    parts = [
        begin,
        price_events.select("id", "at", price="new", sale=pl.lit(None, DECIMAL)),
        sale_events.select("id", "at", price=pl.lit(None, DECIMAL), sale="new"),
    ]
    line = pl.concat(parts).sort("id", "at", maintain_order=True)
    # The first row of each product fills both, so nothing flows over from the one before.
    filled = line.with_columns(pl.col("price", "sale").forward_fill())
    applied = pl.when(pl.col("sale") >= 0).then("sale").otherwise("price")
    return filled.with_columns(applied=applied).unique(
        ["id", "at"], keep="last", maintain_order=True
    )


def _chain(products: pl.DataFrame) -> pl.DataFrame:
    """Return (id, entity): each product with the levels that it may inherit from."""
    levels = [products.select("id", entity=pl.col(name)) for name in ("id", "parent", "root")]
    return pl.concat(levels).drop_nulls().unique()


def _of_products(events: pl.DataFrame, chain: pl.DataFrame) -> pl.DataFrame:
    """Return (id, at, old, new) of products, rising."""
    amounts = [_amount(pl.col(name)).alias(name) for name in ("old", "new")]
    found = events.with_columns(amounts).join(chain, on="entity")
    return found.select("id", "at", "old", "new").sort("id", "at")


def _amount(value: pl.Expr) -> pl.Expr:
    return value.cast(DECIMAL).fill_null(pl.lit(NONE, dtype=DECIMAL))


def _began(begin: pl.DataFrame, events: pl.DataFrame, name: str) -> pl.DataFrame:
    """Return the beginning with what the first change of a price found."""
    first = events.group_by("id", maintain_order=True).agg(pl.col("old").first().alias("first"))
    joined = begin.join(first, on="id", how="left", maintain_order="left")
    return joined.with_columns(pl.coalesce("first", name).alias(name)).drop("first")


def _end(line: pl.DataFrame, request: PastPrice, now: int) -> pl.DataFrame:
    """Return (id, end): where the days end, at the reduction that applies now or now."""
    if request.before == "now":
        return line.select("id").unique(maintain_order=True).with_columns(end=pl.lit(now))
    reduced = pl.col("sale") >= 0 if request.sale else _fell()
    marked = line.with_columns(reduced=reduced)
    before = pl.col("reduced").shift(1).over("id").fill_null(False)
    begins = pl.col("reduced") & (before.not_() if request.sale else pl.lit(True))
    last = marked.with_columns(start=pl.when(begins).then("at")).group_by("id", maintain_order=True)
    told = last.agg(pl.col("start").drop_nulls().last(), pl.col("reduced").last())
    end = pl.when("reduced").then("start").otherwise(now)
    return told.select("id", end=end)


def _fell() -> pl.Expr:
    """Return whether a price is below the one before."""
    before = pl.col("applied").shift(1).over("id")
    return ((pl.col("applied") < before) & (pl.col("applied") >= 0)).fill_null(False)
