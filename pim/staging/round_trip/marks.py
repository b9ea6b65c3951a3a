"""The column `_version`: which entity a row was exported from, and which version of it.

A mark reads v7-1234: version 7 of the entity with the id 1234. It begins with a letter, so that no
spreadsheet takes it for a number or a date.
"""

from __future__ import annotations

from typing import Final

import polars as pl

#: The name of the column in a header.
VERSION: Final = "_version"

_MARK: Final = r"^[vV](\d{1,9})-(\d{1,18})$"


def mark(version: int, entity: int) -> str:
    """Return the mark of an exported row."""
    return f"v{version}-{entity}"


def read_marks(texts: pl.Series) -> pl.DataFrame:
    """Return `text`, `marked` (anything stands there), `seen` and `mark_id`, null for no mark."""
    stripped = texts.fill_null("").str.strip_chars()
    return pl.DataFrame(
        {
            "text": stripped,
            "marked": stripped != "",
            "seen": stripped.str.extract(_MARK, 1).cast(pl.Int64),
            "mark_id": stripped.str.extract(_MARK, 2).cast(pl.Int64),
        }
    )
