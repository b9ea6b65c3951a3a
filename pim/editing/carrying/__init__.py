"""How operations are carried out that change what a product is: its links, family and parent."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from pim.domain.operations import (
    AttachMedia,
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
from pim.editing.carrying.attaching import AttachRows
from pim.editing.carrying.deleting import DeleteRows
from pim.editing.carrying.families import FamilyOutcomes, FamilyRows
from pim.editing.carrying.links import link_rows
from pim.editing.carrying.parents import ParentRows
from pim.editing.carrying.restoring import RestoreRows
from pim.editing.carrying.simple import SimpleRows
from pim.editing.rows import Rows

__all__ = ["rows_of"]


_MAKERS: Final[Mapping[type[Operation], Callable[[Any, Structure], Rows]]] = {
    SetFamily: lambda operation, structure: FamilyRows(FamilyOutcomes(operation, structure)),
    SetParent: ParentRows,
    ToSimple: lambda _, structure: SimpleRows(structure),
    AttachMedia: AttachRows,
    Delete: lambda _operation, _structure: DeleteRows(),
    Restore: lambda _, structure: RestoreRows(structure),
}


def rows_of(operation: Operation, structure: Structure) -> Rows:
    """Return what carries an operation out; Refused for one that bulk edits do not know."""
    if isinstance(operation, LinkOperation):
        return link_rows(operation, structure)
    make = _MAKERS.get(type(operation), rows.rows_of)
    return make(operation, structure)
