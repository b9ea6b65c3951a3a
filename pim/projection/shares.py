"""Stored rows, told apart by the piece in which they lie: once, however many columns are read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast

import polars as pl

from pim.projection.piece import ROW, Piece


@dataclass(frozen=True)
class Shares:
    """Which rows of which pieces: None stands for all of a piece.

    `order` puts what the pieces answer, one behind the other, in the order of the rows that were
    asked for; None where that is their order already. `count` is how many were asked for, None
    for all.
    """

    parts: Sequence[tuple[Piece, pl.Series | None]]
    count: int | None
    order: pl.Series | None = None

    def ask(self, ask: Callable[[Piece, pl.Series | None], Any]) -> Any:
        """Return what each piece answers for its share, in the order of the rows."""
        found = [ask(piece, rows) for piece, rows in self.parts]
        if len(found) == 1:
            return found[0]
        if self.order is None:
            return pl.concat(found, rechunk=True)
        whole = pl.concat(found)
        return whole.gather(self.order) if isinstance(whole, pl.Series) else whole[self.order]


def shares_of(pieces: Sequence[Piece], heights: Sequence[int], rows: pl.Series | None) -> Shares:
    """Return who has the chosen rows, or all; rows are numbered through all pieces."""
    if rows is None:
        return Shares([(piece, None) for piece in pieces], None)
    if len(pieces) == 1:
        return Shares([(pieces[0], rows)], len(rows))
    parts, places, start = [], [], 0
    least, greatest = _bounds(rows)
    for piece, height in zip(pieces, heights, strict=True):
        if start <= greatest and least < start + height:  # few rows lie in few pieces
            inside = (rows >= start) & (rows < start + height)
            if inside.any():
                parts.append((piece, (rows.filter(inside) - start).cast(ROW)))
                places.append(inside.arg_true())
        start += height
    if not parts:
        return Shares([(pieces[0], pl.Series("row", [], dtype=ROW))], 0)
    return Shares(parts, len(rows), pl.concat(places).arg_sort() if len(parts) > 1 else None)


def _bounds(rows: pl.Series) -> tuple[int, int]:
    """Return the least and the greatest row; of none, bounds with nothing between them."""
    if rows.null_count() == len(rows):
        return 0, -1
    return cast("int", rows.min()), cast("int", rows.max())
