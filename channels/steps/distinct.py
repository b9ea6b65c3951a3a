"""Do costly work on texts once for each distinct text.

Variants inherit names and descriptions from their style, so a column of 700,000 texts often holds
a tenth as many different ones.
"""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

#: Below this share of distinct texts finding them again costs less than the work on all.
WORTHWHILE = 0.6

Change = Callable[[pl.Series], pl.Series]


def per_distinct(text: pl.Expr, change: Change) -> pl.Expr:
    """Return texts changed by a function of a column of texts that keeps order and length."""

    def batch(column: pl.Series) -> pl.Series:
        distinct = column.unique().alias("text")
        if len(distinct) > len(column) * WORTHWHILE:
            return change(column)
        table = distinct.to_frame().with_columns(change(distinct).alias("changed"))
        found = (
            column.alias("text")
            .to_frame()
            .join(table, on="text", how="left", nulls_equal=True, maintain_order="left")
        )
        return found.get_column("changed").alias(column.name)

    return text.map_batches(batch, return_dtype=pl.String, is_elementwise=True)


def by_expression(make: Callable[[pl.Expr], pl.Expr]) -> Change:
    """Return the change of columns that an expression makes."""

    def change(column: pl.Series) -> pl.Series:
        name = column.name or "text"
        return column.alias(name).to_frame().select(make(pl.col(name))).to_series()

    return change
