"""Cells as text, built in columns: text, numbers that lose no digit, dates.

Text is never a formula: it is an inline string, and no cell has a formula element.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from exporters.contract.writing import is_list, present, present_list
from exporters.xlsx_sheet.options import XlsxOptions

#: Excel's limit, in units of UTF-16.
LONGEST = 32_767

#: Formats of cells by their number in `styles.xml`.
HEADER, TEXT, DATE, NUMBER = 1, 2, 3, 4
MOST_DECIMALS = 10

#: Excel computes with doubles, which keep fifteen digits whatever they are.
DIGITS = 15

_NUMBER = r"^-?(?:0|[1-9][0-9]*)(?:\.[0-9]{1,10})?$"
_DATE = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
_BEYOND = r"[\x{10000}-\x{10FFFF}]"
#: A bare carriage return would become a line feed; `_x0041_` would become the letter A.
_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"}
_HIDDEN = r"_(x[0-9A-Fa-f]{4}_)"

ROW = "\x00row"


def letters(number: int) -> str:
    """Return the name of a column: 0 is A, 25 Z, 26 AA."""
    name = ""
    number += 1
    while number:
        number, rest = divmod(number - 1, 26)
        name = chr(ord("A") + rest) + name
    return name


class Cells:
    """Render rows of one schema."""

    def __init__(self, schema: pl.Schema, options: XlsxOptions) -> None:
        self._schema = schema
        self._options = options

    def rows(self, frame: pl.DataFrame, first: int) -> pl.Series:
        """Return each row's XML; `first` is the number of the first one in its sheet."""
        numbered = frame.with_row_index(ROW, offset=first).with_columns(pl.col(ROW).cast(pl.String))
        cells = [self._cell(name, letters(at)) for at, name in enumerate(self._schema)]
        row = [pl.lit('<row r="'), pl.col(ROW), pl.lit('">'), *cells, pl.lit("</row>")]
        return numbered.select(pl.concat_str(row, ignore_nulls=True).alias("row")).to_series()

    def texts(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Return what cells show: lists joined, empty text absent."""
        return frame.select(self._text(name).alias(name) for name in self._schema)

    def shortened(self, texts: pl.DataFrame) -> int:
        """Count texts that are too long for a cell."""
        long = [pl.col(name).pipe(_too_long).sum() for name in texts.columns]
        return sum(texts.select(long).row(0)) if long else 0

    def _text(self, name: str) -> pl.Expr:
        if not is_list(self._schema, name):
            return present(name)
        return present_list(name).list.join(self._options.list_separator).replace("", None)

    def _cell(self, name: str, letter: str) -> pl.Expr:
        value = pl.col(name)
        at = pl.concat_str([pl.lit(f'<c r="{letter}'), pl.col(ROW)])
        text = _inline(at, value)
        if name in self._options.numbers:
            return pl.when(is_exact(value)).then(_number(at, value)).otherwise(text)
        if name in self._options.dates:
            return pl.coalesce(_date(at, value), text)
        return text


def header(names: Sequence[str]) -> str:
    """Return the first row."""
    shown = pl.DataFrame({"name": names, "letter": [letters(at) for at in range(len(names))]})
    at = pl.concat_str([pl.lit('<c r="'), pl.col("letter"), pl.lit("1")])
    cells = shown.select(_inline(at, pl.col("name"), style=HEADER)).to_series()
    return f'<row r="1">{"".join(cells)}</row>'


def is_exact(text: pl.Expr) -> pl.Expr:
    """Return whether a text is a number that a spreadsheet keeps digit for digit."""
    digits = text.str.replace_all(r"[-.]", "").str.strip_chars_start("0").str.len_bytes()
    return text.str.contains(_NUMBER) & (digits <= DIGITS)


def _number(at: pl.Expr, text: pl.Expr) -> pl.Expr:
    decimals = text.str.extract(r"\.([0-9]+)$").str.len_bytes().fill_null(0)
    style = (decimals + NUMBER).cast(pl.String)
    return pl.concat_str([at, pl.lit('" s="'), style, pl.lit('"><v>'), text, pl.lit("</v></c>")])


def _date(at: pl.Expr, text: pl.Expr) -> pl.Expr:
    """Return cells of dates; null where the text is none, or before spreadsheets count right."""
    day = pl.when(text.str.contains(_DATE)).then(text).str.to_date("%Y-%m-%d", strict=False)
    number = (day - pl.date(1899, 12, 30)).dt.total_days()
    counted = pl.when(day >= pl.date(1900, 3, 1)).then(number).cast(pl.String)
    return pl.concat_str([at, pl.lit(f'" s="{DATE}"><v>'), counted, pl.lit("</v></c>")])


def _inline(at: pl.Expr, text: pl.Expr, *, style: int = TEXT) -> pl.Expr:
    kept = pl.when(_too_long(text)).then(_cut(text)).otherwise(text)
    safe = kept.str.replace_all(_HIDDEN, "_x005F_$1").str.replace_many(_ESCAPES)
    before = pl.lit(f'" s="{style}" t="inlineStr"><is><t xml:space="preserve">')
    return pl.concat_str([at, before, safe, pl.lit("</t></is></c>")])


def _units(text: pl.Expr) -> pl.Expr:
    return text.str.len_chars() + text.str.count_matches(_BEYOND)


def _too_long(text: pl.Expr) -> pl.Expr:
    # In UTF-8 no text has fewer bytes than units of UTF-16, so most need no counting.
    return pl.when(text.str.len_bytes() > LONGEST).then(_units(text) > LONGEST).otherwise(False)


def _cut(text: pl.Expr) -> pl.Expr:
    return text.str.slice(0, LONGEST - text.str.count_matches(_BEYOND))
