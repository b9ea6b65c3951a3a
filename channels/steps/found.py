"""Replace what a function must compute: once per distinct finding, not once per item."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl


def replace_found(text: pl.Expr, pattern: str, convert: Callable[[str], str]) -> pl.Expr:
    """Return texts with every match of a pattern converted.

    The distinct matches of a whole column are few (entities, letters that a URL cannot hold), so
    `convert` runs once for each and the columns stay in the engine.
    """

    def batch(column: pl.Series) -> pl.Series:
        found = column.str.extract_all(pattern).explode().drop_nulls().unique()
        if found.is_empty():
            return column
        matches = sorted(found.to_list(), key=len, reverse=True)
        return column.str.replace_many(
            matches, [convert(match) for match in matches], leftmost=True
        )

    return text.map_batches(batch, return_dtype=pl.String, is_elementwise=True)
