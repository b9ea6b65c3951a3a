"""Put products in the order of a column; equal ones by id, empty ones last.

Text is ordered without regard to case and accents, references by their label in a locale. The
order of the base is worked out once: of text and plain values by whoever needs it first, in a file
beside the segments that all processes share; of references in memory, as labels change. Rows of
later segments are put between those of the base.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import polars as pl

from pim.domain.structure import Structure
from pim.errors import Refused
from pim.projection.catalogue import PRODUCTS, Catalogue
from pim.projection.columns import Column
from pim.projection.comparing import alphabetic, comparable
from pim.projection.orders import Order, order_of
from pim.projection.remembering import remember

#: Of fewer than one in so many, those found are sorted; of more, the base's order is gone through.
SPARSE: Final = 8

#: Between two places of the base there is room for as many texts of later segments.
STEP: Final = 1 << 32
LAST: Final = STEP - 1

#: Columns whose later texts keep their places in memory.
REMEMBERED: Final = 8


@dataclass(frozen=True, kw_only=True)
class Found:
    """Products that a search found: which rows of the base, how many these are, and later rows."""

    base: pl.Series
    in_base: int
    later: pl.Series

    @property
    def total(self) -> int:
        """Return how many products were found."""
        return self.in_base + len(self.later)


@dataclass(frozen=True, kw_only=True)
class Arrangement:
    """What is sorted by: a column, its references by their label in a locale, and which way."""

    catalogue: Catalogue
    structure: Structure
    column: Column
    locale: str | None = None
    descending: bool = False

    def page(self, found: Found, offset: int, limit: int) -> pl.Series:
        """Return some ids of the products that were found, in order; raises Refused for lists.

        Rows of the base that are more than all later ones before the page cannot be on it.
        """
        if self.column.dtype.is_nested():
            raise Refused(f"{self.column.name} holds lists, which have no order to sort by.")
        start = max(0, offset - len(found.later))
        first = self._of_base(found, offset + limit).slice(start)
        if not len(found.later):
            return self._ids(first)
        rows = pl.concat([first, found.later])
        near = pl.DataFrame({"row": rows, "id": self._ids(rows), "by": self._keys(rows)})
        ordered = near.sort("by", "id", descending=[self.descending, False], nulls_last=True)
        return ordered["id"].slice(offset - start, limit)

    def _of_base(self, found: Found, wanted: int) -> pl.Series:
        """Return the first rows of the base that were found, in order."""
        if found.in_base * SPARSE < len(found.base):
            rows = found.base.arg_true()
            frame = pl.DataFrame({"row": rows, "by": self._order().values(rows)})
            ordered = frame.sort(
                "by", descending=self.descending, nulls_last=True, maintain_order=True
            )
            return ordered["row"].head(wanted)
        order = self._order().rows(descending=self.descending)
        if found.in_base == len(found.base):
            return order.head(wanted)
        return first_of(order, found.base, wanted, found.in_base)

    def _order(self) -> Order:
        return order_of(self.catalogue, self.structure, self.column, self.locale)

    def _ids(self, rows: pl.Series) -> pl.Series:
        """Return the ids of stored rows."""
        asked = Column(name="id", dtype=pl.Int64())
        found: pl.Series = self.catalogue.column(PRODUCTS, asked, rows, self.structure)
        return found

    def _keys(self, rows: pl.Series) -> pl.Series:
        """Return what rows of all segments are ordered by."""
        if not self._order().is_text:
            values = self.catalogue.column(PRODUCTS, self.column, rows, self.structure)
            return comparable(self.structure, self.column, values, self.locale)
        height = self.catalogue.pieces[0].items.height
        base, later = rows.filter(rows < height), rows.filter(rows >= height)
        places = self._order().values(base).cast(pl.UInt64) * STEP + LAST
        return pl.concat([places, self._between().gather((later - height).cast(pl.UInt32))])

    def _between(self) -> pl.Series:
        """Return the places of later rows: those of the next text of the base, and their own."""
        known: pl.Series | None = self.catalogue.memory.get(self.column.name)
        if known is None:
            height = self.catalogue.pieces[0].items.height
            stored = self.catalogue.height(PRODUCTS)
            rows = pl.int_range(height, stored, dtype=pl.UInt32, eager=True)
            values = self.catalogue.column(PRODUCTS, self.column, rows, self.structure)
            known = _places(self._order().texts, alphabetic(values))
            remember(self.catalogue.memory, self.column.name, known, most=REMEMBERED)
        return known


def arranged(ids: pl.Series, by: pl.Series, *, descending: bool, first: int) -> pl.Series:
    """Return the first ids in the order of `by`; `ids` come in rising order."""
    frame = pl.DataFrame({"id": ids, "by": by})
    ordered = frame.sort("by", descending=descending, nulls_last=True, maintain_order=True)
    return ordered["id"].head(first)


def first_of(order: pl.Series, mask: pl.Series, wanted: int, count: int) -> pl.Series:
    """Return the first rows in an order that a mask names, without going through all of it."""
    step = min(len(order), 2 * wanted * len(order) // max(count, 1) + 1000)
    head = order.head(step)
    rows = head.filter(mask.gather(head))
    if len(rows) >= min(wanted, count):
        return rows.head(wanted)
    return order.filter(mask.gather(order)).head(wanted)


def _places(texts: pl.Series, later: pl.Series) -> pl.Series:
    """Return places of later texts among those of the base, which come sorted and distinct."""
    distinct = later.drop_nulls().unique().sort()
    at = texts.search_sorted(distinct) if len(texts) else pl.repeat(0, len(distinct), eager=True)
    own = pl.int_range(0, len(distinct), dtype=pl.UInt64, eager=True)
    if len(texts):
        same = texts.gather(at.clip(0, len(texts) - 1)) == distinct
        own = own.set(same & (at < len(texts)), LAST)
    places = at.cast(pl.UInt64) * STEP + own
    return later.replace_strict(distinct, places, default=None, return_dtype=pl.UInt64)
