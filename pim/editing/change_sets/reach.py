"""How many products and models a previewed change set would write, and how many show it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import polars as pl
from sqlalchemy import text
from sqlalchemy.orm import Session

from pim.db.copy import number_array
from pim.editing.change_sets import ticking
from pim.editing.change_sets.cells import BESIDE, files
from pim.editing.chunks import Unticked
from pim.editing.shown import CHANGED
from pim.products.models import MODEL

# Like the count of a run that has ended, which goes by what was written.
_REACHED = text(
    """
    WITH models AS (
        SELECT unnest(CAST(:models AS bigint[])) AS id
        UNION SELECT m.id FROM product_model m WHERE m.parent_id = ANY(CAST(:models AS bigint[]))
    )
    SELECT count(*) FROM (
        SELECT unnest(CAST(:products AS bigint[])) AS id
        UNION SELECT p.id FROM product p JOIN models ON models.id = p.parent_id
    ) AS reached
    """
)


@dataclass(frozen=True, kw_only=True)
class Reach:
    """Entities that hold the changes, and products that show them."""

    written: int = 0
    reached: int = 0


def of_preview(session: Session, folder: Path, unticked: Unticked) -> Reach:
    """Return what the cells of a preview that would change come to."""
    found = files(folder)
    if not found:
        return Reach()
    changed = pl.scan_parquet(found).filter(pl.col("outcome") == CHANGED)
    if unticked:
        changed = ticking.ticked(changed, ticking.frame(unticked)).filter("ticked")
    parts = [changed.select("entity", "kind")]
    if beside := files(folder, BESIDE):
        parts.append(pl.scan_parquet(beside).select("entity", "kind"))
    entities = pl.concat(parts).unique().collect()
    of_models = pl.col("kind") == MODEL
    reached = session.scalar(
        _REACHED,
        {
            "models": number_array(entities.filter(of_models)["entity"]),
            "products": number_array(entities.filter(~of_models)["entity"]),
        },
    )
    return Reach(written=entities.height, reached=int(reached or 0))
