"""How operations are carried out that change what a product is: its links, family and parent."""

from __future__ import annotations

from pim.domain.operations import (
    Delete,
    LinkOperation,
    Operation,
    Restore,
    SetFamily,
    SetParent,
    ToSimple,
)
from pim.domain.structure import Structure
from pim.editing import rows
from pim.editing.carrying.families import FamilyOutcomes, FamilyRows
from pim.editing.carrying.links import link_rows
from pim.editing.carrying.parents import ParentRows
from pim.editing.carrying.deleting import DeleteRows
from pim.editing.carrying.restoring import RestoreRows
from pim.editing.carrying.simple import SimpleRows
from pim.editing.rows import Rows

__all__ = ["rows_of"]


def rows_of(operation: Operation, structure: Structure) -> Rows:
    """Return what carries an operation out; Refused for one that bulk edits do not know."""
    match operation:
        case LinkOperation():
            return link_rows(operation, structure)
        case SetFamily():
            return FamilyRows(FamilyOutcomes(operation, structure))
        case SetParent():
            return ParentRows(operation, structure)
        case ToSimple():
            return SimpleRows(structure)
        case Delete():
            return DeleteRows()
        case Restore():
            return RestoreRows(structure)
    return rows.rows_of(operation, structure)
