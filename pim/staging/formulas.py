"""Cells of CSV files for people that a spreadsheet would take for formulas.

Such a cell gets an apostrophe in front, which shows it as text (OWASP ASVS 1.2.10), and loses it
when the file is imported again. Plain numbers stay as they are: -5 is no formula.
"""

from __future__ import annotations

import re

import polars as pl

#: Apostrophes in front are doubled likewise, so that each cell comes back as it was.
FORMULA = r"^'*[=+\-@\t\r]"
NUMBER = r"^[+-]?[0-9]+(?:[.,][0-9]+)*$"
GUARDED = r"^'('*[=+\-@\t\r])"

_FORMULA = re.compile(FORMULA)
_NUMBER = re.compile(NUMBER)


def guarded_cell(cell: str) -> str:
    """Return a cell as it may stand in a CSV file for people."""
    return f"'{cell}" if _FORMULA.match(cell) and not _NUMBER.match(cell) else cell


def guarded(frame: pl.DataFrame) -> pl.DataFrame:
    """Return a frame of texts as it may stand in a CSV file for people."""
    strings = [name for name, kind in frame.schema.items() if kind == pl.String]
    return frame.with_columns(_guarded(pl.col(name)).alias(name) for name in strings)


def _guarded(text: pl.Expr) -> pl.Expr:
    risky = text.str.contains(FORMULA) & ~text.str.contains(NUMBER)
    return pl.when(risky).then(pl.concat_str(pl.lit("'"), text)).otherwise(text)


def unguarded(frame: pl.DataFrame) -> pl.DataFrame:
    """Return a frame of texts without the apostrophes of `guarded`."""
    strings = [name for name, kind in frame.schema.items() if kind == pl.String]
    if not strings or not frame.height:
        return frame
    begins = frame.select(pl.col(strings).str.starts_with("'").any()).row(0, named=True)
    found = [name for name in strings if begins[name]]
    return frame.with_columns(pl.col(found).str.replace(GUARDED, "$1")) if found else frame
