"""Conditions in the effective view: leaves about what campaigns touch look at what lies there."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_

import polars as pl

from pim.domain.conditions import Leaf
from pim.projection import lowered
from pim.projection.catalogue import PRODUCTS
from pim.projection.columns import Column
from pim.projection.leaves import Test
from pim.projection.masks import Masks, contains
from pim.projection.piece import Piece


@dataclass(frozen=True, kw_only=True)
class EffectiveMasks(Masks):
    """Masks over the base, but for what campaigns touch.

    `key` tells what lies over a column (None: nothing), `shown` gives a column of a piece's
    products with it.
    """

    key: Callable[[Column], Hashable]
    shown: Callable[[Piece, Column], pl.Series]

    def _key(self, leaf: Leaf) -> tuple[Hashable, ...] | None:
        known = super()._key(leaf)
        over = self._over(self.compiler.leaf(leaf).columns)
        return (*known, over) if known is not None and over else known

    def _test(self, piece: Piece, side: int, test: Test) -> pl.Series:
        if side != PRODUCTS or not any(map(self.key, test.columns)):
            return super()._test(piece, side, test)
        frame = pl.DataFrame([self.shown(piece, column) for column in test.columns])
        return frame.select(test.holds.alias("holds")).to_series()

    def _text(self, piece: Piece, side: int, labels: list[Column], words: str) -> pl.Series:
        if side != PRODUCTS or not any(map(self.key, labels)):
            return super()._text(piece, side, labels, words)
        small = (Column(name=lowered.name(label.name), dtype=pl.String()) for label in labels)
        found = [self.shown(piece, column) for column in small]
        told = [each.to_frame().select(contains(each.name, words)).to_series() for each in found]
        return reduce(or_, [self._identifiers(piece, side, words), *told])

    def _over(self, columns: Sequence[Column]) -> tuple[Hashable, ...]:
        return tuple(filter(None, map(self.key, columns)))
