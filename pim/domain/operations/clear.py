"""Take values away."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Self

from pim.domain.attribute_types import EMPTY, Checked
from pim.domain.operations.contract import CellOperation
from pim.domain.operations.reader import DocumentReader
from pim.domain.structure import Structure
from pim.domain.values import Cell, Document


@dataclass(frozen=True, kw_only=True)
class Clear(CellOperation):
    """Clear {field}: leave no value in the cells."""

    type: ClassVar[str] = "clear"
    keys: ClassVar[frozenset[str]] = frozenset({"field", "scope", "locale"})

    @classmethod
    def read(cls, reader: DocumentReader) -> Self | None:
        """Return the operation."""
        attribute = reader.attribute()
        address = reader.address(attribute) if attribute else None
        if attribute is None or address is None:
            return None
        return cls(field=attribute.code, address=address)

    def to_document(self) -> dict[str, Any]:
        """Return the JSON document."""
        return {"type": self.type, "field": self.field, **self.where()}

    def new_data(self, old: Any, cell: Cell, document: Document, structure: Structure) -> Checked:
        """Return no value."""
        return EMPTY
