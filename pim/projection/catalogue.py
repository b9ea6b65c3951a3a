"""The segments of one manifest, opened: columns over all of them, and which rows are alive.

A stored row has a number that counts through all segments, oldest first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import polars as pl
import pyarrow as pa

from pim.domain.structure import Structure
from pim.projection import segments
from pim.projection.columns import Column
from pim.projection.manifest import SEGMENTS, Lease, Manifest
from pim.projection.piece import ROW, Piece
from pim.projection.segments import GONE, ITEMS, OWNERS, Segment
from pim.projection.shares import Shares, shares_of

PRODUCT_LEVELS: Final = ("simple", "variant")
MODEL_LEVELS: Final = ("model", "sub_model")

PRODUCTS, MODELS = 0, 1


class Catalogue:
    """What one manifest says, for as long as its lease is held.

    Pieces that `before` has opened already are taken from it, with all that readings have worked
    out about them. `beside` are pieces in memory alone, newer than the manifest.
    """

    def __init__(
        self,
        folder: Path,
        lease: Lease,
        *,
        before: Catalogue | None = None,
        beside: Sequence[Piece] = (),
    ) -> None:
        self.folder = folder
        self.lease = lease
        self.manifest = lease.manifest
        known: dict[str, Piece] = {p.key: p for p in before.pieces} if before else {}
        self.pieces: list[Piece] = [*open_pieces(folder, self.manifest, known), *beside]
        #: What readings have worked out about all of it.
        self.memory: dict[Any, Any] = {}

    @cached_property
    def names(self) -> frozenset[str]:
        """Return the names of all columns."""
        return frozenset().union(*(piece.names for piece in self.pieces))

    @cached_property
    def products(self) -> pl.DataFrame:
        """Return id and row of every living product, in order of id."""
        return self._living(PRODUCTS)

    @cached_property
    def models(self) -> pl.DataFrame:
        """Return id and row of every living model, in order of id."""
        return self._living(MODELS)

    def is_whole(self, side: int) -> bool:
        """Tell whether every stored row is alive, and rows are numbered in order of id."""
        return len(self.pieces) == 1

    def ids(self, side: int, number: int) -> pl.Series:
        """Return the ids of one piece's stored rows."""
        piece = self.pieces[number]
        return (piece.owners if side == MODELS else piece.items).stored("id", pl.Int64())

    def alive(self, side: int) -> pl.Series:
        """Tell of every stored row whether it is alive: a later piece wins, id by id."""
        key = "alive", side
        if key not in self.memory:
            self.memory[key] = self._alive(side)
        found: pl.Series = self.memory[key]
        return found

    def column(
        self,
        side: int,
        column: Column,
        rows: pl.Series | Shares | None,
        structure: Structure,
    ) -> pl.Series:
        """Return a column of stored products or models, of the chosen rows or of all."""

        def one(piece: Piece, rows: pl.Series | None) -> pl.Series:
            if side == MODELS:
                return piece.model_column(column, rows)
            return piece.product_column(column, rows, structure)

        found: pl.Series = self.spread(side, rows, one)
        return found

    def spread(
        self,
        side: int,
        rows: pl.Series | Shares | None,
        ask: Callable[[Piece, pl.Series | None], Any],
    ) -> Any:
        """Return what each piece answers for its share of the rows, in the order of these."""
        shares = rows if isinstance(rows, Shares) else self.shares(side, rows)
        return shares.ask(ask)

    def shares(self, side: int, rows: pl.Series | None) -> Shares:
        """Return which piece has which of the chosen rows, or of all."""
        return shares_of(self.pieces, [height_of(piece, side) for piece in self.pieces], rows)

    def each(self, ask: Callable[[Piece], pl.Series]) -> pl.Series:
        """Return what is asked of each piece, one behind the other."""
        return self.each_number(lambda number: ask(self.pieces[number]))

    def height(self, side: int) -> int:
        """Return how many rows are stored."""
        return sum(height_of(piece, side) for piece in self.pieces)

    def _alive(self, side: int) -> pl.Series:
        dead = pl.Series("id", [], dtype=pl.Int64)
        masks: list[pl.Series] = []
        for number in reversed(range(len(self.pieces))):
            masks.append(~_among(self.ids(side, number), dead))
            both = (self.ids(PRODUCTS, number), self.ids(MODELS, number))
            dead = pl.concat([dead, *both, self.pieces[number].gone])
        return pl.concat(reversed(masks), rechunk=True)

    def _living(self, side: int) -> pl.DataFrame:
        """Return id and row of the living rows of a kind, in order of id."""
        ids = self.each_number(lambda number: self.ids(side, number))
        rows = pl.int_range(0, len(ids), dtype=ROW, eager=True).alias("row")
        stored = pl.DataFrame([ids.alias("id"), rows])
        if self.is_whole(side):
            return stored
        height = len(self.ids(side, 0))
        alive = self.alive(side)
        base = stored[:height].filter(alive[:height])
        later = stored[height:].filter(alive[height:]).sort("id")
        return base.merge_sorted(later, key="id")

    def each_number(self, ask: Callable[[int], pl.Series]) -> pl.Series:
        """Return what is asked of each piece by its number, one behind the other."""
        found = [ask(number) for number in range(len(self.pieces))]
        return found[0] if len(found) == 1 else pl.concat(found, rechunk=True)


def open_pieces(folder: Path, manifest: Manifest, known: Mapping[str, Piece]) -> list[Piece]:
    """Return a manifest's pieces, oldest first; those that are known already are not opened."""
    pieces = []
    for segment in (s for s in manifest.segments if s.of is None):
        patches = [patch for patch in manifest.segments if patch.of == segment.name]
        key = "+".join(part.name for part in (segment, *patches))
        pieces.append(known.get(key) or _open(folder / SEGMENTS, key, (segment, *patches)))
    return pieces


def height_of(piece: Piece, side: int) -> int:
    """Return how many rows a piece stores of a side."""
    return piece.owners.height if side == MODELS else piece.items.height


def _open(folder: Path, key: str, parts: Iterable[Segment]) -> Piece:
    items: dict[str, pa.Table] = {}
    owners: dict[str, pa.Table] = {}
    gone = None
    for part in parts:  # a patch's columns stand for those before it
        items |= segments.open_side(folder, part, ITEMS)
        owners |= segments.open_side(folder, part, OWNERS)
        if part.of is None:
            gone = segments.mapped(segments.open_file(folder / part.name / GONE), "id")
    assert gone is not None
    return Piece(key, items, owners, gone)


def _among(ids: pl.Series, others: pl.Series) -> pl.Series:
    """Tell which of the ids, in rising order, are among others; quick when these are few."""
    if not len(ids) or not len(others):
        return pl.repeat(False, len(ids), eager=True)
    places = ids.search_sorted(others)
    inside = places < len(ids)
    places, others = places.filter(inside), others.filter(inside)
    found = places.filter(ids.gather(places) == others)
    return pl.repeat(False, len(ids), eager=True).scatter(found.unique(), True)
