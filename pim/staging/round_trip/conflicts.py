"""Cells that a sheet and somebody else changed differently, collected while a chunk is decided."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import orjson
import polars as pl
from sqlalchemy import select
from sqlalchemy.orm import Session

from pim.staging.models import ImportConflict

SHOWN: Final = 100


class Clashing(NamedTuple):
    """One cell of the row at a position: JSON texts, None where nothing stands."""

    position: int
    field: str
    base: str | None
    theirs: str | None
    ours: str | None


@dataclass
class Clashes:
    """The conflicts of one chunk; `field` is the column in the flat format."""

    found: list[Clashing] = field(default_factory=list)

    def frame(
        self,
        entities: pl.DataFrame,
        *,
        rows: Sequence[int],
        rejected: Collection[int],
        run_id: int,
        file: str,
        kind: int,
    ) -> pl.DataFrame:
        """Return rows of `import_conflict`; a rejected row is told as such, not cell by cell.

        `entities` has `id`, `called` and `version` by position, `rows` the rows' numbers.
        """
        cells = pl.DataFrame(
            [clash for clash in sorted(self.found) if clash.position not in rejected],
            schema={"position": pl.UInt32, **dict.fromkeys(_TEXTS, pl.String)},
            orient="row",
        )
        numbered = entities.with_row_index("position").with_columns(
            pl.Series("row", rows, dtype=pl.Int64)
        )
        return cells.join(numbered, on="position", how="left", maintain_order="left").select(
            pl.lit(run_id).alias("run_id"),
            pl.lit(file).alias("file"),
            "row",
            pl.lit(kind).alias("kind"),
            pl.col("id").alias("entity_id"),
            pl.col("called").alias("identifier"),
            "version",
            *_TEXTS,
        )


_TEXTS: Final = ("field", "base", "theirs", "ours")


def first_conflicts(session: Session, run_id: int, *, limit: int = SHOWN) -> list[dict[str, Any]]:
    """Return the first conflicts of a run, in the order of its files and rows."""
    rows = session.scalars(
        select(ImportConflict)
        .where(ImportConflict.run_id == run_id)
        .order_by(ImportConflict.id)
        .limit(limit)
    )
    return [
        {
            "file": row.file,
            "row": row.row,
            "identifier": row.identifier,
            "field": row.field,
            "base": _data(row.base),
            "theirs": _data(row.theirs),
            "ours": _data(row.ours),
        }
        for row in rows
    ]


def _data(text: str | None) -> Any:
    return None if text is None else orjson.loads(text)
