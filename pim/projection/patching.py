"""Patches: after an edit of very many products, only the columns that it touched are written anew.

A patch stands for some columns of one segment, row for row, so readers take them instead of the
segment's and have nothing to put together. All segments are patched, whether their copy of a
product or model is the newest or not: products of an older one look to the owners in it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import psycopg
import sqlalchemy as sa

from pim.domain.structure import Structure
from pim.errors import NotFound
from pim.projection import columns, extract, lowered, resolve, segments
from pim.projection.catalogue import MODELS, PRODUCTS, Catalogue
from pim.projection.changes import Cells
from pim.projection.columns import SYSTEM, Column
from pim.projection.piece import Piece, Side
from pim.projection.segments import ITEMS, OWNERS, Segment
from pim.projection.writing import Draft

_AROUND = sa.text(
    """
    SELECT id FROM product_model WHERE id = ANY(:ids) OR parent_id = ANY(:ids)
    UNION SELECT parent_id FROM product_model WHERE id = ANY(:ids) AND parent_id IS NOT NULL
    """
)

#: Columns beside the cells that a patch writes anew where they changed.
_BESIDE = ("updated", "version", "enabled", "groups", "categories", "family")


@dataclass(frozen=True, kw_only=True)
class Patched:
    """New patches, the older ones that they stand for, and ids that need more than a patch."""

    written: Sequence[Segment]
    replaced: frozenset[str]
    whole: Sequence[int]


@dataclass(frozen=True, kw_only=True)
class Patcher:
    """Writes patches of one catalogue into a folder of segments."""

    folder: Path
    catalogue: Catalogue
    structure: Structure

    def patch(
        self, connection: sa.Connection, driver: psycopg.Connection[Any], cells: Cells
    ) -> Patched:
        """Write the cells that were touched, as they are now."""
        products = self._products(driver, cells)
        models = self._models(connection, driver, cells)
        whole = [
            *self._moved(PRODUCTS, products, ("identifier", "parent"), cells.products),
            *self._moved(MODELS, models, _FIXED, cells.models),
        ]
        written, replaced = [], set[str]()
        for piece, segment in self._pairs():
            items = list(
                _spliced(piece.items, products, self._touched(piece.items, products, cells))
            )
            owners = list(
                _spliced(piece.owners, models, self._touched(piece.owners, models, cells))
            )
            if items or owners:
                written.append(self._write(segment, items, owners))
                replaced |= self._replaced(segment, items, owners)
        return Patched(written=written, replaced=frozenset(replaced), whole=whole)

    def _products(self, driver: psycopg.Connection[Any], cells: Cells) -> pl.DataFrame:
        """Return products with own values, and with categories that they own or inherit."""
        frame = extract.product_cells(
            driver, self.structure, ids=cells.products, attributes=cells.attributes
        )
        names = [name for name in frame.columns if name not in _KNOWN]
        frame = frame.with_columns(resolve.held(name, self.structure) for name in names)
        living = self.catalogue.models
        category = Column(name="categories", dtype=SYSTEM["categories"])
        above = self.catalogue.column(MODELS, category, living["row"], self.structure)
        inherited = pl.DataFrame({"parent": living["id"], "above": above})
        joined = frame.join(inherited, on="parent", how="left", maintain_order="left")
        union = resolve.together(joined["categories"], joined["above"]).alias("categories")
        return lowered.added(joined.with_columns(union).drop("above"), self.structure)

    def _models(
        self, connection: sa.Connection, driver: psycopg.Connection[Any], cells: Cells
    ) -> pl.DataFrame:
        """Return models, with those below them, resolved against their roots."""
        around = connection.execute(_AROUND, {"ids": list(cells.models)}).scalars()
        frame = extract.model_cells(
            driver, self.structure, ids=sorted(around), attributes=cells.attributes
        )
        return lowered.added(resolve.owner_cells(frame, self.structure), self.structure)

    def _moved(
        self, side: int, frame: pl.DataFrame, fixed: Collection[str], asked: Sequence[int]
    ) -> list[int]:
        """Return ids that are new, gone, or other in what a patch does not write."""
        living = self.catalogue.models if side == MODELS else self.catalogue.products
        here = frame.join(living, on="id", how="left", maintain_order="left")
        known = here.drop_nulls("row")
        moved = []
        for name in fixed:
            column = Column(name=name, dtype=SYSTEM[name])
            stored = self.catalogue.column(side, column, known["row"], self.structure)
            moved += known.filter(known[name].ne_missing(stored))["id"].to_list()
        strange = here.filter(pl.col("row").is_null())["id"].to_list()
        lost = set(asked) - set(frame["id"]) if len(asked) > frame.height else set()
        return [*moved, *strange, *lost]

    def _pairs(self) -> Iterator[tuple[Piece, Segment]]:
        stored = [s for s in self.catalogue.manifest.segments if s.of is None]
        return zip(self.catalogue.pieces, stored, strict=True)

    def _touched(self, side: Side, frame: pl.DataFrame, cells: Cells) -> list[Column]:
        """Return the columns that a patch of a side writes."""
        codes = {code.casefold() for code in cells.attributes}
        found = [Column(name=n, dtype=SYSTEM[n]) for n in _BESIDE if n in frame.columns]
        for name in sorted({*side.names, *frame.columns}):
            plain = lowered.plain(name) or name
            if plain.split("-")[0].casefold() in codes:
                with suppress(NotFound):
                    column = columns.find(self.structure, plain)
                    found.append(Column(name=name, dtype=column.dtype))
        return found

    def _write(
        self, segment: Segment, items: Sequence[pl.Series], owners: Sequence[pl.Series]
    ) -> Segment:
        with Draft(self.folder) as draft:
            for side, written in ((ITEMS, items), (OWNERS, owners)):
                if written:
                    draft.write(side, written)
            return draft.publish(of=segment.name)

    def _replaced(
        self, segment: Segment, items: Sequence[pl.Series], owners: Sequence[pl.Series]
    ) -> set[str]:
        """Return the earlier patches of a segment all of whose columns are written anew."""
        new = {ITEMS: {s.name for s in items}, OWNERS: {s.name for s in owners}}
        return {
            patch.name
            for patch in self.catalogue.manifest.patches
            if patch.of == segment.name
            and all(
                names >= segments.open_side(self.folder, patch, side).keys()
                for side, names in new.items()
            )
        }


_FIXED = ("identifier", "parent", "family_variant", "categories")
_KNOWN = frozenset({*SYSTEM, "family_variant"})


def _spliced(side: Side, frame: pl.DataFrame, touched: Sequence[Column]) -> Iterator[pl.Series]:
    """Yield columns of a side with the values of a frame at the rows of its ids."""
    ids = side.stored("id", pl.Int64())
    if not len(ids) or frame.is_empty():
        return
    at = ids.search_sorted(frame["id"])
    at = pl.Series("at", at, dtype=pl.UInt32)
    found = (at < len(ids)) & (ids.gather(at.clip(0, len(ids) - 1)) == frame["id"])
    rows, values = at.filter(found), frame.filter(found)
    if not len(rows):
        return
    place = pl.int_range(0, len(ids), dtype=pl.UInt32, eager=True)
    new = pl.int_range(len(ids), len(ids) + len(rows), dtype=pl.UInt32, eager=True)
    place = place.scatter(rows, new)
    for column in touched:
        stored = side.stored(column.name, column.dtype)
        if column.name in values.columns:
            given = values[column.name].cast(column.dtype)
        else:
            given = pl.repeat(None, len(rows), dtype=column.dtype, eager=True)
        if column.name in _BESIDE and stored.gather(rows).equals(given, null_equal=True):
            continue
        yield pl.concat([stored, given.alias(column.name)], rechunk=True).gather(place)
