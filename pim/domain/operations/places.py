"""Change where products belong: to another family, below another model, below none."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from pim.domain.attribute_types.problems import listed
from pim.domain.operations.contract import PlaceOperation
from pim.domain.operations.reader import DocumentReader
from pim.domain.structure import Family, Structure


@dataclass(frozen=True, kw_only=True)
class SetFamily(PlaceOperation):
    """Set the family {family} of simple products; null leaves none.

    Values of attributes that the new family lacks stay stored, outside the family: nothing is lost
    for good. Variants and models have the family of their family variant.
    """

    type: ClassVar[str] = "set_family"
    keys: ClassVar[frozenset[str]] = frozenset({"family"})

    family: str | None

    @classmethod
    def read(cls, reader: DocumentReader) -> Self | None:
        """Return the operation; to take the family away its null must be written."""
        given = reader.document.get("family", "")
        if given is None:
            return cls(family=None)
        found = reader.structure.families.get(given) if isinstance(given, str) else None
        if found is None:
            message = 'There is no family "{value}".' if given else "The family is missing."
            known = listed((family.code for family in reader.structure.families), most=20)
            reader.note("unknown_family", "family", message, given, known=known,
                        mend="Choose one of {known}, or null for none.")  # fmt: skip
            return None
        return cls(family=found.code)

    def to_document(self) -> dict[str, Any]:
        """Return the JSON document."""
        return {"type": self.type, "family": self.family}

    def lost(
        self, held: Iterable[str], old: Family | None, structure: Structure
    ) -> tuple[str, ...]:
        """Return the attributes among those held that only the old family has.

        A product without family has every attribute.
        """
        if self.family is None:
            return ()
        new = structure.families[self.family].attributes
        return tuple(
            code for code in held if code not in new and (old is None or code in old.attributes)
        )


@dataclass(frozen=True, kw_only=True)
class SetParent(PlaceOperation):
    """Put products below the model {parent}: simple ones of its family, variants of its variant."""

    type: ClassVar[str] = "set_parent"
    keys: ClassVar[frozenset[str]] = frozenset({"parent"})

    parent: str

    @classmethod
    def read(cls, reader: DocumentReader) -> Self | None:
        """Return the operation; whether there is such a model is asked where it is stored."""
        parent = reader.text("parent")
        return None if parent is None else cls(parent=parent)

    def to_document(self) -> dict[str, Any]:
        """Return the JSON document."""
        return {"type": self.type, "parent": self.parent}


@dataclass(frozen=True, kw_only=True)
class ToSimple(PlaceOperation):
    """Make variants simple products, which take along all that they show."""

    type: ClassVar[str] = "to_simple"
    keys: ClassVar[frozenset[str]] = frozenset()

    @classmethod
    def read(cls, reader: DocumentReader) -> Self | None:  # noqa: ARG003 - the contract gives it
        """Return the operation."""
        return cls()

    def to_document(self) -> dict[str, Any]:
        """Return the JSON document."""
        return {"type": self.type}
