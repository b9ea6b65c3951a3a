"""The rows that a bulk edit was asked about: found on the projection, frozen, split in chunks.

A chunk holds whole styles: a model and all that was selected below it are in the same one, so that
every owner is written once, and whoever looks between two chunks sees no half-edited style.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import polars as pl
from sqlalchemy.orm import Session

from pim.domain.conditions import Condition
from pim.domain.operations import AttachMedia, Delete, Operation, Restore
from pim.editing.media.plan import plan
from pim.editing.selections import Resolved, SelectionDocument, resolve
from pim.editing.selections.deleted import resolve_deleted
from pim.editing.selections.resolve import COLUMNS
from pim.projection import Projection

__all__ = ["CHUNK", "COLUMNS", "FILE", "Selection", "freeze", "freeze_for", "in_chunks", "select"]

CHUNK: Final = 10_000

FILE: Final = "selection.parquet"


def select(
    projection: Projection, chosen: Condition | SelectionDocument, now: datetime
) -> Selection:
    """Return what a condition or a selection chooses, frozen.

    Of a condition alone products are chosen, and models if it asks about the level.
    """
    if isinstance(chosen, Condition):
        chosen = SelectionDocument(condition=chosen)
    with projection.read_covering() as reading:
        return freeze(resolve(reading, chosen, now=now))


def freeze_for(
    session: Session,
    projection: Projection,
    chosen: SelectionDocument,
    steps: Sequence[Operation],
    now: datetime,
) -> Selection:
    """Return what a selection chooses for operations, frozen.

    Deleting takes everything below a chosen model; restoring chooses in the bin; of attached media
    the rows are the owners that get files, in the column `files`.
    """
    if any(isinstance(step, Restore) for step in steps):
        return freeze(resolve_deleted(session, chosen))
    whole = any(isinstance(step, Delete) for step in steps)
    with projection.read_covering() as reading:
        resolved = resolve(reading, chosen, now=now, whole=whole)
        if steps and isinstance(steps[0], AttachMedia):
            resolved, report = plan(reading, steps[0], chosen, resolved)
            return freeze(resolved, media=report.document())
        return freeze(resolved)


def freeze(resolved: Resolved, *, media: Mapping[str, Any] | None = None) -> Selection:
    """Return the rows of a resolved selection, in chunks."""
    rows = in_chunks(resolved.rows, CHUNK)
    return Selection(rows, resolved.unknown, resolved.duplicates, media)


def in_chunks(rows: pl.DataFrame, size: int) -> pl.DataFrame:
    """Return rows in order of style and id, with the number of their chunk of about `size`."""
    style = pl.coalesce("root", "id").alias("style")
    ordered = rows.with_columns(style).sort("style", "id").with_row_index("place")
    chunk = (pl.col("place").min().over("style") // size).cast(pl.Int64).alias("chunk")
    return ordered.with_columns(chunk).drop("style", "place")


@dataclass(frozen=True)
class Selection:
    """Frozen rows: COLUMNS, `recheck` and `chunk`, and the names that led nowhere or came twice.

    `media` tells what became of files that were attached by name.
    """

    rows: pl.DataFrame
    unknown: tuple[str, ...] = ()
    duplicates: tuple[str, ...] = ()
    media: Mapping[str, Any] | None = None

    @classmethod
    def load(cls, folder: Path) -> Selection:
        """Return the selection that a run has left in its folder."""
        rows = pl.read_parquet(folder / FILE)
        if "recheck" not in rows.columns:  # frozen by an earlier version
            rows = rows.with_columns(pl.lit(value=True).alias("recheck"))
        return cls(rows)

    def save(self, folder: Path) -> None:
        """Keep the selection in a run's folder, whole or not at all."""
        folder.mkdir(parents=True, exist_ok=True)
        unfinished = folder / f"{FILE}.new"
        try:
            self.rows.write_parquet(unfinished)
            unfinished.replace(folder / FILE)
        except BaseException:
            unfinished.unlink(missing_ok=True)  # a full disk
            raise

    def chunks(self, first: int) -> list[tuple[int, pl.DataFrame]]:
        """Return the rows of each chunk whose number is not below `first`, in order."""
        rows = self.rows.filter(pl.col("chunk") >= first)
        parts = rows.partition_by("chunk", maintain_order=True, include_key=False)
        numbers = rows["chunk"].unique(maintain_order=True)
        return list(zip(numbers, parts, strict=True))
