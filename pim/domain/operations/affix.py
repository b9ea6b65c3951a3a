"""Put text before and behind texts."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from pim.domain.attribute_types import Checked
from pim.domain.operations.contract import CellOperation
from pim.domain.operations.reader import DocumentReader
from pim.domain.structure import Structure
from pim.domain.values import Cell, Document


@dataclass(frozen=True, kw_only=True)
class AffixOperation(CellOperation):
    """Lengthen {field, text} texts by the same words, as they are given; empty ones stay empty."""

    keys: ClassVar[frozenset[str]] = frozenset({"field", "text", "scope", "locale"})

    text: str

    @classmethod
    def read(cls, reader: DocumentReader) -> Self | None:
        """Return the operation."""
        attribute = reader.of_kind(("text",), "text")
        address = reader.address(attribute) if attribute else None
        text = reader.text("text")
        if attribute is None or address is None or text is None:
            return None
        return cls(field=attribute.code, address=address, text=text)

    def to_document(self) -> dict[str, Any]:
        """Return the JSON document."""
        return {"type": self.type, "field": self.field, "text": self.text, **self.where()}

    def new_data(self, old: Any, cell: Cell, document: Document, structure: Structure) -> Checked:
        """Return the longer text."""
        return Checked(self.lengthened(old) if isinstance(old, str) else old)

    @abstractmethod
    def lengthened(self, old: str) -> str:
        """Return the text with the words at their end of it."""


@dataclass(frozen=True, kw_only=True)
class Prefix(AffixOperation):
    """Put text before texts."""

    type: ClassVar[str] = "prefix"

    def lengthened(self, old: str) -> str:
        """Return the words and the text."""
        return self.text + old


@dataclass(frozen=True, kw_only=True)
class Append(AffixOperation):
    """Put text behind texts."""

    type: ClassVar[str] = "append"

    def lengthened(self, old: str) -> str:
        """Return the text and the words."""
        return old + self.text
