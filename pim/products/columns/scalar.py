"""Cells that the quick way left: each distinct one goes through the attribute type's own check."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import orjson
import polars as pl

from pim.domain.attribute_types import CellFormat, relocate, type_of
from pim.domain.structure import Attribute, Structure
from pim.domain.violations import Violation
from pim.products.columns.result import VIOLATIONS, ColumnResult, as_rows

#: Frames name their columns so, because a suffix may be empty.
CELL: Final = "cell "


def check_distinct(
    index: pl.Series,
    columns: Mapping[str, pl.Series],
    attribute: Attribute,
    structure: Structure,
    fmt: CellFormat,
    path: str,
) -> ColumnResult:
    """Return the result of some rows; `index` holds their numbers, `columns` their cells by suffix.

    Catalogues repeat themselves: a column of 700,000 rows rarely has more than some thousand
    distinct cells of a select, a date or a broken number.
    """
    cells = pl.DataFrame([series.alias(CELL + suffix) for suffix, series in columns.items()])
    distinct = cells.unique(maintain_order=True)
    texts: list[str | None] = []
    found: list[tuple[int, Violation]] = []
    for key, parts in enumerate(distinct.iter_rows()):
        given = dict(zip(columns, parts, strict=True))
        data, violations = type_of(attribute).from_cells(given, attribute, structure, fmt)
        valid = data is not None and not violations
        texts.append(orjson.dumps(data).decode() if valid else None)
        found += ((key, v) for v in relocate(violations, attribute.code, path))
    keyed = distinct.with_columns(
        pl.Series("json", texts, dtype=pl.String),
        pl.int_range(pl.len(), dtype=pl.UInt32).alias("key"),
    )
    joined = cells.join(
        keyed, on=cells.columns, how="left", nulls_equal=True, maintain_order="left"
    ).select(index.cast(pl.UInt32).alias("index"), "json", "key")
    return ColumnResult(json=joined["json"], violations=_spread(found, joined))


def _spread(found: list[tuple[int, Violation]], joined: pl.DataFrame) -> pl.DataFrame:
    """Return each distinct cell's violations once for every row that holds it."""
    if not found:
        return VIOLATIONS.to_frame()
    broken = as_rows(found).rename({"index": "key"})
    rows = joined.select("index", "key").join(broken, on="key", maintain_order="left_right")
    return rows.select(VIOLATIONS.names())
