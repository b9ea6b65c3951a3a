"""The cells of a preview: gathered while they are decided, kept in Parquet, compared at the run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import polars as pl

from pim.domain.values import Cell
from pim.domain.violations import Violation
from pim.editing.decided import CELLS as SHOWN
from pim.editing.decided import Decided
from pim.editing.shown import refused_shown
from pim.editing.targets import MODEL_LEVELS
from pim.products.models import MODEL, PRODUCT

#: The columns of a preview: the number of the operation, from 1, and what `Decided.cells` shows.
COLUMNS: Final[dict[str, Any]] = {"step": pl.Int16, **SHOWN}
#: What the files of a preview hold: its cells, and entities that are written beside them.
CELLS: Final = "cells"
BESIDE: Final = "beside"
#: What makes a cell the same, and what makes it come out the same.
ADDRESS: Final = ("step", "entity", "field")
FATE: Final = ("before", "after", "outcome", "code")


def decided_cells(step: int, decided: Decided) -> pl.DataFrame:
    """Return the cells of what one operation, by its place, decided."""
    return _of_step(step, decided.cells())


def refused_cells(
    step: int, cells: Sequence[Cell], rows: pl.DataFrame, why: Violation
) -> pl.DataFrame:
    """Return the cells that rows (id, identifier, level) cannot have."""
    shown = pl.DataFrame(
        [refused_shown(cell, why) for cell in cells],
        schema={name: kind for name, kind in SHOWN.items() if name in _ENTRY},
        orient="row",
    )
    of_model = pl.col("level").is_in(MODEL_LEVELS)
    named = rows.select(
        pl.col("id").alias("entity"),
        pl.when(of_model).then(MODEL).otherwise(PRODUCT).cast(pl.Int8).alias("kind"),
        "identifier",
        "level",
    )
    return _of_step(step, named.join(shown, how="cross", maintain_order="left_right"))


def join(frames: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Return frames of cells one below the other."""
    return pl.concat([pl.DataFrame(schema=COLUMNS), *frames])


def file_name(what: str, chunk: int, piece: int) -> str:
    """Return what a piece of a chunk is kept under; names sort as the cells do."""
    return f"{what}-{chunk:06}-{piece}.parquet"


def keep(folder: Path, name: str, cells: pl.DataFrame) -> Path:
    """Keep cells in a file, whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = folder / f"{name}.new"
    try:
        cells.write_parquet(unfinished, compression="zstd", compression_level=1)
        return unfinished.replace(folder / name)
    except BaseException:
        unfinished.unlink(missing_ok=True)  # a full disk
        raise


def of_chunk(folder: Path, chunk: int) -> pl.DataFrame:
    """Return the cells of a chunk as they were previewed."""
    return join(
        [pl.read_parquet(file) for file in sorted(folder.glob(f"{CELLS}-{chunk:06}-*.parquet"))]
    )


def files(folder: Path, what: str = CELLS) -> list[Path]:
    """Return the files of a preview, in order."""
    return sorted(folder.glob(f"{what}-*.parquet"))


_ENTRY: Final = frozenset(SHOWN) - {"entity", "kind", "identifier", "level"}


def _of_step(step: int, cells: pl.DataFrame) -> pl.DataFrame:
    number = pl.lit(step + 1, dtype=pl.Int16).alias("step")
    return cells.with_columns(number).select(list(COLUMNS))
