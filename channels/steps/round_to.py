"""Round numbers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

import polars as pl

from channels.steps.contract import DECIMAL, NUMBERS, Cell, Context, Step, step
from channels.steps.decimals import Direction, rounded, to_ending
from channels.steps.parameters import param
from pim.domain.violations import Violation

SMALLEST = Decimal("0.0000000001")


@step("round")
@dataclass(frozen=True, kw_only=True)
class Round(Step):
    """Round a number once: to a multiple (0.01, 0.05, 1, 100), or to a price ending (0.99)."""

    accepts = NUMBERS

    to: Decimal | None = param("The result is a multiple of this", None)
    ending: Decimal | None = param("The result ends so: 0.99 gives 12.99, 9.95 gives 49.95", None)
    direction: Direction = param(
        "nearest (halves away from zero), nearest_even, up or down", "nearest"
    )
    minimum: Decimal | None = param("Numbers below this are left as they are", None)

    def problems(self, cell: Cell, context: Context) -> Iterator[Violation]:
        """Yield none or both of `to` and `ending`, and numbers that are not positive."""
        chosen = self.to if self.ending is None else self.ending
        if chosen is None or (self.to is not None and self.ending is not None):
            yield self._problem("Rounding needs either a multiple or an ending", "Give one of both")
        elif chosen <= 0 or chosen % SMALLEST:
            yield self._problem(
                "Rounding goes to a positive number of at most ten decimals",
                "Use 0.01 for cents, 1 for whole numbers",
            )

    def _problem(self, message: str, mend: str) -> Violation:
        return Violation(code="mapping.out_of_range", path="to", message=message, mend=mend)

    def compile(self, cell: Cell, context: Context) -> Cell:
        """Return the number, of the same kind."""
        if self.ending is not None:
            changed = to_ending(cell.expr, self.ending, self.direction)
        else:
            changed = rounded(cell.expr, self.to or SMALLEST, self.direction)
        if self.minimum is not None:
            small = cell.expr < pl.lit(self.minimum, dtype=DECIMAL)
            changed = pl.when(small).then(cell.expr).otherwise(changed)
        return replace(cell, expr=changed)
