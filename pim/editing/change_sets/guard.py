"""Hold a run to its preview: cells that come out otherwise are counted, or refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from pim.domain.values import Cell
from pim.domain.violations import Violation
from pim.editing.change_sets import ticking
from pim.editing.change_sets.cells import (
    ADDRESS,
    COLUMNS,
    FATE,
    decided_cells,
    join,
    of_chunk,
    refused_cells,
)
from pim.editing.chunks import Unticked
from pim.editing.decided import Decided
from pim.editing.left_out import MOVED_ON
from pim.editing.result import BulkResult


@dataclass
class Guard:
    """Compares what a run decides with what was previewed, chunk by chunk.

    What differs was changed by somebody since: it is decided anew by the same code. With `strict`
    rows of which any cell differs are not written at all.
    """

    folder: Path
    unticked: Unticked
    strict: bool = False
    _expected: pl.DataFrame = field(default_factory=lambda: join([]), repr=False)
    _seen: list[pl.DataFrame] = field(default_factory=list, repr=False)
    _moved: list[pl.DataFrame] = field(default_factory=list, repr=False)

    def begin(self, chunk: int) -> None:
        """Take up the preview of a chunk."""
        self._expected = _ticked(of_chunk(self.folder, chunk), self.unticked)
        self._seen, self._moved = [], []

    def end(self, result: BulkResult) -> None:
        """Count the cells of the chunk that came out otherwise than previewed, or not at all."""
        seen = join(self._seen)
        missing = self._expected.join(seen, on=ADDRESS, how="anti")
        result.differs += _differing(seen, self._expected).height + missing.height
        if self._moved:
            rows = pl.concat(self._moved).unique("entity", maintain_order=True)
            reason = pl.lit(MOVED_ON).alias("reason")
            result.leave_out(rows.select("identifier", reason))

    def refused(self, step: int, cells: Sequence[Cell], rows: pl.DataFrame, why: Violation) -> None:
        """Take note of cells that rows cannot have."""
        self._seen.append(refused_cells(step, cells, rows, why))

    def decided(self, step: int, decided: Decided) -> Decided:
        """Take note of what was decided; with `strict` return it without what has moved on."""
        cells = decided_cells(step, decided)
        self._seen.append(cells)
        if not self.strict:
            return decided
        moved = _differing(cells, self._expected)
        if moved.is_empty():
            return decided
        self._moved.append(moved.select("entity", "identifier"))
        return decided.except_for(moved["entity"].unique())


def _differing(cells: pl.DataFrame, expected: pl.DataFrame) -> pl.DataFrame:
    same = [*ADDRESS, *FATE]
    return cells.join(expected, on=same, how="anti", nulls_equal=True)


def _ticked(cells: pl.DataFrame, unticked: Unticked) -> pl.DataFrame:
    """Return the cells that nobody took out."""
    if not unticked:
        return cells
    marked = ticking.ticked(cells.lazy(), ticking.frame(unticked))
    return marked.filter("ticked").select(list(COLUMNS)).collect()
