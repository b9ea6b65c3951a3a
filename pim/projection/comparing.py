"""What rows are ordered by: text alphabetic, references by their labels, the rest by itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl

from pim.domain.structure import Structure
from pim.errors import Refused
from pim.projection.columns import Column


def alphabetic(text: pl.Series) -> pl.Series:
    """Return text as it is ordered: in lower case, without accents."""
    plain = pl.col("text").str.normalize("NFKD").str.replace_all(r"\p{M}", "").str.to_lowercase()
    return text.alias("text").to_frame().select(plain).to_series()


def comparable(
    structure: Structure, column: Column, values: pl.Series, locale: str | None = None
) -> pl.Series:
    """Return values as they are ordered: text alphabetic, references by label, else by code."""
    if column.dtype.is_nested():
        raise Refused(f"{column.name} holds lists, which have no order to sort by.")
    if column.dtype == pl.String:
        return alphabetic(values)
    ranks = label_ranks(structure, column, locale)
    if ranks is None:
        return values
    return values.replace_strict(*ranks, default=None, return_dtype=pl.UInt32)


def label_ranks(
    structure: Structure, column: Column, locale: str | None
) -> tuple[pl.Series, pl.Series] | None:
    """Return the ids of what a column refers to and the rank of each by its label or code."""
    things = _referred(structure, column)
    if things is None:
        return None
    schema = {"id": pl.Int64, "label": pl.String, "code": pl.String}
    rows = [(t.id, t.labels.get(locale or "", "") or t.code, t.code.lower()) for t in things]
    frame = pl.DataFrame(rows, schema=schema, orient="row")
    frame = frame.with_columns(alphabetic(frame["label"]).alias("plain")).sort("plain", "code")
    return frame["id"], pl.int_range(0, frame.height, dtype=pl.UInt32, eager=True)


def _referred(structure: Structure, column: Column) -> Sequence[Any] | None:
    """Return the things with labels that a column refers to, None if it holds plain values."""
    if column.attribute is not None and column.dtype == pl.Int64:
        return list(column.attribute.options)
    if column.name == "family":
        return list(structure.families)
    if column.name == "family_variant":
        return list(structure.family_variants)
    return None
