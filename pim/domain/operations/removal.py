"""Put products and models into the bin, and take them out of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Self

from pim.domain.operations.contract import Operation
from pim.domain.operations.reader import DocumentReader


@dataclass(frozen=True, kw_only=True)
class RemovalOperation(Operation):
    """Decide whether a product is there at all; stands alone in its list."""

    keys: ClassVar[frozenset[str]] = frozenset()

    @classmethod
    def read(cls, reader: DocumentReader) -> Self | None:  # noqa: ARG003 - the contract gives it
        """Return the operation."""
        return cls()

    def to_document(self) -> dict[str, Any]:
        """Return the JSON document."""
        return {"type": self.type}


@dataclass(frozen=True, kw_only=True)
class Delete(RemovalOperation):
    """Put products into the bin, and models with everything that stands below them."""

    type: ClassVar[str] = "delete"


@dataclass(frozen=True, kw_only=True)
class Restore(RemovalOperation):
    """Take products and models out of the bin, with what they had."""

    type: ClassVar[str] = "restore"
