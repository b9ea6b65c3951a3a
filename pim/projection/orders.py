"""The order of the base by one column, worked out once.

That of text and plain values is kept in a file that all processes share; that of references stays
in memory, as labels change.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Final

import polars as pl

from pim.domain.structure import Structure
from pim.errors import NotFound
from pim.projection import columns, lowered, searched, trees
from pim.projection.beside import kept
from pim.projection.catalogue import Catalogue
from pim.projection.columns import COMPLETENESS, Column
from pim.projection.comparing import alphabetic, comparable
from pim.projection.completeness import of_piece
from pim.projection.piece import Piece, take
from pim.projection.remembering import remember

#: Orders of references and completeness that stay in memory, 4 bytes a product each way.
REMEMBERED: Final = 6


class Order:
    """The rows of the base in the order of a column, both ways; equal ones by id.

    `values` returns what rows are compared by: places of text, else the values themselves.
    `texts` are the distinct texts at these places, sorted.
    """

    def __init__(
        self,
        values: Callable[[pl.Series], pl.Series],
        up: pl.Series,
        down: pl.Series,
        texts: pl.Series | None = None,
    ) -> None:
        self.values = values
        self._up, self._down = up, down
        self._texts = texts

    @property
    def is_text(self) -> bool:
        """Tell whether places are those of texts."""
        return self._texts is not None

    @property
    def texts(self) -> pl.Series:
        """Return the distinct texts in order, as `alphabetic` has them."""
        assert self._texts is not None
        return self._texts

    def rows(self, *, descending: bool) -> pl.Series:
        """Return all rows in order, empty ones last."""
        return self._down if descending else self._up


def order_of(
    catalogue: Catalogue, structure: Structure, column: Column, locale: str | None
) -> Order:
    """Return the order of the base of a catalogue."""
    base = catalogue.pieces[0]
    if column.name.startswith(f"{COMPLETENESS}-") or _refers(column):
        memory = base.worked_out(structure).setdefault("orders", {})
        key = column.name, locale
        if key not in memory:
            remember(memory, key, _in_memory(base, structure, column, locale), most=REMEMBERED)
    else:
        memory, key = base.memory.setdefault("orders", {}), (column.name, str(column.dtype))
        if key not in memory:
            memory[key] = _from_files(catalogue, structure, column)
    found: Order = memory[key]
    return found


def warm(catalogue: Catalogue, structure: Structure) -> None:
    """Put into files what lists are sorted by most, and what texts are looked for in."""
    labels = lowered.labels(catalogue.names, structure)
    for name in dict.fromkeys(("identifier", "updated", "created", *labels)):
        with suppress(NotFound):
            order_of(catalogue, structure, columns.find(structure, name), None)
    trees.base_lists(catalogue, structure)
    searched.warm(catalogue, structure)


def _refers(column: Column) -> bool:
    """Tell whether a column holds database ids, whose order is that of labels."""
    return column.dtype == pl.Int64 and column.name not in ("id", "version")


def _in_memory(base: Piece, structure: Structure, column: Column, locale: str | None) -> Order:
    if column.name.startswith(f"{COMPLETENESS}-"):
        _, asked, channel = column.name.split("-")
        values = of_piece(base, structure, channel, asked)["ratio"]
    else:
        stored = base.product_column(column, None, structure)
        values = comparable(structure, column, stored, locale)
    return Order(values.gather, *_both_ways(values))


def _both_ways(values: pl.Series) -> tuple[pl.Series, pl.Series]:
    rows = pl.DataFrame({"by": values}).with_row_index("row")
    up, down = (
        rows.sort("by", descending=falls, nulls_last=True, maintain_order=True)["row"]
        for falls in (False, True)
    )
    return up, down


def _from_files(catalogue: Catalogue, structure: Structure, column: Column) -> Order:
    """Return the order of text or plain values, kept in files."""
    base = catalogue.pieces[0]
    name = f"{column.name} {column.dtype}"
    if column.dtype != pl.String or column.name == "level":
        rows = kept(catalogue, name, lambda: _plain(base.product_column(column, None, structure)))
        return Order(
            lambda some: base.product_column(column, some, structure), rows["up"], rows["down"]
        )
    texts = kept(catalogue, f"{name} texts", lambda: _texts(base, structure, column))["text"]
    rows = kept(catalogue, name, lambda: _placed(base, structure, column, texts))
    return Order(rows["place"].gather, rows["up"], rows["down"], texts)


def _plain(values: pl.Series) -> pl.DataFrame:
    up, down = _both_ways(values)
    return pl.DataFrame({"up": up, "down": down})


def _texts(base: Piece, structure: Structure, column: Column) -> pl.DataFrame:
    """Return the distinct texts of a column, sorted; each is looked at once per style."""
    stored, _ = base.source(column, structure)
    return alphabetic(stored).drop_nulls().unique().sort().alias("text").to_frame()


def _placed(base: Piece, structure: Structure, column: Column, texts: pl.Series) -> pl.DataFrame:
    """Return the place of every product's text, and all rows in their order."""
    stored, at = base.source(column, structure)
    numbers = pl.int_range(0, len(texts), dtype=pl.UInt32, eager=True)
    places = alphabetic(stored).replace_strict(texts, numbers, default=None, return_dtype=pl.UInt32)
    place = take(places, at)
    return _plain(place).with_columns(place.alias("place"))
