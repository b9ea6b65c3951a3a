"""Which stored rows meet a condition or contain a text: one truth per row, of every segment.

What a segment has answered is kept with it, as segments never change: who pages through a
selection, sorts it or exports it asks the same again, and a write only adds a segment. Answers
tell facts about rows, whoever asks.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache, reduce
from operator import and_, or_
from typing import Final

import polars as pl

from pim.domain import dates
from pim.domain.conditions import All, Any_, Leaf, Node, Not, fold, kind_of, resolve_day
from pim.projection import lowered, searched
from pim.projection.catalogue import PRODUCTS, Catalogue, height_of
from pim.projection.columns import COMPLETENESS, Column
from pim.projection.conditions import Compiler
from pim.projection.leaves import Test, lowered_holds
from pim.projection.piece import Piece
from pim.projection.remembering import remember

#: Answers that are kept of each segment, at a bit a product: 90 KB of 700,000.
REMEMBERED: Final = 48


@dataclass(frozen=True, kw_only=True)
class Masks:
    """Evaluates conditions on a catalogue; `ratio` returns the completeness of a piece's products.

    Masks are shared: nobody may change one in place.
    """

    catalogue: Catalogue
    compiler: Compiler
    ratio: Callable[[Piece, Column], pl.Series]

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
                return self._leaf(side, node)

    def of_text(self, side: int, text: str) -> pl.Series:
        """Return for every stored row whether its identifier or a label contains a text."""
        words = fold(text)
        labels = searched.labels(self.catalogue, self.compiler.structure)
        return self._each(
            ("text", side, words, self._over(labels)),
            lambda piece: self._text(piece, side, labels, words),
        )

    def _over(self, columns: Sequence[Column]) -> tuple[Hashable, ...]:
        """Return what is laid over columns."""
        return ()

    def _fold(self, side: int, masks: Iterable[pl.Series], *, every: bool) -> pl.Series:
        found = list(masks)
        if not found:
            return pl.repeat(every, self.catalogue.height(side), eager=True)
        return reduce(and_ if every else or_, found)

    def _leaf(self, side: int, leaf: Leaf) -> pl.Series:
        @cache
        def test() -> Test:
            return self.compiler.leaf(leaf)

        key = self._key(leaf)
        return self._each(key and (side, *key), lambda piece: self._test(piece, side, test()))

    def _key(self, leaf: Leaf) -> tuple[Hashable, ...] | None:
        """Return what decides a leaf's answer, None if that is more than rows and structure.

        A relative day means another one tomorrow; a relative moment another one at once.
        """
        value = leaf.value
        if leaf.field in ("change_set", "published_in", "rejected_by"):
            return None
        if isinstance(value, str) and dates.is_relative(value):
            kind = kind_of(leaf.field, self.compiler.structure)
            if kind == "moment":
                return None
            if kind == "date":
                value = resolve_day(value, self.compiler.now)
        return leaf.field, leaf.operator, repr(value), leaf.scope, leaf.locale

    def _each(self, key: Hashable, ask: Callable[[Piece], pl.Series]) -> pl.Series:
        """Return what is asked of every piece; with a key, what it has answered before."""

        def one(piece: Piece) -> pl.Series:
            if key is None:
                return ask(piece)
            memory = piece.worked_out(self.compiler.structure).setdefault("masks", {})
            # Taken out and put back, so that what is not asked any more goes first.
            found: pl.Series | None = memory.pop(key, None)
            if found is None:
                found = ask(piece)
            remember(memory, key, found, most=REMEMBERED)
            return found

        return self.catalogue.each(one)

    def _test(self, piece: Piece, side: int, test: Test) -> pl.Series:
        def holds(frame: pl.DataFrame) -> pl.Series:
            mask = frame.select(test.holds.alias("holds")).to_series()
            # An expression without columns is one row long, whatever the frame.
            return mask if len(mask) == frame.height else mask.new_from_index(0, frame.height)

        structure, asked = self.compiler.structure, test.columns
        if side == PRODUCTS and test.cell and asked:
            return piece.test_cell(asked, structure, holds)
        if side == PRODUCTS and len(asked) == 1 and not _is_ratio(asked[0]):
            return piece.test_column(asked[0], structure, holds)
        series = [self._column(piece, side, column) for column in asked]
        return holds(pl.DataFrame(series or [_nothing(height_of(piece, side))]))

    def _column(self, piece: Piece, side: int, column: Column) -> pl.Series:
        if not _is_ratio(column):
            if side == PRODUCTS:
                return piece.product_column(column, None, self.compiler.structure)
            return piece.model_column(column, None)
        if side == PRODUCTS:
            return self.ratio(piece, column)
        return _nothing(height_of(piece, side), column.dtype).alias(column.name)

    def _text(self, piece: Piece, side: int, labels: list[Column], words: str) -> pl.Series:
        structure = self.compiler.structure
        plain = [c for c in labels if side == PRODUCTS and not piece.group(structure, c)]
        found = [self._identifiers(piece, side, words)]
        for label in (label for label in labels if label not in plain):
            small = Column(name=lowered.name(label.name), dtype=pl.String())
            test = Test(columns=(small,), holds=contains(small.name, words), cell=True)
            found.append(self._test(piece, side, test))
        if plain and piece is self.catalogue.pieces[0]:
            names = [label.name for label in plain]
            found.append(searched.in_labels(self.catalogue, names, words))
        elif plain:
            found.append(piece.any_contains(plain, words))
        return reduce(or_, found)

    def _identifiers(self, piece: Piece, side: int, words: str) -> pl.Series:
        if side == PRODUCTS and piece is self.catalogue.pieces[0]:
            return searched.in_identifiers(self.catalogue, words)
        column = Column(name=lowered.name("identifier"), dtype=pl.String())
        test = Test(columns=(column,), holds=contains(column.name, words))
        return self._test(piece, side, test)


def contains(name: str, text: str) -> pl.Expr:
    """Tell whether a column in lower case contains a text."""
    return lowered_holds(pl.col(name), "CONTAINS", text).fill_null(False)


def _is_ratio(column: Column) -> bool:
    return column.name.startswith(f"{COMPLETENESS}-")


def _nothing(height: int, dtype: pl.DataType | None = None) -> pl.Series:
    return pl.repeat(None, height, dtype=dtype or pl.Null(), eager=True).alias("nothing")
