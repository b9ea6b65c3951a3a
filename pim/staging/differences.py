"""What rows change of what is stored, cell by cell: the JSON that was there and that comes."""

from __future__ import annotations

from typing import Any

import orjson
import polars as pl

from pim.products.changes import changed_cell

Texts = pl.Series


def changed(stored: Texts, given: Texts) -> tuple[Texts, Texts]:
    """Return what a cell was and becomes, as JSON text; null in both where nothing changes.

    `stored` is null where there is no value, `given` where a row says nothing; "null" clears.
    Objects (prices, measures) are compared part by part, other data as a whole.
    """
    frame = pl.DataFrame({"stored": canonical(stored), "given": given}).with_columns(
        pl.col("stored").fill_null("null")
    )
    differs = pl.col("given").is_not_null() & (pl.col("given") != pl.col("stored"))
    simple = differs & ~_has_parts(pl.col("given")) & ~_has_parts(pl.col("stored"))
    frame = frame.with_columns(
        pl.when(simple).then("stored").alias("before"),
        pl.when(simple).then("given").alias("after"),
        (differs & ~simple).alias("closer"),
    )
    if frame["closer"].any():
        frame = _by_parts(frame)
    return frame["before"], frame["after"]


def canonical(texts: Texts) -> Texts:
    """Return JSON texts of which equal objects and lists have equal texts."""
    parts = texts.filter(_has_parts_in(texts)).unique()
    if parts.is_empty():
        return texts
    same = [_json(orjson.loads(text)) for text in parts.to_list()]
    return texts.replace(parts, pl.Series(same, dtype=pl.String))


def _by_parts(frame: pl.DataFrame) -> pl.DataFrame:
    """Compare cells of which either side is an object or a list, each distinct pair once."""
    pairs = frame.filter("closer").select("stored", "given").unique(maintain_order=True)
    patches = [
        changed_cell(orjson.loads(stored), orjson.loads(given))
        for stored, given in pairs.iter_rows()
    ]
    found = pairs.with_columns(
        pl.Series("was", [_json(p[0]) if p else None for p in patches], dtype=pl.String),
        pl.Series("now", [_json(p[1]) if p else None for p in patches], dtype=pl.String),
        pl.lit(value=True).alias("closer"),
    )
    joined = frame.join(found, on=["stored", "given", "closer"], how="left", maintain_order="left")
    return joined.with_columns(
        pl.coalesce("before", "was").alias("before"), pl.coalesce("after", "now").alias("after")
    )


def _has_parts(text: pl.Expr) -> pl.Expr:
    # A text with a backslash may be spelt in several ways: it is looked at closer, too.
    return text.str.contains(r"^[\[{]|\\")


def _has_parts_in(texts: Texts) -> Texts:
    return texts.str.contains(r"^[\[{]").fill_null(value=False)


def _json(data: Any) -> str:
    return orjson.dumps(data, option=orjson.OPT_SORT_KEYS).decode()
