"""Exact numbers: canonical text, the one rounding, prices with a fixed ending.

Numbers hold up to 28 digits before and 10 after the decimal point, the range that the database and
the columnar engine share. Everything here is exact until the one named rounding at the end.
"""

from __future__ import annotations

import re
from decimal import Context, Decimal
from fractions import Fraction
from typing import Final, Literal

INTEGER_DIGITS: Final = 28
FRACTION_DIGITS: Final = 10
SMALLEST_STEP: Final = Decimal(1).scaleb(-FRACTION_DIGITS)

Direction = Literal["nearest", "up", "down"]

#: Wide enough that sums and products of two numbers in range are exact.
EXACT: Final = Context(prec=120)

_PLAIN = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)")


def parse(text: str) -> Decimal | None:
    """Return the number that plain text spells ("12", "-0.50", ".5"), or None.

    Exponents, grouping and digits of other scripts are refused: "4.01E+12" is what a spreadsheet
    leaves of a barcode, not a number somebody typed.
    """
    return Decimal(text) if len(text) <= 200 and _PLAIN.fullmatch(text) else None


def fits(value: Decimal) -> bool:
    """Tell whether a number is finite and within the digits that are kept exactly."""
    if not value.is_finite():
        return False
    return value.is_zero() or (
        value.adjusted() < INTEGER_DIGITS and decimals_of(value) <= FRACTION_DIGITS
    )


def decimals_of(value: Decimal) -> int:
    """Return the decimals that matter: 1 for 12.50, none for 1200."""
    digits = value.as_tuple()
    exponent = digits.exponent
    if not isinstance(exponent, int) or exponent >= 0 or value.is_zero():
        return 0
    trailing = len(digits.digits) - len("".join(map(str, digits.digits)).rstrip("0"))
    return max(0, -exponent - trailing)


def canonical(value: str | int | Decimal) -> str:
    """Return the one spelling of a number: "12.5", never "12.50", "1E+1" or "-0".

    Raises decimal.InvalidOperation for text that is not a number, ValueError for one that does not
    fit (see `fits`).
    """
    number = Decimal(value)
    if not fits(number):
        raise ValueError(f"{value} has more digits than are kept exactly")
    plain = format(number, "f")
    if "." in plain:
        plain = plain.rstrip("0").rstrip(".")
    return "0" if number.is_zero() else plain.removeprefix("+")


def round_half_away(value: Decimal | Fraction, step: Decimal = SMALLEST_STEP) -> Decimal:
    """Return the multiple of step nearest to value; halves go away from zero."""
    return _times(_whole(Fraction(value) / Fraction(step), "nearest"), step)


def round_to(value: Decimal | Fraction, step: Decimal, direction: Direction) -> Decimal:
    """Return the multiple of step that is nearest, not below (up) or not above (down)."""
    return _times(_whole(Fraction(value) / Fraction(step), direction), step)


def to_ending(value: Decimal | Fraction, ending: Decimal, direction: Direction) -> Decimal:
    """Return the price with a given ending: 0.99 gives 12.99, 9.95 gives 49.95, 99 gives 199.

    The ending repeats every power of ten above it, every whole unit at the least. Never below the
    ending itself; negative amounts mirror the positive ones.
    """
    if value < 0:
        mirrored: dict[Direction, Direction] = {"nearest": "nearest", "up": "down", "down": "up"}
        return -to_ending(-value, ending, mirrored[direction])
    period = Decimal(1)
    while period <= ending:
        period *= 10
    count = _whole((Fraction(value) - Fraction(ending)) / Fraction(period), direction)
    return EXACT.add(_times(max(count, 0), period), ending)


def to_currency(value: Decimal | Fraction, decimals: int) -> Decimal:
    """Return an amount at a currency's own number of decimals, halves away from zero."""
    return round_half_away(value, Decimal(1).scaleb(-decimals))


def _whole(value: Fraction, direction: Direction) -> int:
    if direction == "down":
        return value.__floor__()
    if direction == "up":
        return value.__ceil__()
    half = Fraction(1, 2)
    return (value + half).__floor__() if value >= 0 else (value - half).__ceil__()


def _times(count: int, step: Decimal) -> Decimal:
    return EXACT.multiply(Decimal(count), step)
