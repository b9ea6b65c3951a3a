"""The flat format of the structure, both ways."""

from __future__ import annotations

from pim.structure.flat.apply import apply_rows
from pim.structure.flat.entities import ENTITIES, LAYOUTS, Entity
from pim.structure.flat.export import export_rows
from pim.structure.flat.reading import Blank, Row, RowOutcome

__all__ = [
    "ENTITIES",
    "LAYOUTS",
    "Blank",
    "Entity",
    "Row",
    "RowOutcome",
    "apply_rows",
    "export_rows",
]
