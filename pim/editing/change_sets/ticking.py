"""What people take out of a preview, and put back: whole rows, or single cells of them."""

from __future__ import annotations

import polars as pl
from sqlalchemy import text
from sqlalchemy.orm import Session

from pim.db.copy import copy_to_temporary
from pim.editing.chunks import Unticked

#: The field that stands for a whole row.
ROW = ""

_COLUMNS = (("entity_id", "bigint"), ("field", "text"))
_ALL = text(
    "SELECT entity_id, array_agg(field) FROM change_set_unticked"
    " WHERE change_set_id = :change_set GROUP BY entity_id"
)
_PUT = text(
    "INSERT INTO change_set_unticked (change_set_id, entity_id, field)"
    " SELECT :change_set, entity_id, field FROM ticking ON CONFLICT DO NOTHING"
)
_TAKE = text(
    """
    DELETE FROM change_set_unticked u USING ticking t
    WHERE u.change_set_id = :change_set AND u.entity_id = t.entity_id
      AND (t.field = '' OR u.field = t.field)
    """
)
_FORGET = text("DELETE FROM change_set_unticked WHERE change_set_id = :change_set")


def unticked(session: Session, change_set_id: int) -> Unticked:
    """Return what is left out: the columns of each entity, None for all of them."""
    rows = session.execute(_ALL, {"change_set": change_set_id})
    return {entity: None if ROW in fields else frozenset(fields) for entity, fields in rows}


def untick(session: Session, change_set_id: int, chosen: pl.DataFrame) -> None:
    """Take out rows (entity, field; an empty field means the whole row)."""
    _apply(session, change_set_id, chosen, take=False)


def tick(session: Session, change_set_id: int, chosen: pl.DataFrame) -> None:
    """Put back what was taken out; a whole row comes back with all of its cells."""
    _apply(session, change_set_id, chosen, take=True)


def forget(session: Session, change_set_id: int) -> None:
    """Put everything back: another preview has other rows."""
    session.execute(_FORGET, {"change_set": change_set_id})


def frame(unticked: Unticked) -> pl.DataFrame:
    """Return what is left out as rows of entity and field."""
    rows = [
        (entity, name)
        for entity, names in unticked.items()
        for name in ((ROW,) if names is None else names)
    ]
    return pl.DataFrame(rows, schema={"entity": pl.Int64, "field": pl.String}, orient="row")


def ticked(cells: pl.LazyFrame, out: pl.DataFrame) -> pl.LazyFrame:
    """Return cells with a column `ticked`: false for those that are left out."""
    rows = out.filter(pl.col("field") == ROW).select("entity", row=True)
    single = out.filter(pl.col("field") != ROW).with_columns(cell=True)
    return (
        cells.join(rows.lazy(), on="entity", how="left", maintain_order="left")
        .join(single.lazy(), on=["entity", "field"], how="left", maintain_order="left")
        .with_columns((pl.col("row").is_null() & pl.col("cell").is_null()).alias("ticked"))
        .drop("row", "cell")
    )


def _apply(session: Session, change_set_id: int, chosen: pl.DataFrame, *, take: bool) -> None:
    rows = chosen.select(pl.col("entity").alias("entity_id"), "field").unique()
    copy_to_temporary(session, "ticking", _COLUMNS, rows)
    session.execute(_TAKE if take else _PUT, {"change_set": change_set_id})
