"""A copy and what is done to it, as one operation: what it comes to can be compared with the old.

Carried out one by one, the copy would be written first and changed afterwards, with every run
anew, though the product ends as it began.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pim.domain import values
from pim.domain.attribute_types import Checked
from pim.domain.operations import CellOperation, Copy, Operation
from pim.domain.structure import Structure
from pim.domain.values import Cell, Document, merge, patch_of


@dataclass(frozen=True, kw_only=True)
class CopyThen(Copy):
    """A copy whose data go through further operations on the same cells."""

    then: tuple[CellOperation, ...] = ()

    def new_data(self, old: Any, cell: Cell, document: Document, structure: Structure) -> Checked:
        """Return what the source comes to; from an empty source nothing is made."""
        if values.get(document, self.source_cell(cell)) is None:
            return Checked(old)
        found = super().new_data(old, cell, document, structure)
        for step in self.then:
            if found.violations:
                return found
            between = merge(document, patch_of(cell, None))
            between = merge(between, patch_of(cell, found.data))
            found = step.new_data(found.data, cell, between, structure)
        return found


def joined(steps: Sequence[Operation], structure: Structure) -> Iterator[tuple[int, Operation]]:
    """Yield operations with their place, those that only change a copy together with it."""
    place = 0
    while place < len(steps):
        step, first = steps[place], place
        place += 1
        if isinstance(step, Copy):
            cells = step.cells(structure)
            after: list[CellOperation] = []
            while place < len(steps) and _changes(steps[place], step, cells, structure):
                after.append(steps[place])  # type: ignore[arg-type]
                place += 1
            if after:
                step = CopyThen(**{**vars(step), "then": tuple(after)})
        yield first, step


def _changes(step: Operation, copy: Copy, cells: Sequence[Cell], structure: Structure) -> bool:
    return (
        isinstance(step, CellOperation)
        and not isinstance(step, Copy)
        and step.field == copy.field
        and step.cells(structure) == list(cells)
    )
