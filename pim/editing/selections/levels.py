"""From what was found to rows of one level: down to the variants, or up to colourway and style."""

from __future__ import annotations

import polars as pl

from pim.editing.selections.document import Level
from pim.editing.selections.names import EVERY_LEVEL
from pim.projection import Reading
from pim.projection.catalogue import MODEL_LEVELS, PRODUCT_LEVELS

ROOT, SUB = MODEL_LEVELS


def at_level(reading: Reading, ids: pl.Series, level: Level | None) -> pl.Series:
    """Return the rows that stand for others at a level, in rising order.

    - product: a product itself, of a style or colourway all its variants;
    - colourway: the model right above a product, of a style its colourways;
    - model: the style at the top.

    Whoever has nothing there stands for itself: a simple product, a style without colourways.
    """
    if level is None or ids.is_empty():
        return ids
    rows = reading.frame(["id", "level", "parent", "root"], ids=ids, levels=EVERY_LEVEL)
    if level == "model":
        return _each(rows.select(pl.coalesce("root", "id")))
    products = rows.filter(pl.col("level").is_in(PRODUCT_LEVELS))
    models = rows.filter(pl.col("level").is_in(MODEL_LEVELS))
    if level == "product":
        return _each(products.select("id"), _below(reading, models["id"], PRODUCT_LEVELS))
    roots = models.filter(pl.col("level") == ROOT)
    divided = _children(reading, roots["id"])
    undivided = roots.filter(~pl.col("id").is_in(divided["parent"].implode()))
    return _each(
        products.select(pl.coalesce("parent", "id")),
        models.filter(pl.col("level") == SUB).select("id"),
        divided.select("id"),
        undivided.select("id"),
    )


def below(reading: Reading, ids: pl.Series) -> pl.Series:
    """Return rows with everything that stands below them."""
    models = reading.frame(["id"], ids=ids, levels=MODEL_LEVELS)["id"]
    if models.is_empty():
        return ids
    return _each(ids.to_frame(), _below(reading, models, EVERY_LEVEL))


def _below(reading: Reading, models: pl.Series, levels: tuple[str, ...]) -> pl.DataFrame:
    """Return `id` of what stands below models."""
    if models.is_empty():
        return pl.DataFrame(schema={"id": pl.Int64})
    wanted = models.implode()
    rows = reading.frame(["id", "parent", "root"], levels=levels)
    under = pl.col("parent").is_in(wanted) | pl.col("root").is_in(wanted)
    return rows.filter(under & ~pl.col("id").is_in(wanted)).select("id")


def _children(reading: Reading, roots: pl.Series) -> pl.DataFrame:
    """Return id and parent of the colourways of styles."""
    rows = reading.frame(["id", "parent"], levels=(SUB,))
    return rows.filter(pl.col("parent").is_in(roots.implode()))


def _each(*parts: pl.DataFrame) -> pl.Series:
    """Return the first columns of frames as ids, each once, in rising order."""
    columns = [part.to_series().cast(pl.Int64).alias("id") for part in parts]
    return pl.concat(columns).unique().sort()
