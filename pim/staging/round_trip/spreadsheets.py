"""What spreadsheets do to cells that nobody has touched, and how to see through it.

They take barcodes for numbers (leading zeros go, twelve digits become 4.00638E+12), write decimals
with the sign of the country and days in its order, and end lines in their own way.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Final

import polars as pl

#: Digits that spreadsheets keep of a number.
KEPT_DIGITS: Final = 15

_PLAIN = re.compile(r"[+-]?[0-9]{1,40}(?:[.,][0-9]{1,40})?")
_SHORTENED = re.compile(r"([+-]?[0-9](?:[.,][0-9]{1,14})?)[eE]\+?(-?[0-9]{1,3})")
_DAY = re.compile(r"([0-9]{1,4})[./-]([0-9]{1,2})[./-]([0-9]{1,4})(?:[T ]00:00(?::00)?)?")

#: A comma or a point before exactly three digits may stand between thousands: nobody can tell.
_COMMA: Final = r"^\s*[+-]?[0-9]+,(?:[0-9]{1,2}|[0-9]{4,})\s*$"
_POINT: Final = r"^\s*[+-]?[0-9]+\.(?:[0-9]{1,2}|[0-9]{4,})\s*$"


def reformatted(was: str, text: str) -> bool:
    """Tell whether a spreadsheet may have made `text` of `was` by itself.

    >>> reformatted("0012", "12"), reformatted("4006381333931", "4.00638E+12")
    (True, True)
    """
    if was == text or _lines(was) == _lines(text):
        return True
    before, after = was.strip(), text.strip()
    return _same_number(before, after) or _same_day(before, after)


def either_sign(cells: pl.Series, sign: str) -> pl.Series:
    """Return numbers with the expected decimal sign where they have the other, without doubt."""
    pattern, found = (_COMMA, ",") if sign == "." else (_POINT, ".")
    other = cells.str.contains(pattern).fill_null(value=False)
    if not other.any():
        return cells
    return cells.str.replace(found, sign, literal=True).zip_with(other, cells)


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _same_number(was: str, text: str) -> bool:
    if not _PLAIN.fullmatch(was):
        return False
    number = Decimal(was.replace(",", "."))
    if _PLAIN.fullmatch(text):
        after = Decimal(text.replace(",", "."))
        return after == number or after == _shortened(number, KEPT_DIGITS)
    found = _SHORTENED.fullmatch(text)
    if not found:
        return False
    mantissa = found[1].replace(",", ".")
    after = Decimal(mantissa).scaleb(int(found[2]))
    return after == _shortened(number, len(re.sub(r"\D", "", mantissa)))


def _shortened(number: Decimal, digits: int) -> Decimal:
    """Return a number rounded to some digits that count."""
    if number.is_zero():
        return number
    step = Decimal(1).scaleb(number.adjusted() - digits + 1)
    return (number / step).to_integral_value(rounding="ROUND_HALF_UP") * step


def _same_day(was: str, text: str) -> bool:
    mine = _DAY.fullmatch(was)
    theirs = _DAY.fullmatch(text)
    if not mine or not theirs:
        return False
    return bool(set(_days(mine)) & set(_days(theirs)))


def _days(found: re.Match[str]) -> Iterator[date]:
    """Yield the days that three numbers may mean, in any country's order."""
    first, second, third = (int(part) for part in found.groups())
    if len(found[1]) == 4:
        orders = [(first, second, third)]
    else:
        year = third if len(found[3]) == 4 else 2000 + third
        orders = [(year, second, first), (year, first, second)]
    for year, month, day in orders:
        try:
            yield date(year, month, day)
        except ValueError:
            continue
