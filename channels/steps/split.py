"""Cut text into a list."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from channels.steps.contract import Cell, Context, Step, step
from channels.steps.parameters import param


@step("split")
@dataclass(frozen=True, kw_only=True)
class Split(Step):
    """Cut text at a separator into a list; blanks around the pieces and empty pieces go."""

    accepts = frozenset({"text"})

    separator: str = param("Where to cut", ",")

    def compile(self, cell: Cell, context: Context) -> Cell:
        """Return the list of pieces."""
        piece = pl.element().str.strip_chars()
        cut = cell.expr.str.split(self.separator)
        return cell.list(cut.list.eval(piece.filter(piece != "")))
