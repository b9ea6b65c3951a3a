"""Values of a product through its models: which level each comes from, what it hides.

A value lives at the level that its family variant names as owner, and is read-only below. Where
the variant marks the attribute overridable, a level below may hold a value of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pim.domain.structure import FamilyVariant
from pim.domain.values import Cell, Document, cells


@dataclass(frozen=True, kw_only=True)
class ResolvedValue:
    """The data that counts, the level it comes from (0 is the root), and what it hides.

    `inherited` is what would count without the data of the own level: for an inherited value the
    data itself, for an overridden one the model's, None where nothing stands above.
    """

    data: Any
    level: int
    own: bool
    inherited: Any = None

    @property
    def overridden(self) -> bool:
        """Tell whether an own value hides an inherited one."""
        return self.own and self.inherited is not None


@dataclass(frozen=True)
class Resolved:
    """Every value that counts for one product or model, by cell."""

    cells: Mapping[Cell, ResolvedValue]

    def document(self) -> dict[str, Any]:
        """Return the values as one document, inherited ones included."""
        document: dict[str, Any] = {}
        for cell, value in self.cells.items():
            channels = document.setdefault(cell.attribute, {})
            channels.setdefault(cell.channel, {})[cell.locale] = value.data
        return document


def resolve(levels: Sequence[Document], variant: FamilyVariant | None) -> Resolved:
    """Return the values of the last of some levels, given from the root model to itself.

    A simple product is one level without family variant. Data at a level that may not hold it is
    left out: the owner's counts.
    """
    own = len(levels) - 1
    found: dict[Cell, ResolvedValue] = {}
    for level, cell, data in _held(levels, variant):
        above = found.get(cell)
        found[cell] = ResolvedValue(
            data=data,
            level=level,
            own=level == own,
            inherited=(above.data if above else None) if level == own else data,
        )
    return Resolved(found)


def _held(
    levels: Sequence[Document], variant: FamilyVariant | None
) -> Iterator[tuple[int, Cell, Any]]:
    for level, document in enumerate(levels):
        for cell, data in cells(document):
            if variant is None or variant.holds(cell.attribute, level):
                yield level, cell, data
