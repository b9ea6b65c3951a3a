"""Write numbers the way a destination reads them."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from channels.steps.contract import NUMBERS, Cell, Context, Step, step
from channels.steps.decimals import Direction, canonical, fixed
from channels.steps.parameters import param


@step("number_format")
@dataclass(frozen=True, kw_only=True)
class NumberFormat(Step):
    """Write a number with a fixed number of decimals, a decimal sign and grouping."""

    accepts = NUMBERS

    decimals: int | None = param(
        "Exactly so many; as many as the number has by default", None, at_least=0, at_most=10
    )
    sign: str = param("The decimal sign", ".")
    grouping: str = param("What stands between thousands; nothing by default", "")
    direction: Direction = param(
        "nearest (halves away from zero), nearest_even, up or down", "nearest"
    )

    def compile(self, cell: Cell, context: Context) -> Cell:
        """Return the number as text."""
        return cell.text(
            written(cell.expr, self.decimals, self.sign, self.grouping, self.direction)
        )


def written(
    amount: pl.Expr, decimals: int | None, sign: str, grouping: str, direction: Direction
) -> pl.Expr:
    """Return amounts as text with a decimal sign and grouped thousands."""
    text = canonical(amount) if decimals is None else fixed(amount, decimals, direction)
    if grouping:
        whole = text.str.extract(r"^(-?[0-9]+)")
        grouped = whole.str.reverse().str.replace_all(r"([0-9]{3})", "${1},")
        grouped = grouped.str.replace(r",(-?)$", "${1}").str.reverse()
        rest = text.str.slice(whole.str.len_chars()).str.replace(".", sign, literal=True)
        return grouped.str.replace_all(",", grouping, literal=True) + rest
    return text if sign == "." else text.str.replace(".", sign, literal=True)
