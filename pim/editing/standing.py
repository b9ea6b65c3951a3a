"""Which frozen rows can still be written, and why the others cannot: asked chunk by chunk.

The count that was promised stays: rows that do not stand any more are left out, each with a reason.
"""

from __future__ import annotations

from typing import Final

import polars as pl
from sqlalchemy import text
from sqlalchemy.orm import Session

from pim.domain.conditions import Any_, Condition
from pim.editing.left_out import GONE, NO_LONGER
from pim.editing.rows import TABLES, Recheck
from pim.editing.targets import MODEL_LEVELS
from pim.products.models import MODEL, PRODUCT

#: The condition of a selection without one: no row has met it, so none is asked.
NOTHING: Final = Condition(root=Any_(()))


def standing_of(
    session: Session, recheck: Recheck, rows: pl.DataFrame, *, hold: bool = True
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the rows that stand, held to the commit, and those left out: identifier, reason.

    A row that met the condition by itself is asked for it once more; of the others, picked ones
    and the styles of chosen products, it is only asked whether they are there; of those in the
    bin (`recheck` is null) nothing is.
    """
    of_models = pl.col("level").is_in(MODEL_LEVELS)
    parts = [
        _standing_ids(session, recheck, kind, rows.filter(side), hold=hold)
        for kind, side in ((PRODUCT, ~of_models), (MODEL, of_models))
    ]
    standing = pl.col("recheck").is_null() | pl.col("id").is_in(
        pl.concat([found for found, _ in parts]).implode()
    )
    there = pl.col("id").is_in(pl.concat([found for _, found in parts]).implode())
    reason = pl.when(there).then(pl.lit(NO_LONGER)).otherwise(pl.lit(GONE)).alias("reason")
    return rows.filter(standing), rows.filter(~standing).select("identifier", reason)


def _standing_ids(
    session: Session, recheck: Recheck, kind: int, rows: pl.DataFrame, *, hold: bool
) -> tuple[pl.Series, pl.Series]:
    """Return the ids of one kind that stand, and those of the others that are still there."""
    asked, others = rows.filter("recheck")["id"], rows.filter(~pl.col("recheck"))["id"]
    met = recheck.still(session, kind, asked.to_list(), hold=hold) if len(asked) else asked
    present = _present(session, kind, others, hold=hold)
    failed = asked.filter(~asked.is_in(met.implode()))
    return pl.concat([met, present]), _present(session, kind, failed, hold=False)


def _present(session: Session, kind: int, ids: pl.Series, *, hold: bool) -> pl.Series:
    if ids.is_empty():
        return ids
    query = (
        f"SELECT id FROM {TABLES[kind]} WHERE id = ANY(:ids) ORDER BY id"  # noqa: S608
        f"{' FOR NO KEY UPDATE' if hold else ''}"
    )
    found = session.execute(text(query), {"ids": ids.to_list()}).scalars()
    return pl.Series("id", found.all(), dtype=pl.Int64)
