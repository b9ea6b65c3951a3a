"""Write yes and no in the destination's words."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from channels.steps.contract import Cell, Context, Step, blank_to_null, step
from channels.steps.parameters import param


@step("boolean_text")
@dataclass(frozen=True, kw_only=True)
class BooleanText(Step):
    """Write yes and no in the destination's words; an empty word leaves the value out."""

    accepts = frozenset({"boolean"})

    true: str = param("The word for yes", "yes")
    false: str = param("The word for no", "no")

    def compile(self, cell: Cell, context: Context) -> Cell:
        """Return the word."""
        word = pl.when(cell.expr).then(pl.lit(self.true)).otherwise(pl.lit(self.false))
        return cell.text(blank_to_null(pl.when(cell.expr.is_not_null()).then(word)))
