"""What a step wants to know of prices gone by: asked once per publication, for all products."""

from __future__ import annotations

from dataclasses import dataclass

#: Begins the names of columns that the projection has not: they are worked out from history.
PAST = "\x02"


@dataclass(frozen=True, kw_only=True)
class Place:
    """One price: its column in the projection, its place in documents, its currency."""

    column: str
    path: tuple[str, ...]
    currency: str


@dataclass(frozen=True, kw_only=True)
class PastPrice:
    """The lowest price of the `days` before a reduction or before now, per product."""

    price: Place
    sale: Place | None
    days: int
    before: str
    young: str
    look_back: int

    @property
    def column(self) -> str:
        """Return the name of the column that holds the answer; equal questions share it."""
        sale = self.sale.column if self.sale else ""
        parts = (self.price.column, sale, self.days, self.before, self.young, self.look_back)
        return PAST + " ".join(map(str, parts))

    @property
    def needs(self) -> frozenset[str]:
        """Return the columns of the projection that the answer is worked out from."""
        sale = {self.sale.column} if self.sale else set()
        return frozenset({"id", "parent", "root", "created", self.price.column} | sale)
