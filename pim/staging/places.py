"""Where the values of rows may live: a few places, shared by many rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import polars as pl

from pim.domain.structure import Family, FamilyVariant


@dataclass(frozen=True, slots=True)
class Placement:
    """Where values of a row may live: family, family variant and level.

    A simple product has no variant and level 0; a product without a family takes any attribute.
    """

    family: Family | None
    variant: FamilyVariant | None
    level: int

    def owns(self, attribute: str) -> bool:
        """Tell whether an attribute's value may stand here."""
        if self.family is None:
            return True
        if attribute not in self.family.attributes:
            return False
        return self.variant is None or self.variant.holds(attribute, self.level)

    @property
    def axes(self) -> tuple[str, ...]:
        """Return the axes that tell a row here from its siblings."""
        if self.variant is None or self.level == 0:
            return ()
        return self.variant.levels[self.level - 1].axes


NOWHERE = Placement(None, None, 0)


@dataclass(frozen=True, kw_only=True)
class Placed:
    """The rows of a chunk, each with its entity, its parent and its place.

    `frame` has `__row__`, `name` and `key`; of a stored entity `id` (null: it is new) and what
    `pim.products.frames.find_entities` tells; of a parent what `find_models` tells; and `place`, an
    index into `places`.
    """

    frame: pl.DataFrame
    places: Sequence[Placement]

    @cached_property
    def known(self) -> pl.Series:
        """Return whether each row speaks of a stored entity."""
        return self.frame["id"].is_not_null()

    def owned(self, attribute: str) -> pl.Series:
        """Return whether each row's place may hold the attribute."""
        return self.told(pl.Series([p.owns(attribute) for p in self.places], dtype=pl.Boolean))

    def on_axis(self, attribute: str) -> pl.Series:
        """Return whether the attribute tells each row from its siblings."""
        return self.told(pl.Series([attribute in p.axes for p in self.places], dtype=pl.Boolean))

    def told(self, by_place: pl.Series) -> pl.Series:
        """Return for each row what a series says of its place."""
        return by_place.gather(self.frame["place"])

    def place_of(self, position: int) -> Placement:
        """Return the place of one row."""
        return self.places[int(self.frame["place"][position])]
