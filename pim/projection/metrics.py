"""Compare amounts of a measurement family exactly, whatever their units."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import reduce
from operator import or_
from typing import Any, Final

import polars as pl

from pim.domain import measurement
from pim.domain.conditions import Leaf
from pim.domain.decimals import EXACT, FRACTION_DIGITS, INTEGER_DIGITS
from pim.domain.structure import Attribute, Structure
from pim.projection.columns import AMOUNT, UNIT

#: Comparisons by their sign, of numbers and of expressions alike.
ORDER: Final[Mapping[str, Callable[[Any, Any], Any]]] = {
    "<": operator.lt,
    "<=": operator.le,
    "=": operator.eq,
    "!=": operator.ne,
    ">=": operator.ge,
    ">": operator.gt,
}

#: Amounts are counted in smallest steps: so many fit in a column either way.
MOST: Final = 10 ** (INTEGER_DIGITS + FRACTION_DIGITS) - 1


def compared(amount: pl.Expr, leaf: Leaf, attribute: Attribute, structure: Structure) -> pl.Expr:
    """Return whether an amount compares as the leaf says, both in the standard unit.

    A conversion keeps the order of amounts (or turns it round). So for each unit that occurs it is
    searched, by the same code as converts a single amount, from which amount on the answer
    changes; then amounts are compared as they are stored.
    """
    bound = measurement.standard_amount(leaf.value, attribute, structure)
    if bound is None:
        return pl.lit(False)

    def test(given: Sequence[pl.Series]) -> pl.Series:
        frame = pl.DataFrame([given[0].alias("amount"), given[1].alias("unit")])
        tests = [
            (pl.col("unit") == unit) & _holds(leaf.operator, bound, unit, attribute, structure)
            for unit in frame["unit"].unique().drop_nulls()
        ]
        holds = reduce(or_, tests, pl.repeat(False, pl.len()))
        return frame.select(holds.alias("holds")).to_series()

    unit = pl.col(f"{amount.meta.output_name()}-{UNIT}")
    return pl.map_batches([amount, unit], test, return_dtype=pl.Boolean())


def _holds(
    sign: str, bound: Decimal, unit: str, attribute: Attribute, structure: Structure
) -> pl.Expr:
    """Return the comparison of amounts in one unit with a bound in the standard unit."""

    def standard(steps: int) -> Decimal | None:
        data = {"amount": _amount(steps), "unit": unit}
        return measurement.standard_amount(data, attribute, structure)

    least, most = standard(-MOST), standard(MOST)
    if least is None or most is None:
        return pl.lit(False)  # a unit that the family no longer has
    turn = -1 if least > most else 1

    def first(is_past: Callable[[Decimal, Decimal], bool]) -> pl.Expr:
        """Return which amounts, from one on, are past the bound."""
        low, high = -MOST, MOST + 1
        while low < high:
            middle = (low + high) // 2
            found = standard(turn * middle)
            assert found is not None
            low, high = (low, middle) if is_past(found, bound) else (middle + 1, high)
        if low > MOST:
            return pl.lit(False)
        limit = pl.lit(_amount(turn * low), dtype=AMOUNT)
        column = pl.col("amount")
        return column >= limit if turn > 0 else column <= limit

    match sign:
        case ">=":
            return first(operator.ge)
        case "<":
            return ~first(operator.ge)
        case ">":
            return first(operator.gt)
        case "<=":
            return ~first(operator.gt)
    same = first(operator.ge) & ~first(operator.gt)
    return same if sign == "=" else ~same


def _amount(steps: int) -> Decimal:
    return Decimal(steps).scaleb(-FRACTION_DIGITS, context=EXACT)
