"""What every operation answers: which cells it touches and what becomes of their data."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Self

from pim.domain import addresses, values
from pim.domain.addresses import Address
from pim.domain.attribute_types import Checked, check, relocate
from pim.domain.operations.reader import DocumentReader
from pim.domain.structure import Structure
from pim.domain.values import Cell, Document


class Operation(ABC):
    """One verb of the operation language; a frozen dataclass that its own file parses.

    `type` is its name in documents, `keys` the members that a document may have beside it.
    """

    type: ClassVar[str]
    keys: ClassVar[frozenset[str]]

    @classmethod
    @abstractmethod
    def read(cls, reader: DocumentReader) -> Self | None:
        """Return the operation, or None after noting what is wrong with its document."""

    @abstractmethod
    def to_document(self) -> dict[str, Any]:
        """Return the JSON document, in canonical form, which reads back as the same operation."""


@dataclass(frozen=True, kw_only=True)
class CellOperation(Operation):
    """Change the data of some cells of one attribute."""

    field: str
    address: Address

    def cells(self, structure: Structure) -> list[Cell]:
        """Return the cells that it may write, as the structure stands now."""
        return addresses.cells(structure.attributes[self.field], self.address, structure)

    @abstractmethod
    def new_data(self, old: Any, cell: Cell, document: Document, structure: Structure) -> Checked:
        """Return the data that the cell has afterwards, not yet checked; None for no value.

        `document` holds the product's values, inherited ones included, before the operation.
        """

    def apply(self, cell: Cell, document: Document, structure: Structure) -> Checked:
        """Return the canonical data of a cell afterwards, or why the cell must stay as it is.

        Violations carry the cell's column as path.
        """
        old = values.get(document, cell)
        data, violations = self.new_data(old, cell, document, structure)
        if not violations and data != old:
            data, violations = check(data, structure.attributes[cell.attribute], structure)
        return Checked(data, relocate(violations, cell.attribute, cell.column))

    def where(self, names: tuple[str, str] = ("scope", "locale")) -> dict[str, Any]:
        """Return the members of a document that say where."""
        return described(self.address, names)


def described(address: Address, names: tuple[str, str]) -> dict[str, Any]:
    """Return an address as members of a document."""
    given = zip(names, (address.scope, address.locale), strict=True)
    return {
        name: list(choice) if isinstance(choice, tuple) else choice
        for name, choice in given
        if choice is not None
    }


@dataclass(frozen=True, kw_only=True)
class EntityState:
    """What operations change of a product beside its values.

    `enabled` and `groups` are None for models, which have neither.
    """

    enabled: bool | None = True
    categories: frozenset[str] = frozenset()
    groups: frozenset[str] | None = frozenset()


class EntityOperation(Operation):
    """Change what a product is, not what it says; `touches` is the part of its state."""

    touches: ClassVar[Literal["enabled", "categories", "groups"]]

    @abstractmethod
    def change(self, state: EntityState, structure: Structure) -> EntityState:
        """Return the state afterwards."""


class PlaceOperation(Operation):
    """Change where a product belongs: its family, the model above it."""
