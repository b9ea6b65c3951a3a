"""Which stored rows meet a condition or contain a text: one truth per row, of every segment."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import reduce
from operator import and_, or_

import polars as pl

from pim.domain.conditions import All, Any_, Leaf, Node, Not, fold
from pim.errors import NotFound
from pim.projection import columns, lowered
from pim.projection.catalogue import PRODUCTS, Catalogue
from pim.projection.columns import Column
from pim.projection.conditions import Compiler
from pim.projection.leaves import Test, lowered_holds


@dataclass(frozen=True, kw_only=True)
class Masks:
    """Evaluates conditions on a catalogue; `column` returns one of a side, for chosen rows."""

    catalogue: Catalogue
    compiler: Compiler
    column: Callable[[int, Column, pl.Series | None], pl.Series]

    def of(self, side: int, node: Node) -> pl.Series:
        """Return for every stored row of a side whether a condition holds."""
        match node:
            case All(parts):
                return self._fold(side, (self.of(side, p) for p in parts), every=True)
            case Any_(parts):
                return self._fold(side, (self.of(side, p) for p in parts), every=False)
            case Not(part):
                return ~self.of(side, part)
            case Leaf():
                return self._test(side, self.compiler.leaf(node))

    def _fold(self, side: int, masks: Iterable[pl.Series], *, every: bool) -> pl.Series:
        found = list(masks)
        if not found:
            return pl.repeat(every, self._height(side), eager=True)
        return reduce(and_ if every else or_, found)

    def _test(self, side: int, test: Test) -> pl.Series:
        def holds(frame: pl.DataFrame) -> pl.Series:
            mask = frame.select(test.holds.alias("holds")).to_series()
            # An expression without columns is one row long, whatever the frame.
            return mask if len(mask) == frame.height else mask.new_from_index(0, frame.height)

        if side == PRODUCTS and test.cell and test.columns:
            return self.catalogue.each(
                lambda piece: piece.test_cell(test.columns, self.compiler.structure, holds)
            )
        series = [self.column(side, column, None) for column in test.columns]
        return holds(pl.DataFrame(series) if series else self._bare(side))

    def _bare(self, side: int) -> pl.DataFrame:
        return pl.DataFrame({"nothing": pl.repeat(None, self._height(side), eager=True)})

    def _height(self, side: int) -> int:
        return self.catalogue.height(side)

    def of_text(self, side: int, text: str) -> pl.Series:
        """Return for every stored row whether its identifier or a label contains a text."""
        identifier = Column(name=lowered.name("identifier"), dtype=pl.String())
        tests = [Test(columns=(identifier,), holds=_contains(identifier.name, text))]
        labels = self._labels()
        plain = [c for c in labels if side == PRODUCTS and not self._is_overridable(c)]
        for label in (label for label in labels if label not in plain):
            small = Column(name=lowered.name(label.name), dtype=pl.String())
            tests.append(Test(columns=(small,), holds=_contains(small.name, text), cell=True))
        found = [self._test(side, test) for test in tests]
        if plain:
            words = fold(text)
            found.append(self.catalogue.each(lambda piece: piece.any_contains(plain, words)))
        return reduce(or_, found)

    def _is_overridable(self, column: Column) -> bool:
        return any(piece.group(self.compiler.structure, column) for piece in self.catalogue.pieces)

    def _labels(self) -> list[Column]:
        """Return the columns of every label attribute, in each locale and channel that exists."""
        codes = {
            f.attribute_as_label for f in self.compiler.structure.families if f.attribute_as_label
        }
        names = self.catalogue.names
        labels = []
        for name in sorted(names - columns.SYSTEM.keys()):
            if name.split("-")[0] in codes:
                with suppress(NotFound):  # a locale or channel that is no more
                    labels.append(columns.find(self.compiler.structure, name))
        return labels


def _contains(name: str, text: str) -> pl.Expr:
    """Tell whether a column in lower case contains a text."""
    return lowered_holds(pl.col(name), "CONTAINS", text).fill_null(False)
