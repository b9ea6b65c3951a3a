"""Switch products on and off."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal, Self

from pim.domain.operations.contract import EntityOperation, EntityState
from pim.domain.operations.reader import DocumentReader
from pim.domain.structure import Structure


@dataclass(frozen=True, kw_only=True)
class StatusOperation(EntityOperation):
    """Set the status of products; models have none and stay as they are."""

    keys: ClassVar[frozenset[str]] = frozenset()
    touches: ClassVar[Literal["enabled"]] = "enabled"
    status: ClassVar[bool]

    @classmethod
    def read(cls, reader: DocumentReader) -> Self | None:  # noqa: ARG003 - the contract gives it
        """Return the operation."""
        return cls()

    def to_document(self) -> dict[str, Any]:
        """Return the JSON document."""
        return {"type": self.type}

    def change(self, state: EntityState, structure: Structure) -> EntityState:
        """Return the state with the status, if it has one."""
        return state if state.enabled is None else replace(state, enabled=self.status)


@dataclass(frozen=True, kw_only=True)
class Enable(StatusOperation):
    """Let products go out to channels."""

    type: ClassVar[str] = "enable"
    status: ClassVar[bool] = True


@dataclass(frozen=True, kw_only=True)
class Disable(StatusOperation):
    """Keep products back from channels."""

    type: ClassVar[str] = "disable"
    status: ClassVar[bool] = False
