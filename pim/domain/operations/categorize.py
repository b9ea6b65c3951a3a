"""Put products into categories and take them out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar, Final, Literal, Self

from pim.domain.operations.contract import EntityOperation, EntityState
from pim.domain.operations.reader import DocumentReader
from pim.domain.structure import Structure

PARTS: Final = ("remove", "move", "add")


@dataclass(frozen=True, kw_only=True)
class Categorize(EntityOperation):
    """Categorize {add?, remove?, move?}: lists of category codes, at least one.

    `move` takes the product out of every category in the trees of the codes and puts it into
    those; other trees are left alone. In the order remove, move, add.
    """

    type: ClassVar[str] = "categorize"
    keys: ClassVar[frozenset[str]] = frozenset(PARTS)
    touches: ClassVar[Literal["categories"]] = "categories"

    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()
    move: tuple[str, ...] = ()

    @classmethod
    def read(cls, reader: DocumentReader) -> Self | None:
        """Return the operation."""
        parts = {name: reader.codes(name, "categories") for name in PARTS}
        if not reader.violations and not any(parts.values()):
            message = "There is no category to add, remove or move to."
            mend = 'List codes under "add", "remove" or "move".'
            reader.note("empty_value", "add", message, "", mend=mend)
        return None if reader.violations else cls(**parts)

    def to_document(self) -> dict[str, Any]:
        """Return the JSON document."""
        parts = {name: list(getattr(self, name)) for name in PARTS if getattr(self, name)}
        return {"type": self.type, **parts}

    def change(self, state: EntityState, structure: Structure) -> EntityState:
        """Return the state with the categories afterwards."""
        held = state.categories - set(self.remove)
        trees = {structure.categories[code].root for code in self.move}
        stay = {code for code in held if structure.categories[code].root not in trees}
        return replace(state, categories=frozenset({*stay, *self.move, *self.add}))
