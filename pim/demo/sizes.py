"""Shoe sizes: continental sizes and what they are called elsewhere.

A continental size is the length of the last in Paris points of 2/3 cm. British sizes count thirds
of an inch from 25 (adults) or 12 (children); American ones lie above them; Japanese ones are the
length of the foot in centimetres, about 1.5 cm less than the last. Source: ISO/TS 19407.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal

HALF = Decimal("0.5")
INCH = Decimal("2.54")


def steps(first: str, last: str, *, halves: bool) -> Iterator[Decimal]:
    """Yield continental sizes from first to last, by halves or by whole sizes."""
    size = Decimal(first)
    while size <= Decimal(last):
        yield size
        size += HALF if halves else 1


def code(size: Decimal) -> str:
    """Return the option code of a size: "39", "39_5"."""
    return text(size).replace(".", "_")


def uk(size: Decimal, scale: str) -> str:
    """Return the British size: "5", "5.5"; children's run to 13.5 and begin again at 1."""
    thirds = _last_cm(size) / INCH * 3
    if scale != "kids":
        return text(_to_half(thirds - 25))
    return text(_children(_to_half(thirds - 12)))


def us(size: Decimal, scale: str) -> str:
    """Return the American size; children's carry C (small children) or Y (youth)."""
    thirds = _last_cm(size) / INCH * 3
    if scale != "kids":
        return text(_to_half(thirds - 25) + (2 if scale == "women" else 1))
    number = _to_half(thirds - 12) + 1
    return text(_children(number)) + ("C" if number < 14 else "Y")


def jp_cm(size: Decimal) -> str:
    """Return the Japanese size: the foot's length in centimetres, by halves."""
    return text(_to_half(_last_cm(size) - Decimal("1.5")))


def text(number: Decimal) -> str:
    """Return a number without needless zeros: "39", "39.5"."""
    return f"{number.normalize():f}"


def _last_cm(size: Decimal) -> Decimal:
    return size * 2 / 3


def _to_half(number: Decimal) -> Decimal:
    return (number * 2).to_integral_value(ROUND_HALF_UP) / 2


def _children(number: Decimal) -> Decimal:
    return number - 13 if number >= 14 else number
