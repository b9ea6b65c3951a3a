"""Numbers that carry a check digit."""

from __future__ import annotations

#: GS1 leaves numbers that begin with 2 to each company for its own use, so ours are nobody's.
PREFIX = "27"


def check_digit(digits: str) -> str:
    """Return the check digit of the first twelve digits of an EAN.

    Source: GS1 General Specifications, section 7.9.
    """
    total = sum(int(digit) * (3 if at % 2 else 1) for at, digit in enumerate(digits))
    return str(-total % 10)


def ean(number: int) -> str:
    """Return a valid EAN-13 of our own range for a running number."""
    digits = f"{PREFIX}{number:010d}"
    return digits + check_digit(digits)
