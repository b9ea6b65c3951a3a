"""Put products into groups and take them out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar, Final, Literal, Self

from pim.domain.operations.contract import EntityOperation, EntityState
from pim.domain.operations.reader import DocumentReader
from pim.domain.structure import Structure

PARTS: Final = ("groups", "remove", "add")


@dataclass(frozen=True, kw_only=True)
class SetGroups(EntityOperation):
    """Set groups {groups} to exactly these (none of them: []), or {add?, remove?} some.

    Models have no groups and stay as they are.
    """

    type: ClassVar[str] = "set_groups"
    keys: ClassVar[frozenset[str]] = frozenset(PARTS)
    touches: ClassVar[Literal["groups"]] = "groups"

    groups: tuple[str, ...] | None = None
    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()

    @classmethod
    def read(cls, reader: DocumentReader) -> Self | None:
        """Return the operation."""
        groups, remove, add = (reader.codes(name, "groups") for name in PARTS)
        exactly = reader.document.get("groups") is not None
        if not reader.violations and exactly == bool(add or remove):
            message = "Either the groups that products shall have are needed, or those to add or"
            message += " remove."
            mend = 'List codes under "groups", or under "add" and "remove".'
            reader.note("not_exactly_one", "groups", message, "", mend=mend)
        if reader.violations:
            return None
        return cls(groups=groups if exactly else None, add=add, remove=remove)

    def to_document(self) -> dict[str, Any]:
        """Return the JSON document."""
        if self.groups is not None:
            return {"type": self.type, "groups": list(self.groups)}
        parts = {name: list(getattr(self, name)) for name in PARTS[1:] if getattr(self, name)}
        return {"type": self.type, **parts}

    def change(self, state: EntityState, structure: Structure) -> EntityState:
        """Return the state with the groups afterwards, if it has any."""
        if state.groups is None:
            return state
        if self.groups is not None:
            return replace(state, groups=frozenset(self.groups))
        return replace(state, groups=frozenset({*(state.groups - {*self.remove}), *self.add}))
