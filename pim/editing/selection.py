"""The rows that a bulk edit was asked about: found on the projection, frozen, split in chunks.

A chunk holds whole styles: a model and all that was selected below it are in the same one, so that
every owner is written once, and whoever looks between two chunks sees no half-edited style.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import polars as pl

from pim.domain.conditions import Condition, leaves
from pim.projection import Projection
from pim.projection.catalogue import MODEL_LEVELS, PRODUCT_LEVELS

CHUNK: Final = 10_000

FILE: Final = "selection.parquet"
COLUMNS: Final = ("id", "identifier", "level", "parent", "root", "family", "family_variant")


def select(projection: Projection, condition: Condition, now: datetime) -> Selection:
    """Return what meets a condition: products, and models if it asks about the level."""
    asks = any(leaf.field == "level" for leaf in leaves(condition.root))
    levels = (*PRODUCT_LEVELS, *MODEL_LEVELS) if asks else PRODUCT_LEVELS
    with projection.read_covering() as reading:
        ids = reading.matching(condition, levels=levels, now=now)
        return Selection(in_chunks(reading.frame(COLUMNS, ids=ids, levels=levels), CHUNK))


def in_chunks(rows: pl.DataFrame, size: int) -> pl.DataFrame:
    """Return rows in order of style and id, with the number of their chunk of about `size`."""
    style = pl.coalesce("root", "id").alias("style")
    ordered = rows.with_columns(style).sort("style", "id").with_row_index("place")
    chunk = (pl.col("place").min().over("style") // size).cast(pl.Int64).alias("chunk")
    return ordered.with_columns(chunk).drop("style", "place")


@dataclass(frozen=True)
class Selection:
    """Frozen rows: COLUMNS and `chunk`."""

    rows: pl.DataFrame

    @classmethod
    def load(cls, folder: Path) -> Selection:
        """Return the selection that a run has left in its folder."""
        return cls(pl.read_parquet(folder / FILE))

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
