"""Calculate with numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import Literal

import polars as pl

from channels.steps.contract import DECIMAL, NUMBERS, Cell, Context, Step, step
from channels.steps.decimals import divided, multiplied, scaled
from channels.steps.parameters import param
from channels.steps.render import fitted
from channels.steps.sources import Source
from pim.domain.violations import Violation

Do = Literal["add", "subtract", "multiply", "divide"]


@step("arithmetic")
@dataclass(frozen=True, kw_only=True)
class Arithmetic(Step):
    """Add, subtract, multiply or divide by a number or by another field, exactly.

    Ten decimals are kept and nothing is rounded on the way: put `round` last. An empty operand or
    a division by zero gives an empty value.
    """

    accepts = NUMBERS

    do: Do = param("add, subtract, multiply or divide")
    by: Decimal | None = param("The number", None)
    field: Source | None = param("The field that holds the number, instead of `by`", None)

    def problems(self, cell: Cell, context: Context) -> Iterator[Violation]:
        """Yield none or both operands, a division by zero, and a field without a number."""
        if (self.by is None) == (self.field is None):
            yield self._problem("by", "Give either a number or a field to calculate with")
        elif self.by == 0 and self.do == "divide":
            yield self._problem("by", "Nothing can be divided by zero")
        elif self.field and fitted(self.field.compile(context), self, context) is None:
            yield self._problem("field", "The field holds no number")

    def _problem(self, path: str, message: str) -> Violation:
        return Violation(
            code="mapping.bad_operand", path=path, message=message, mend="Correct the step"
        )

    def compile(self, cell: Cell, context: Context) -> Cell:
        """Return the result, of the cell's kind."""
        if self.by is not None:
            return replace(cell, expr=_by_number(cell.expr, self.do, Fraction(self.by)))
        other = fitted(self.field.compile(context), self, context) if self.field else None
        amount = other.expr if other else pl.lit(None, dtype=DECIMAL)
        return replace(cell, expr=BY_FIELD[self.do](cell.expr, amount))


def _by_number(amount: pl.Expr, do: Do, number: Fraction) -> pl.Expr:
    if do in ("add", "subtract"):
        return scaled(amount, Fraction(1), number if do == "add" else -number)
    return scaled(amount, number if do == "multiply" else 1 / number)


BY_FIELD: Mapping[Do, Callable[[pl.Expr, pl.Expr], pl.Expr]] = {
    "add": lambda left, right: left + right,
    "subtract": lambda left, right: left - right,
    "multiply": multiplied,
    "divide": divided,
}
