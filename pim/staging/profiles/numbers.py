"""Numbers as people type them into price lists lose what only decorates them."""

from __future__ import annotations

import polars as pl

from pim.staging.profiles.words import lexicon

# Ordinary, no-break, narrow no-break and thin spaces and both apostrophes, between groups of three.
GROUPING = r"[ \u{a0}\u{202f}\u{2009}'\u{2019}]"
GROUPED = rf"^[+-]?\d{{1,3}}(?:{GROUPING}\d{{3}})+(?:[.,]\d*)?$"


def plain_numbers(cells: pl.Series, currency: str | None) -> pl.Series:
    """Return cells without spaces between thousands and without the sign of `currency`.

    Only the column's own currency is taken off: another one there is a mistake that must show.
    """
    text = cells.str.strip_chars()
    for sign in lexicon()["currencies"].get(currency or "", ()):
        text = text.str.strip_suffix(sign).str.strip_prefix(sign).str.strip_chars()
    grouped = text.str.contains(GROUPED).fill_null(value=False)
    return text.str.replace_all(GROUPING, "").zip_with(grouped, text)
