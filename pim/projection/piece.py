"""One segment, opened: its columns, and what products inherit from their owners in it.

A segment stands by itself: owners of its products are in it as well. Series are views of mapped
files: they cost address space, not memory, until something is computed from them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from functools import cached_property, reduce
from operator import or_
from typing import Any, Final

import polars as pl
import pyarrow as pa

from pim.domain.structure import Structure
from pim.domain.values import Cell
from pim.errors import NotFound
from pim.projection import columns, lowered
from pim.projection.columns import SYSTEM, Column
from pim.projection.segments import mapped

Predicate = Callable[[pl.DataFrame], pl.Series]

ROW: Final = pl.UInt32()

#: Columns of a product that are a column of its parent.
ABOVE: Final[Mapping[str, str]] = {
    "family_variant": "family_variant",
    "parent": "id",
    "parent_code": "identifier",
    "root": "root",
    "root_code": "root_code",
    "colourway": "id",
}

#: Products that are looked up one by one; of more, whole columns are taken.
FEW: Final = 1000


class Side:
    """The stored rows of one kind, products or models: a table for each column."""

    def __init__(self, tables: Mapping[str, pa.Table]) -> None:
        self._tables = tables
        self._views: dict[str, pl.Series] = {}
        self.height: int = tables["id"].num_rows
        self.names = frozenset(tables)

    def stored(self, name: str, dtype: pl.DataType) -> pl.Series:
        """Return a column of every row, null where the segment lacks it."""
        if name in self._tables:
            column = self._view(name)
            if column.dtype == dtype:  # else the attribute was made anew with another type
                return column
        elif (plain := lowered.plain(name)) and plain in self._tables:
            return lowered.of(self.stored(plain, pl.String()))
        return pl.repeat(None, self.height, dtype=dtype, eager=True).alias(name)

    def _view(self, name: str) -> pl.Series:
        """Return a mapped column; it is a view, which costs only the time to make it."""
        if name not in self._views:
            self._views[name] = mapped(self._tables[name], name)
        return self._views[name]

    def picked(self, name: str, dtype: pl.DataType, rows: pl.Series | None) -> pl.Series:
        """Return a column of the chosen rows, or of all."""
        if rows is not None and not self.has(name):
            return pl.repeat(None, len(rows), dtype=dtype, eager=True).alias(name)
        return take(self.stored(name, dtype), rows)

    def has(self, name: str) -> bool:
        """Tell whether the segment holds the column."""
        return name in self.names or lowered.plain(name) in self.names


class Piece:
    """One segment with the patches that stand for some of its columns.

    `key` changes when any of these does. `memory` is for what readings work out about the piece
    and want to find again, whatever the structure.
    """

    def __init__(
        self,
        key: str,
        items: Mapping[str, pa.Table],
        owners: Mapping[str, pa.Table],
        gone: pl.Series,
    ) -> None:
        self.key = key
        self.items, self.owners = Side(items), Side(owners)
        self.gone = gone
        self.memory: dict[Any, Any] = {}
        self._worked_out: tuple[int, dict[Any, Any]] = -1, {}
        self._groups: tuple[Structure, dict[str, tuple[Column, ...]]] | None = None

    def worked_out(self, structure: Structure) -> dict[Any, Any]:
        """Return the memory for what holds as long as the structure stays as it is."""
        version, memory = self._worked_out
        if version != structure.version:
            memory = {}
            self._worked_out = structure.version, memory
        return memory

    @property
    def names(self) -> frozenset[str]:
        """Return the names of all columns."""
        return self.items.names | self.owners.names

    @cached_property
    def owner(self) -> pl.Series:
        """Return the owner's row of every product, null for simple ones."""
        return self.items.stored("owner", ROW)

    def group(self, structure: Structure, column: Column) -> tuple[Column, ...]:
        """Return the columns of the same cell if products may override it, else none.

        A cell that lives at one level only is coalesced part by part, which comes to the same.
        """
        if self._groups is None or self._groups[0] is not structure:
            self._groups = structure, _overridable(structure, self.names)
        return self._groups[1].get(column.name, ())

    def product_column(
        self, column: Column, rows: pl.Series | None, structure: Structure
    ) -> pl.Series:
        """Return a column of products, chosen ones or all: their own value, else their owner's."""
        group = self.group(structure, column)
        if rows is not None and len(rows) <= FEW and self._is_mixed(column, group):
            return self._few(column, rows, group or (column,))
        values, places = self.source(column, structure)
        at = take(places, rows) if places is not None else rows
        return take(values, at).alias(column.name)

    def source(self, column: Column, structure: Structure) -> tuple[pl.Series, pl.Series | None]:
        """Return stored values of a column, and where among them each product's is.

        Places of None say that they are the products' own, row by row.
        """
        if column.name == "level":
            levels = pl.Series("level", ["simple", "variant"])
            return levels, self.owner.is_not_null().cast(ROW)
        if column.name in ABOVE:
            name = ABOVE[column.name]
            return self.owners.stored(name, column.dtype), self.owner
        group = self.group(structure, column)
        own = self.items.stored(column.name, column.dtype)
        if _is_own(column) or not self.owners.has(column.name):
            return own, None
        above = self.owners.stored(column.name, column.dtype)
        if not self._is_mixed(column, group):
            return above, self.owner
        return pl.concat([own, above], rechunk=True), self._places(group or (column,))

    def model_column(self, column: Column, rows: pl.Series | None) -> pl.Series:
        """Return a column of models, with what they inherit."""
        if column.name == "colourway":
            below = self.owners.picked("parent", SYSTEM["parent"], rows).is_not_null()
            own = self.owners.picked("id", column.dtype, rows)
            return own.set(~below, None).alias(column.name)
        return self.owners.picked(column.name, column.dtype, rows)

    def test_cell(
        self, cell: Sequence[Column], structure: Structure, holds: Predicate
    ) -> pl.Series:
        """Return for every product whether a predicate holds of its value of one cell.

        The predicate sees the columns `cell` as products own them and as owners have them, once
        per stored row, which is much less than once per product.
        """
        group = self.group(structure, cell[0])
        names = [column.name for column in cell]
        above: pl.Series | None = None
        if any(self.owners.has(name) for name in names):
            frame = pl.DataFrame([self.owners.stored(c.name, c.dtype) for c in cell])
            empty = holds(pl.DataFrame(schema={c.name: c.dtype for c in cell}).clear(1))[0]
            above = holds(frame).gather(self.owner).fill_null(empty)
        if above is None:
            return holds(pl.DataFrame([self.items.stored(c.name, c.dtype) for c in cell]))
        if not any(self.items.has(part.name) for part in group or cell):
            return above
        own = pl.DataFrame([self.items.stored(c.name, c.dtype) for c in cell])
        return holds(own).zip_with(self._held(group or cell), above)

    def test_column(self, column: Column, structure: Structure, holds: Predicate) -> pl.Series:
        """Return for every product whether a predicate holds of its value of one column.

        The predicate sees each stored value once, those of owners too.
        """
        values, places = self.source(column, structure)
        found = holds(values.alias(column.name).to_frame())
        if places is None:
            return found
        empty = holds(pl.DataFrame(schema={column.name: column.dtype}).clear(1))[0]
        return found.gather(places).fill_null(empty)

    def any_contains(self, cells: Sequence[Column], text: str) -> pl.Series:
        """Return for every product whether one of these texts contains another.

        `text` is in lower case. All cells are asked at once, of products and of owners: this is
        for cells that live at one level only, so that none hides another.
        """
        own = _any_contains(self.items, cells, text)
        return own | _any_contains(self.owners, cells, text).gather(self.owner).fill_null(False)

    def _is_mixed(self, column: Column, group: Sequence[Column]) -> bool:
        """Tell whether some products hold the cell themselves and others inherit it."""
        if column.name in ABOVE or _is_own(column) or not self.owners.has(column.name):
            return False
        return any(self.items.has(part.name) for part in (column, *group))

    def _few(self, column: Column, rows: pl.Series, group: Sequence[Column]) -> pl.Series:
        """Return a mixed column of a few products without looking at all the others."""
        above = self.owners.picked(column.name, column.dtype, take(self.owner, rows))
        own = self.items.picked(column.name, column.dtype, rows)
        return own.zip_with(self._held(group, rows), above).alias(column.name)

    def _held(self, group: Sequence[Column], rows: pl.Series | None = None) -> pl.Series:
        """Return for products whether they hold any part of a cell themselves."""
        held = [
            self.items.picked(part.name, part.dtype, rows).is_not_null()
            for part in group
            if self.items.has(part.name)
        ]
        return reduce(or_, held)

    def _places(self, group: Sequence[Column]) -> pl.Series:
        """Return where every product has a cell: its own row, or behind these its owner's.

        One gather from products and owners together is far cheaper than choosing between two.
        """
        height = self.items.height
        frame = pl.DataFrame({"held": self._held(group), "owner": self.owner})
        own = pl.int_range(0, height, dtype=ROW)
        chosen = pl.when("held").then(own).otherwise(pl.col("owner") + height)
        return frame.select(chosen).to_series()


