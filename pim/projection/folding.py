"""Fold a base and all that came after it into a new base, from the segments alone.

One column at a time is in memory, whatever the size of the catalogue, and PostgreSQL is not asked.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

import polars as pl

from pim.domain.structure import Structure
from pim.errors import NotFound
from pim.projection import columns, lowered
from pim.projection.catalogue import MODELS, PRODUCTS, Catalogue
from pim.projection.columns import SYSTEM, Column
from pim.projection.piece import ROW, Piece, Side
from pim.projection.segments import ITEMS, OWNERS, Segment
from pim.projection.writing import Draft


def fold(draft: Draft, catalogue: Catalogue, structure: Structure) -> Segment:
    """Write what a catalogue shows as one segment; columns that are all empty are left out."""
    draft.write(OWNERS, _columns(MODELS, catalogue, structure))
    draft.write(ITEMS, _columns(PRODUCTS, catalogue, structure))
    draft.write_gone(())
    return draft.publish(items=catalogue.products.height, owners=catalogue.models.height)


def _columns(side: int, catalogue: Catalogue, structure: Structure) -> Iterator[pl.Series]:
    living = catalogue.models if side == MODELS else catalogue.products
    yield living["id"]
    sides = [_side(piece, side) for piece in catalogue.pieces]
    for name in sorted(frozenset().union(*(each.names for each in sides)) - {"id", "owner"}):
        dtype = _dtype(name, structure)
        if dtype is None:
            continue
        stored = pl.concat([each.stored(name, dtype) for each in sides], rechunk=True)
        column = stored.gather(living["row"]).alias(name)
        if name in SYSTEM or column.null_count() < len(column):
            yield column
    if side == PRODUCTS:
        yield _owner(catalogue, structure)


def _owner(catalogue: Catalogue, structure: Structure) -> pl.Series:
    """Return the row of every product's parent among the models of the new base."""
    above = Column(name="parent", dtype=SYSTEM["parent"])
    parents = catalogue.column(PRODUCTS, above, catalogue.products["row"], structure)
    models = pl.DataFrame({"id": catalogue.models["id"]}).with_row_index("owner")
    placed = parents.to_frame("id").join(models, on="id", how="left", maintain_order="left")
    return placed["owner"].cast(ROW)


def _side(piece: Piece, side: int) -> Side:
    return piece.owners if side == MODELS else piece.items


def _dtype(name: str, structure: Structure) -> pl.DataType | None:
    """Return the dtype of a stored column, None for one that nothing stands for any more."""
    plain = lowered.plain(name)
    with suppress(NotFound):
        return pl.String() if plain else columns.find(structure, name).dtype
    return None
