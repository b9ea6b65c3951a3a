"""Who has no picture: the owners of an attribute, with what stands below them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from pim.domain.conditions import Condition, Leaf
from pim.domain.operations import AttachMedia
from pim.domain.structure import ALL
from pim.domain.values import Cell
from pim.editing.selections.names import EVERY_LEVEL
from pim.editing.selections.resolve import COLUMNS
from pim.editing.targets import owners
from pim.projection import Reading

SHOWN: Final = 1000
_LEVELS: Final = {"model": "style", "sub_model": "colourway"}


@dataclass(frozen=True, kw_only=True)
class Lacking:
    """Owners without a value in an attribute: how many, and the first of them.

    An entry has identifier, level (product, colourway or style) and how many of the products
    asked about show the lack.
    """

    count: int
    shown: Sequence[Mapping[str, Any]] = ()


def lacking(
    reading: Reading, field: str, cells: list[Cell], ids: pl.Series, *, except_for: pl.Series
) -> Lacking:
    """Return who among these rows has nothing in some of the cells; `except_for` are owners."""
    empty = [reading.matching(_empty(cell), levels=EVERY_LEVEL, ids=ids) for cell in cells]
    without = pl.concat(empty).unique().sort()
    rows = reading.frame(COLUMNS, ids=without, levels=EVERY_LEVEL)
    owned = owners(field, rows, reading.structure).drop_nulls("owner")
    left = owned.filter(~pl.col("owner").is_in(except_for.implode()))
    counted = left.group_by("owner").agg(pl.len().cast(pl.Int64).alias("products")).sort("owner")
    named = reading.frame(["id", "identifier", "level"], ids=counted["owner"].head(SHOWN),
                          levels=EVERY_LEVEL)  # fmt: skip
    shown = named.join(counted, left_on="id", right_on="owner", maintain_order="left")
    level = pl.col("level").replace(_LEVELS)
    plain = pl.when(level.is_in(list(_LEVELS.values()))).then(level).otherwise(pl.lit("product"))
    return Lacking(
        count=counted.height,
        shown=shown.select("identifier", plain.alias("level"), "products").to_dicts(),
    )


def of_operation(reading: Reading, step: AttachMedia, ids: pl.Series, owned: pl.Series) -> Lacking:
    """Return who will have no picture after an operation."""
    return lacking(reading, step.field, step.cells(reading.structure), ids, except_for=owned)


def _empty(cell: Cell) -> Condition:
    scope, locale = (None if code == ALL else code for code in (cell.channel, cell.locale))
    leaf = Leaf(field=cell.attribute, operator="EMPTY", scope=scope, locale=locale)
    return Condition(root=leaf)