def _is_own(column: Column) -> bool:
    """Tell whether a column is never inherited."""
    return column.name in SYSTEM or lowered.plain(column.name) in SYSTEM


def _any_contains(side: Side, cells: Sequence[Column], text: str) -> pl.Series:
    found = [
        side.stored(lowered.name(cell.name), pl.String()) for cell in cells if side.has(cell.name)
    ]
    if not found:
        return pl.repeat(False, side.height, eager=True)
    holds = pl.any_horizontal(
        pl.col(each.name).str.contains(text, literal=True).fill_null(False) for each in found
    )
    return pl.DataFrame(found).select(holds).to_series()


def _overridable(structure: Structure, names: Collection[str]) -> dict[str, tuple[Column, ...]]:
    """Map the columns of overridable cells of several parts to all parts that products hold."""
    codes = {code.casefold() for v in structure.family_variants for code in v.overridable}
    cells: dict[Cell, list[Column]] = {}
    for name in sorted(names):
        with suppress(NotFound):
            column = columns.find(structure, name)
            if column.cell and column.cell.attribute.casefold() in codes:
                cells.setdefault(column.cell, []).append(column)
    return {part.name: tuple(parts) for parts in cells.values() for part in parts}


def take(series: pl.Series, rows: pl.Series | None) -> pl.Series:
    """Return the chosen rows, or all; a row of null is a value of null."""
    return series if rows is None else series[rows]
