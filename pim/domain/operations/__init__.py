"""The one operation language: bulk edits, campaigns, rules, imports and single edits.

A document is a list of `{"type", ...}`. Each operation is one class in one file: it reads its own
document, names the cells that it writes, and computes their new data one by one. That is the
meaning which every compiler of operations must agree with.
"""

from __future__ import annotations

from typing import Any

from pim.domain.attribute_types import Checked
from pim.domain.operations.affix import Append, Prefix
from pim.domain.operations.attach import AttachMedia
from pim.domain.operations.calculate import Calculate, Rounding
from pim.domain.operations.categorize import Categorize
from pim.domain.operations.change_case import ChangeCase
from pim.domain.operations.clear import Clear
from pim.domain.operations.contract import (
    CellOperation,
    EntityOperation,
    EntityState,
    Operation,
    PlaceOperation,
)
from pim.domain.operations.copy import Copy
from pim.domain.operations.groups import SetGroups
from pim.domain.operations.items import Add, ItemOperation, Remove
from pim.domain.operations.links import Associate, Dissociate, LinkOperation
from pim.domain.operations.parse import OPERATIONS, parse
from pim.domain.operations.places import SetFamily, SetParent, ToSimple
from pim.domain.operations.removal import Delete, RemovalOperation, Restore
from pim.domain.operations.replace_text import ReplaceText
from pim.domain.operations.set_value import SetValue
from pim.domain.operations.shift_date import ShiftDate
from pim.domain.operations.status import Disable, Enable, StatusOperation
from pim.domain.operations.trim import Trim
from pim.domain.structure import Structure
from pim.domain.values import Cell, Document

__all__ = [
    "OPERATIONS",
    "Add",
    "Append",
    "Associate",
    "AttachMedia",
    "Calculate",
    "Categorize",
    "CellOperation",
    "ChangeCase",
    "Clear",
    "Copy",
    "Delete",
    "Disable",
    "Dissociate",
    "Enable",
    "EntityOperation",
    "EntityState",
    "ItemOperation",
    "LinkOperation",
    "Operation",
    "PlaceOperation",
    "Prefix",
    "RemovalOperation",
    "Remove",
    "ReplaceText",
    "Restore",
    "Rounding",
    "SetFamily",
    "SetGroups",
    "SetParent",
    "SetValue",
    "ShiftDate",
    "StatusOperation",
    "ToSimple",
    "Trim",
    "apply_to",
    "cells",
    "parse",
    "to_documents",
]


def cells(operation: Operation, structure: Structure) -> list[Cell]:
    """Return the cells that an operation may write; none for those that change the product."""
    return operation.cells(structure) if isinstance(operation, CellOperation) else []


def apply_to(
    operation: CellOperation, cell: Cell, document: Document, structure: Structure
) -> Checked:
    """Return a cell's canonical data after an operation, None for no value.

    `document` is the product's values before it, inherited ones included. With violations the
    cell stays as it is, whatever the data says.
    """
    return operation.apply(cell, document, structure)


def to_documents(operations: tuple[Operation, ...]) -> list[dict[str, Any]]:
    """Return the JSON list of operations."""
    return [operation.to_document() for operation in operations]
