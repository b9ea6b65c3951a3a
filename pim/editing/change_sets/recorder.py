"""Gather the cells of what is decided."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from pim.domain.values import Cell
from pim.domain.violations import Violation
from pim.editing.change_sets.cells import decided_cells, join, refused_cells
from pim.editing.decided import Decided


class Recorder:
    """Keeps every cell that it is told of, in order."""

    def __init__(self) -> None:
        self._frames: list[pl.DataFrame] = []

    def refused(self, step: int, cells: Sequence[Cell], rows: pl.DataFrame, why: Violation) -> None:
        """Take note of cells that rows cannot have."""
        self._frames.append(refused_cells(step, cells, rows, why))

    def decided(self, step: int, decided: Decided) -> Decided:
        """Take note of what was decided; all of it may be written."""
        self._frames.append(decided_cells(step, decided))
        return decided

    def cells(self) -> pl.DataFrame:
        """Return the cells."""
        return join(self._frames)
