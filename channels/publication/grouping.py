"""Items that a destination wants side by side: the variants of one product, all of them."""

from __future__ import annotations

import polars as pl

from channels.feeds.definition import Definition
from channels.mapping.compiled import CompiledMapping
from channels.publication.ledger import UNCHANGED
from channels.publication.selection import GROUP_OF_LEVEL
from exporters.contract import Capabilities

_ROW, _FIRST = "\x00row", "\x00first"


def groups_at_hand(definition: Definition, compiled: CompiledMapping) -> frozenset[str]:
    """Return the groups that a delta must look at whole: of root, colourway, parent."""
    level = GROUP_OF_LEVEL[definition.level]
    style = {"root"} if definition.exporter.limits(definition.options).contiguous else set()
    return compiled.groups | style | ({level} if level else set())


def items_of_file(
    items: pl.DataFrame, status: pl.Series | None, capabilities: Capabilities
) -> pl.DataFrame:
    """Return the items that a file holds, group after group where the destination wants that.

    `status` is each item's standing in a delta, None for a whole file. Of a group in which
    something changed, the delta of such a destination holds every item.
    """
    group = capabilities.groups
    if not capabilities.contiguous or group not in items.columns:
        return items if status is None else items.filter(status != UNCHANGED)
    if status is not None:
        touched = status != UNCHANGED
        groups = items[group].filter(touched).drop_nulls().unique()
        items = items.filter(touched | items[group].is_in(groups.implode()).fill_null(False))
    row = pl.col(_ROW)
    first = pl.when(pl.col(group).is_null()).then(row).otherwise(row.min().over(group))
    placed = items.with_row_index(_ROW).with_columns(first.alias(_FIRST))
    return placed.sort(_FIRST, maintain_order=True).drop(_FIRST, _ROW)
