"""What stands in a cell, as text: numbers without exponents, dates in ISO 8601."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from importers.xlsx_file.markup import elements

Show = Callable[[str], str]

# Numbers of the built-in formats for dates, times and durations (ECMA-376, part 1, 18.8.30).
BUILT_IN_DATES = {*range(14, 18), 22, *range(27, 37), *range(50, 59)}
BUILT_IN_TIMES = {18, 19, 20, 21, 45, 46, 47}
NOT_A_SIGN = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?!h+\]|m+\]|s+\])[^\]]*\]', re.IGNORECASE)
PADDED = re.compile("0{2,}")
INTEGER = re.compile("-?[0-9]+")


class Style(NamedTuple):
    """How a sheet's numbers are meant: the sign of decimals, the epoch."""

    decimal: str = "."
    from_1904: bool = False


def shows(archive: zipfile.ZipFile, part: str | None, style: Style) -> list[Show]:
    """Return, for each cell format of the workbook in order, how its numbers become text."""
    number = _number_shower(style.decimal)
    if part is None:
        return [number]
    codes: dict[int, str] = {}
    formats: list[int] = []
    inside = False
    for tag, attributes in elements(archive, part):
        if tag == "numFmt":
            codes[int(attributes.get("numFmtId", -1))] = attributes.get("formatCode", "")
        elif tag in ("cellXfs", "cellStyleXfs", "cellStyles", "dxfs"):
            inside = tag == "cellXfs"
        elif tag == "xf" and inside:
            formats.append(int(attributes.get("numFmtId", 0)))
    return [_show(each, codes.get(each), number, style) for each in formats] or [number]


def _show(number: int, code: str | None, plain: Show, style: Style) -> Show:
    if code is not None:
        signs = NOT_A_SIGN.sub("", code.partition(";")[0]).lower()
        if PADDED.fullmatch(signs):
            return lambda text: _padded(plain(text), len(signs))
        if re.search("[yd]", signs) or re.fullmatch("[^hs]*m[^hs]*", signs):
            return _moment_shower(style)
        if re.search("[hs]", signs):
            return _time
        return plain
    if number in BUILT_IN_TIMES:
        return _time
    return _moment_shower(style) if number in BUILT_IN_DATES else plain


def _number_shower(decimal: str) -> Show:
    @lru_cache(maxsize=100_000)
    def show(text: str) -> str:
        """Return a number with all its digits, without an exponent and without a useless .0."""
        if INTEGER.fullmatch(text):
            return str(int(text)) if len(text) < 100 else text
        try:
            exact = format(Decimal(repr(float(text))), "f")
        except (ValueError, ArithmeticError):
            return text
        return exact.removesuffix(".0").replace(".", decimal)

    return show


def _padded(shown: str, width: int) -> str:
    """Return what a format of zeros shows: 00042 for 42 under 00000."""
    return shown.zfill(width) if shown.isdigit() else shown


def _moment_shower(style: Style) -> Show:
    epoch = datetime.fromisoformat("1904-01-01" if style.from_1904 else "1899-12-30")

    def show(text: str) -> str:
        try:
            serial = float(text)
            if not style.from_1904 and 0 <= serial < 60:
                # Excel counts a 29 February 1900 that never was; before it, days are one off.
                serial += 1
            moment = epoch + timedelta(seconds=round(serial * 86_400))
        except (ValueError, OverflowError):
            return text
        if (moment.hour, moment.minute, moment.second) != (0, 0, 0):
            return moment.isoformat()
        return moment.date().isoformat()

    return show


def _time(text: str) -> str:
    """Return a time of day or a duration as hours, minutes and seconds."""
    try:
        seconds = round(float(text) * 86_400)
    except (ValueError, OverflowError):
        return text
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
