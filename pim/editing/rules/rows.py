"""Rows as bulk edits take them, read from the database: what an import or a save has touched."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import polars as pl
from sqlalchemy import text
from sqlalchemy.orm import Session

from pim.domain.conditions import leaves
from pim.editing.rows import Recheck
from pim.editing.targets import MODEL_LEVELS
from pim.products.models import MODEL, PRODUCT
from pim.rules.definition import Definition

#: Rows that are asked for at once.
PIECE: Final = 50_000

SCHEMA: Final = {
    "id": pl.Int64, "identifier": pl.String, "level": pl.String, "parent": pl.Int64,
    "root": pl.Int64, "family": pl.Int64, "family_variant": pl.Int64, "recheck": pl.Boolean,
}  # fmt: skip


def touched(session: Session, change_set: int) -> pl.Series:
    """Return the ids of products and models that a change set wrote and that are still there."""
    found = session.execute(_TOUCHED, {"change_set": change_set}).scalars().all()
    return pl.Series("id", found, dtype=pl.Int64)


def rows_below(session: Session, ids: pl.Series) -> pl.DataFrame:
    """Return products and models by id, and everything below these models."""
    rows = session.execute(_ROWS, {"ids": ids.to_list()})
    return pl.DataFrame([(*row, True) for row in rows], schema=SCHEMA, orient="row")


def meeting(
    session: Session, recheck: Recheck, rule: Definition, rows: pl.DataFrame
) -> pl.DataFrame:
    """Return the rows that meet a rule's condition: products, and models if it asks for levels."""
    of_models = rows["level"].is_in(list(MODEL_LEVELS))
    asks = any(leaf.field == "level" for leaf in leaves(rule.where.root))
    parts = [(PRODUCT, rows.filter(~of_models))]
    if asks:
        parts.append((MODEL, rows.filter(of_models)))
    met = [
        recheck.still(session, kind, piece["id"].to_list(), hold=False)
        for kind, some in parts
        for piece in some.iter_slices(PIECE)
        if piece.height
    ]
    return rows.filter(pl.col("id").is_in(pl.concat([_NONE, *met]).implode()))


def ids(numbers: Iterable[int]) -> pl.Series:
    """Return ids as a series."""
    return pl.Series("id", sorted(set(numbers)), dtype=pl.Int64)


_NONE: Final = pl.Series("id", [], dtype=pl.Int64)

_TOUCHED = text(
    """
    SELECT h.entity_id FROM history h
    WHERE h.change_set_id = :change_set AND h.action <> 2 ORDER BY 1
    """
)

_ROWS = text(
    """
    WITH given AS (SELECT unnest(CAST(:ids AS bigint[])) AS id),
    models AS (
        SELECT m.id FROM product_model m JOIN given USING (id)
        UNION SELECT m.id FROM product_model m JOIN given ON given.id = m.parent_id
    ),
    products AS (
        SELECT p.id FROM product p JOIN given USING (id)
        UNION SELECT p.id FROM product p JOIN models ON models.id = p.parent_id
    )
    SELECT e.id, e.identifier, CASE WHEN e.parent_id IS NULL THEN 'simple' ELSE 'variant' END,
        e.parent_id, coalesce(m.parent_id, e.parent_id), e.family_id, m.family_variant_id
    FROM product e JOIN products USING (id) LEFT JOIN product_model m ON m.id = e.parent_id
    UNION ALL
    SELECT e.id, e.code, CASE WHEN e.parent_id IS NULL THEN 'model' ELSE 'sub_model' END,
        e.parent_id, e.parent_id, v.family_id, e.family_variant_id
    FROM product_model e JOIN models USING (id)
    JOIN family_variant v ON v.id = e.family_variant_id
    """
)
