"""How many rows came to what, and what a person decided about rows and empty cells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Mode = Literal["create_or_update", "create", "update"]
Blank = Literal["keep", "clear", "refuse"]


@dataclass
class Counts:
    """rows = created + updated + unchanged + rejected, always; beside them warnings and conflicts.

    A conflict is a cell, its row counts as what the row's other cells come to.
    """

    rows: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0
    warnings: int = 0
    conflicts: int = 0

    def add(self, other: Counts) -> None:
        """Add another chunk's counts."""
        for name in self.__dataclass_fields__:
            setattr(self, name, getattr(self, name) + getattr(other, name))
