"""What rules read and write, as names of columns: by these they are compared with each other."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from pim.domain.conditions import Condition, Leaf, leaves
from pim.domain.operations import (
    Append,
    Calculate,
    CellOperation,
    Copy,
    EntityOperation,
    ItemOperation,
    Operation,
    Prefix,
    ReplaceText,
    SetFamily,
    SetGroups,
    SetParent,
    ShiftDate,
    StatusOperation,
    ToSimple,
)
from pim.domain.structure import ALL, Structure
from pim.domain.values import Cell

#: What reads or writes it has to do with everything.
ANY: Final = "*"

Names = frozenset[str]

#: Fields of conditions that hang on all the rest of a product.
_WHOLE: Final = frozenset({"completeness", "updated", "rejected_by", "published_in"})
#: What makes something else of what it has made, every time.
_COMPOUNDING: Final = (Append, Prefix, Calculate, ShiftDate, ReplaceText)


def writes(operation: Operation, structure: Structure) -> Names:
    """Return the columns and fields that an operation may write."""
    if isinstance(operation, CellOperation):
        return frozenset(cell.column for cell in operation.cells(structure))
    if isinstance(operation, EntityOperation):
        return frozenset({operation.touches})
    if isinstance(operation, SetFamily):
        return frozenset({"family"})
    if isinstance(operation, SetParent | ToSimple):
        return frozenset({ANY})  # other values are inherited afterwards
    return frozenset({"associations"})


def sets(operation: Operation, structure: Structure) -> Names:
    """Return the columns of which an operation says the whole: two such contradict each other."""
    if isinstance(operation, ItemOperation):
        return frozenset()
    if isinstance(operation, CellOperation | StatusOperation | SetGroups | SetFamily):
        return writes(operation, structure)
    return frozenset()


def reads(condition: Condition) -> Names:
    """Return the columns and fields that a condition asks for."""
    return frozenset(_name(leaf) for leaf in leaves(condition.root))


def sources(operation: Operation, structure: Structure) -> Names:
    """Return the columns that an operation takes data from, beside those that it writes."""
    if not isinstance(operation, Copy):
        return frozenset()
    cells = operation.cells(structure)
    return frozenset(operation.source_cell(cell).column for cell in cells)


def compounds(operation: Operation) -> bool:
    """Tell whether an operation carried out twice does more than once."""
    return isinstance(operation, _COMPOUNDING)


def meet(written: Names, read: Names) -> Names:
    """Return what of the written is read."""
    if ANY in read:
        return written
    if ANY in written:
        return read
    return written & read


def union(names: Iterable[Names]) -> Names:
    """Return all names of several sets."""
    return frozenset().union(*names)


def _name(leaf: Leaf) -> str:
    if leaf.field in _WHOLE:
        return ANY
    return Cell(leaf.field, leaf.scope or ALL, leaf.locale or ALL).column
