"""The segments of one manifest, opened: columns over all of them, and which rows are alive.

A stored row has a number that counts through all segments. Series are views of mapped files: they
cost address space, not memory, until something is computed from them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from functools import cached_property, reduce
from operator import or_
from pathlib import Path
from typing import Any, Final

import polars as pl
import pyarrow as pa

from pim.domain.structure import Structure
from pim.domain.values import Cell
from pim.errors import NotFound
from pim.projection import columns, segments
from pim.projection.columns import SYSTEM, Column
from pim.projection.manifest import SEGMENTS, Lease
from pim.projection.segments import GONE, ITEMS, OWNERS

Predicate = Callable[[pl.DataFrame], pl.Series]

ROW: Final = pl.UInt32()
PRODUCT_LEVELS: Final = ("simple", "variant")
MODEL_LEVELS: Final = ("model", "sub_model")

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
FEW = 1000


class Side:
    """All stored rows of one kind (products or models) over the segments, oldest first."""

    def __init__(self, tables: Sequence[pa.Table]) -> None:
        self._tables = tables
        self.heights = [table.num_rows for table in tables]
        self.names = frozenset(name for table in tables for name in table.column_names)
        self._lowered: dict[str, pl.Series] = {}

    def lowered(self, name: str) -> pl.Series:
        """Return a text column in lower case, kept: that takes longer than to search in it.

        Only labels are asked for, a column per language.
        """
        if name not in self._lowered:
            self._lowered[name] = self.stored(name, pl.String()).str.to_lowercase()
        return self._lowered[name]

    def stored(self, name: str, dtype: pl.DataType) -> pl.Series:
        """Return a column of every stored row, null where a segment lacks it."""
        parts = self._parts(name, dtype)
        # Gathering from several chunks copies text; from one it copies 16 bytes a row.
        return pl.concat(parts, rechunk=True) if len(parts) > 1 else parts[0]

    def picked(self, name: str, dtype: pl.DataType, rows: pl.Series | None) -> pl.Series:
        """Return a column of the chosen rows, or of all; a few are not worth one chunk of all."""
        if rows is None or len(rows) > FEW:
            return take(self.stored(name, dtype), rows)
        parts = self._parts(name, dtype)
        return pl.concat(parts, rechunk=False).gather(rows)

    def _parts(self, name: str, dtype: pl.DataType) -> list[pl.Series]:
        """Return what each segment stores."""
        parts = []
        for table, height in zip(self._tables, self.heights, strict=True):
            part = mapped(table, name) if name in table.column_names else None
            if part is None or part.dtype != dtype:  # the attribute was made anew with another type
                part = pl.Series(name, [None], dtype=dtype).new_from_index(0, height)
            parts.append(part)
        return parts

    def has(self, name: str) -> bool:
        """Tell whether any segment holds the column."""
        return name in self.names


class Catalogue:
    """What one manifest says, for as long as its lease is held."""

    def __init__(self, folder: Path, lease: Lease) -> None:
        self.folder = folder
        self.lease = lease
        self.manifest = lease.manifest
        paths = [folder / SEGMENTS / segment.name for segment in self.manifest.segments]
        self._gone = [mapped(segments.open_file(path / GONE), "id") for path in paths]
        items = [segments.open_file(path / ITEMS) for path in paths]
        owners = [segments.open_file(path / OWNERS) for path in paths]
        self.items, self.owners = Side(items), Side(owners)
        self._ids = [
            [mapped(table, "id") for table in pair] for pair in zip(items, owners, strict=True)
        ]
        self._groups: tuple[Structure, dict[str, tuple[Column, ...]]] | None = None
        #: What readings have worked out already: filled cells, completeness, sorted texts.
        self.filled: dict[tuple[str, ...], pl.Series] = {}
        self.complete: dict[tuple[int, str, str], pl.DataFrame] = {}
        self.sorted_text: dict[str, pl.Series] = {}

    def group(self, structure: Structure, column: Column) -> tuple[Column, ...]:
        """Return the columns of the same cell if products may override it, else none.

        A cell that lives at one level only is coalesced part by part, which comes to the same.
        """
        if self._groups is None or self._groups[0] is not structure:
            self._groups = structure, _overridable(structure, self.items.names | self.owners.names)
        return self._groups[1].get(column.name, ())

    @cached_property
    def owner(self) -> pl.Series:
        """Return the owner's row of every stored product, null for simple ones."""
        own = self.items.stored("owner", ROW)
        if len(self.items.heights) == 1:
            return own
        parts, start, offset = [], 0, 0
        for height, above in zip(self.items.heights, self.owners.heights, strict=True):
            parts.append(own.slice(start, height) + offset)
            start, offset = start + height, offset + above
        return pl.concat(parts, rechunk=True)

    @cached_property
    def products(self) -> pl.DataFrame:
        """Return id and row of every living product, in order of id."""
        return self._living(0, self.items)

    @cached_property
    def models(self) -> pl.DataFrame:
        """Return id and row of every living model, in order of id."""
        return self._living(1, self.owners)

    def product_column(
        self, column: Column, rows: pl.Series | None, group: Sequence[Column] = ()
    ) -> pl.Series:
        """Return a column of products: their own value, else that of their owner.

        `rows` None means all stored rows; `group` names the columns of the same cell when the
        attribute may be overridden, because a cell is inherited whole.
        """
        if column.name == "level":
            return self._level(rows)
        if column.name in ABOVE:
            return self._above(Column(name=ABOVE[column.name], dtype=column.dtype), rows).alias(
                column.name
            )
        if column.name in SYSTEM or not self.owners.has(column.name):
            return self.items.picked(column.name, column.dtype, rows)
        if not any(self.items.has(part.name) for part in (column, *group)):
            return self._above(column, rows)
        if rows is not None and len(rows) <= FEW:
            return self._few(column, rows, group or [column])
        own = self.items.stored(column.name, column.dtype)
        both = pl.concat([own, self.owners.stored(column.name, column.dtype)], rechunk=True)
        return both.gather(take(self._places(group or [column]), rows))

    def _few(self, column: Column, rows: pl.Series, group: Sequence[Column]) -> pl.Series:
        """Return an overridable column of a few products without looking at all the others."""
        frame = pl.DataFrame(
            {
                "own": self.items.picked(column.name, column.dtype, rows),
                "above": self._above(column, rows),
                "held": self._held(group, rows),
            }
        )
        chosen = pl.when("held").then("own").otherwise("above").alias(column.name)
        return frame.select(chosen).to_series()

    def model_column(self, column: Column, rows: pl.Series | None) -> pl.Series:
        """Return a column of models, with what they inherit."""
        if column.name == "colourway":
            below = take(self.owners.stored("parent", SYSTEM["parent"]), rows).is_not_null()
            own = take(self.owners.stored("id", column.dtype), rows)
            return own.set(~below, None).alias(column.name)
        return take(self.owners.stored(column.name, column.dtype), rows)

    def test_cell(
        self, cell: Sequence[Column], group: Sequence[Column], holds: Predicate
    ) -> pl.Series:
        """Return for every stored product whether a predicate holds of its value of one cell.

        The predicate sees the columns `cell` as products own them and as owners have them, once
        per stored row, which is much less than once per product. `group`: all columns of the cell.
        """
        names = [column.name for column in cell]
        above: pl.Series | None = None
        if any(self.owners.has(name) for name in names):
            frame = pl.DataFrame([self.owners.stored(c.name, c.dtype) for c in cell])
            empty = holds(pl.DataFrame(schema={c.name: c.dtype for c in cell}).clear(1))[0]
            above = holds(frame).gather(self.owner).fill_null(empty)
        own = pl.DataFrame([self.items.stored(c.name, c.dtype) for c in cell])
        if above is None:
            return holds(own)
        if not any(self.items.has(part.name) for part in group or cell):
            return above
        return holds(own).zip_with(self._held(group or cell), above)

    def any_contains(self, cells: Sequence[Column], text: str) -> pl.Series:
        """Return for every stored product whether one of these texts contains another.

        `text` is in lower case. All cells are asked at once, of products and of owners: this is
        for cells that live at one level only, so that none hides another.
        """
        own = _any_contains(self.items, cells, text)
        return own | _any_contains(self.owners, cells, text).gather(self.owner).fill_null(False)

    def _held(self, group: Sequence[Column], rows: pl.Series | None = None) -> pl.Series:
        """Return for stored products whether they hold any part of a cell themselves."""
        held = [
            self.items.picked(part.name, part.dtype, rows).is_not_null()
            for part in group
            if self.items.has(part.name)
        ]
        return reduce(or_, held)

    def _places(self, group: Sequence[Column]) -> pl.Series:
        """Return where every stored product has a cell: its own row, or behind these its owner's.

        One gather from products and owners together is far cheaper than choosing between two.
        """
        height = sum(self.items.heights)
        frame = pl.DataFrame({"held": self._held(group), "owner": self.owner})
        own = pl.int_range(0, height, dtype=ROW)
        chosen = pl.when("held").then(own).otherwise(pl.col("owner") + height)
        return frame.select(chosen).to_series()

    def _above(self, column: Column, rows: pl.Series | None) -> pl.Series:
        return self.owners.picked(column.name, column.dtype, take(self.owner, rows))

    def _level(self, rows: pl.Series | None) -> pl.Series:
        simple = take(self.owner, rows).is_null().to_frame("simple")
        named = pl.when("simple").then(pl.lit("simple")).otherwise(pl.lit("variant"))
        return simple.select(named.alias("level")).to_series()

    def _living(self, kind: int, side: Side) -> pl.DataFrame:
        """Return id and row of the living rows of a kind: a later segment wins, id by id."""
        dead = pl.Series("id", [], dtype=pl.Int64)
        offset = sum(side.heights)
        alive: list[pl.DataFrame] = []
        for number in reversed(range(len(side.heights))):
            ids = self._ids[number][kind]
            offset -= len(ids)
            rows = pl.DataFrame([ids, pl.int_range(offset, offset + len(ids), dtype=ROW, eager=True).alias("row")])  # fmt: skip  # noqa: E501
            alive.append(rows.filter(~ids.is_in(dead.implode())) if len(dead) else rows)
            dead = pl.concat([dead, *self._ids[number], self._gone[number]])
        living = alive.pop()
        while alive:
            living = living.merge_sorted(alive.pop(), key="id")
        return living


def _any_contains(side: Side, cells: Sequence[Column], text: str) -> pl.Series:
    lowered = [side.lowered(cell.name) for cell in cells if side.has(cell.name)]
    if not lowered:
        return pl.repeat(False, sum(side.heights), eager=True)
    found = pl.any_horizontal(
        pl.col(each.name).str.contains(text, literal=True).fill_null(False) for each in lowered
    )
    return pl.DataFrame(lowered).select(found).to_series()


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


def mapped(table: pa.Table, name: str) -> pl.Series:
    """Return a column of a mapped table without copying it."""
    series = pl.from_arrow(table.column(name), rechunk=False)
    assert isinstance(series, pl.Series)
    return series.alias(name)


def remember(memory: dict[Any, Any], key: Any, value: Any, *, most: int) -> None:
    """Keep a value; the ones kept longest make room. Several threads may do so at once."""
    while len(memory) >= most:
        memory.pop(next(iter(tuple(memory)), None), None)
    memory[key] = value


def take(series: pl.Series, rows: pl.Series | None) -> pl.Series:
    """Return the chosen rows, or all."""
    return series if rows is None else series.gather(rows)
