"""Text in lower case, kept beside identifiers and labels: what lists search most.

Putting 700,000 identifiers into lower case takes several times as long as searching in them.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

import polars as pl

from pim.domain.structure import Structure

#: Begins the name of a column that holds another one in lower case; no attribute's code does.
MARK: Final = "~"


def name(column: str) -> str:
    """Return the name of the column that holds another one in lower case."""
    return f"{MARK}{column}"


def plain(column: str) -> str | None:
    """Return the column that this one holds in lower case, None if it is one by itself."""
    return column.removeprefix(MARK) if column.startswith(MARK) else None


def of(column: pl.Series) -> pl.Series:
    """Return a column in lower case, under its own name."""
    return column.str.to_lowercase().alias(name(column.name))


def added(frame: pl.DataFrame, structure: Structure) -> pl.DataFrame:
    """Return a frame with its identifier and labels in lower case as well."""
    texts = [name for name, dtype in frame.schema.items() if dtype == pl.String]
    return frame.with_columns(of(frame[column]) for column in kept(texts, structure))


def kept(columns: Collection[str], structure: Structure) -> list[str]:
    """Return those columns that are kept in lower case: the identifier, labels, unique texts."""
    codes = {a.code for a in structure.attributes if a.unique and "text" in a.type}
    found = [c for c in columns if c == "identifier" or c.split("-")[0] in codes]
    return list(dict.fromkeys([*found, *labels(columns, structure)]))


def labels(columns: Collection[str], structure: Structure) -> list[str]:
    """Return those columns that hold the label of some family, in any locale and channel."""
    codes = {f.attribute_as_label for f in structure.families if f.attribute_as_label}
    return sorted(column for column in columns if column.split("-")[0] in codes)
