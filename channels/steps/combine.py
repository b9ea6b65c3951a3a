"""Put several values into one text."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from channels.steps.contract import EVERY_KIND, Cell, Context, Step, blank_to_null, step
from channels.steps.parameters import param
from channels.steps.render import as_text_cell
from channels.steps.sources import Source


@step("combine")
@dataclass(frozen=True, kw_only=True)
class Combine(Step):
    """Put the value and others into one text, with a separator; empty ones leave no trace.

    Behind `"from": [FIELDS]` it joins these. The result is empty only if every value is.
    """

    accepts = EVERY_KIND

    parts: tuple[Source, ...] = param("Fields, constants or sources to put behind the value", ())
    separator: str = param("What stands between two values", " ")

    def compile(self, cell: Cell, context: Context) -> Cell:
        """Return the joined text."""
        cells = (cell, *(part.compile(context) for part in self.parts))
        texts = [self._text(each, context) for each in cells]
        joined = pl.concat_str(texts, separator=self.separator, ignore_nulls=True)
        return Cell(expr=blank_to_null(joined), kind="text", attribute=cell.attribute)

    def _text(self, cell: Cell, context: Context) -> pl.Expr:
        text = as_text_cell(cell, context)
        if text.kind == "list":
            return blank_to_null(text.expr.list.join(self.separator, ignore_nulls=True))
        return blank_to_null(text.expr)
