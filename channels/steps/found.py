"""Replace what a function must compute: once per distinct finding, not once per item."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl


def replace_found(texts: pl.Series, pattern: str, convert: Callable[[str], str]) -> pl.Series:
    """Return texts with every match of a pattern converted.

    The distinct matches of a whole column are few (entities, letters that an address cannot
    hold), so `convert` runs once for each and the texts stay in the engine.
    """
    found = texts.str.extract_all(pattern).explode().drop_nulls().unique()
    if found.is_empty():
        return texts
    matches = sorted(found.to_list(), key=len, reverse=True)
    return texts.str.replace_many(matches, [convert(match) for match in matches], leftmost=True)
