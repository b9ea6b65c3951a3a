"""Exact decimal arithmetic over columns of Decimal(38, 10).

Polars rounds half to even and at the scale of its operands, so nothing here trusts it: amounts
are taken as whole numbers of 10**-10 ("grains", Int128) and computed with integers.
A result that is not exact at ten decimals is kept by the rule of Python's ROUND_05UP: a rounding
to fewer decimals later then gives what rounding the exact result would have given.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Literal

import polars as pl

from channels.steps.contract import DECIMAL

Direction = Literal["nearest", "nearest_even", "up", "down"]

MIRRORED: dict[Direction, Direction] = {
    "nearest": "nearest",
    "nearest_even": "nearest_even",
    "up": "down",
    "down": "up",
}

SCALE = 10
ONE = 10**SCALE
#: Beyond this a product of whole numbers may leave Int128 (1.7e38); such results become null.
LARGEST = 1.6e38


def grains(amount: pl.Expr) -> pl.Expr:
    """Return amounts as whole numbers of 10**-10."""
    return amount.cast(DECIMAL).to_physical()


def amounts(grain: pl.Expr) -> pl.Expr:
    """Return whole numbers of 10**-10 as Decimal(38, 10)."""
    return grain.reinterpret(dtype=DECIMAL)


def whole(number: int) -> pl.Expr:
    """Return a constant as Int128."""
    return pl.lit(number, dtype=pl.Int128)


def rounded(amount: pl.Expr, to: Decimal, direction: Direction = "nearest") -> pl.Expr:
    """Return amounts rounded once to multiples of `to` (0.01, 0.05, 1, 100).

    `nearest` takes halves away from zero, `nearest_even` to the even multiple (of bankers),
    `up` is never below the amount, `down` never above: as `pim.domain.decimals.round_to`.
    """
    return amounts(_multiples(grains(amount), int(to.scaleb(SCALE)), direction))


def to_ending(amount: pl.Expr, ending: Decimal, direction: Direction = "nearest") -> pl.Expr:
    """Return prices with an ending, as `pim.domain.decimals.to_ending`: 0.99 gives 12.99.

    The ending repeats every power of ten above it; negative amounts mirror positive ones.
    """
    period = Decimal(1)
    while period <= ending:
        period *= 10
    grain, last, step = grains(amount), int(ending.scaleb(SCALE)), int(period.scaleb(SCALE))
    above = _multiples(grain.abs() - whole(last), step, direction)
    below = _multiples(grain.abs() - whole(last), step, MIRRORED[direction])
    size = pl.when(grain < 0).then(below).otherwise(above)
    least = pl.when(size < 0).then(whole(0)).otherwise(size)
    return amounts(_signed(grain, least + whole(last)))


def _multiples(grain: pl.Expr, step: int, direction: Direction) -> pl.Expr:
    quotient, rest = grain // whole(step), grain % whole(step)
    more = _goes_up(grain, quotient, rest * whole(2), step, direction)
    return (quotient + more.cast(pl.Int128)) * whole(step)


def _goes_up(
    grain: pl.Expr, quotient: pl.Expr, twice: pl.Expr, step: int, direction: Direction
) -> pl.Expr:
    """Tell whether to go to the multiple above; `//` went to the one below (floor)."""
    if direction == "nearest":
        return (twice > step) | ((twice == step) & (grain >= 0))
    if direction == "nearest_even":
        return (twice > step) | ((twice == step) & (quotient % whole(2) != 0))
    return twice > 0 if direction == "up" else twice < 0


def scaled(amount: pl.Expr, factor: Fraction, offset: Fraction = Fraction(0)) -> pl.Expr:
    """Return amount * factor + offset, exact to ten decimals."""
    return affine(
        amount,
        whole(factor.numerator * offset.denominator),
        whole(offset.numerator * ONE * factor.denominator),
        whole(factor.denominator * offset.denominator),
    )


def affine(amount: pl.Expr, times: pl.Expr, plus: pl.Expr, over: pl.Expr) -> pl.Expr:
    """Return (amount * times + plus) / over, where the three are Int128 (plus in grains)."""
    grain = grains(amount)
    fits = _fits(grain, times)
    return pl.when(fits).then(_divided(grain * times + plus, over))


def multiplied(amount: pl.Expr, other: pl.Expr) -> pl.Expr:
    """Return the product of two columns; null where it leaves Decimal(38, 10)."""
    left, right = grains(amount), grains(other)
    return pl.when(_fits(left, right)).then(_divided(left * right, whole(ONE)))


def divided(amount: pl.Expr, other: pl.Expr) -> pl.Expr:
    """Return the quotient of two columns; null where the divisor is zero."""
    left, right = grains(amount), grains(other)
    return pl.when((right != 0) & _fits(left, whole(ONE))).then(_divided(left * ONE, right))


def _divided(number: pl.Expr, by: pl.Expr) -> pl.Expr:
    """Return number / by as amounts, kept at ten decimals by ROUND_05UP."""
    size, divisor = number.abs(), by.abs()
    quotient, rest = size // divisor, size % divisor
    sticky = ((rest != 0) & (quotient % whole(5) == 0)).cast(pl.Int128)
    return amounts(_signed(number * by.sign(), quotient + sticky))


def _signed(like: pl.Expr, size: pl.Expr) -> pl.Expr:
    return pl.when(like < 0).then(whole(0) - size).otherwise(size)


def _fits(left: pl.Expr, right: pl.Expr) -> pl.Expr:
    return (left.cast(pl.Float64) * right.cast(pl.Float64)).abs() < LARGEST


def fixed(amount: pl.Expr, decimals: int, direction: Direction = "nearest") -> pl.Expr:
    """Return amounts as text with exactly so many decimals."""
    exact = rounded(amount, Decimal(1).scaleb(-decimals), direction)
    return exact.cast(pl.Decimal(38, decimals)).cast(pl.String)


def canonical(amount: pl.Expr) -> pl.Expr:
    """Return amounts as plain text without trailing zeros: 12.5, 100, -0.05."""
    text = amount.cast(DECIMAL).cast(pl.String)
    return text.str.strip_chars_end("0").str.strip_chars_end(".")
