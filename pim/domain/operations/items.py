"""Add items to values that hold several, and take items from them."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from pim.domain.addresses import join
from pim.domain.attribute_types import Checked, check, relocate, type_of
from pim.domain.operations.contract import CellOperation
from pim.domain.operations.reader import DocumentReader
from pim.domain.structure import Attribute, Structure
from pim.domain.values import Cell, Document


@dataclass(frozen=True, kw_only=True)
class ItemOperation(CellOperation):
    """Change {field, items}; `items` is in the canonical form of the attribute's type.

    For prices the items are amounts by currency; to remove one its currency is enough.
    """

    keys: ClassVar[frozenset[str]] = frozenset({"field", "items", "scope", "locale"})

    items: Any

    @classmethod
    def read(cls, reader: DocumentReader) -> Self | None:
        """Return the operation with its items in canonical form."""
        attribute = _with_items(reader)
        address = reader.address(attribute) if attribute else None
        items = (
            cls.read_items(reader.document.get("items"), attribute, reader) if attribute else None
        )
        if attribute is None or address is None or items is None:
            return None
        return cls(field=attribute.code, address=address, items=items)

    @classmethod
    def read_items(cls, given: Any, attribute: Attribute, reader: DocumentReader) -> Any:
        """Return the items as the attribute's type checks them, None after noting why not."""
        data, violations = check(given, attribute, reader.structure)
        path = join(reader.path, "items")
        reader.violations.extend(relocate(violations, attribute.code, path))
        if data is None and not violations:
            message = "There are no items."
            reader.note("empty_value", "items", message, given, mend="List at least one.")
        return data

    def to_document(self) -> dict[str, Any]:
        """Return the JSON document."""
        return {"type": self.type, "field": self.field, "items": self.items, **self.where()}

    def new_data(self, old: Any, cell: Cell, document: Document, structure: Structure) -> Checked:
        """Return the old items with these added or removed."""
        return Checked(self.merged(old) or None)

    @abstractmethod
    def merged(self, old: Any) -> Any:
        """Return the items afterwards."""


@dataclass(frozen=True, kw_only=True)
class Add(ItemOperation):
    """Add items that are not there yet; a price takes the place of the one in its currency."""

    type: ClassVar[str] = "add"

    def merged(self, old: Any) -> Any:
        """Return the old items and the new ones after them."""
        if isinstance(self.items, Mapping):
            return {**(old or {}), **self.items}
        return list(dict.fromkeys([*(old or ()), *self.items]))


@dataclass(frozen=True, kw_only=True)
class Remove(ItemOperation):
    """Remove items that are there; the others stay, in their order."""

    type: ClassVar[str] = "remove"

    @classmethod
    def read_items(cls, given: Any, attribute: Attribute, reader: DocumentReader) -> Any:
        """Return the items; for prices the currencies alone, with or without amounts."""
        if type_of(attribute).kind == "price" and isinstance(given, list | tuple):
            names = [item.get("currency") if isinstance(item, Mapping) else item for item in given]
            if names and all(isinstance(name, str) for name in names):
                return [_stored(str(name), reader.structure) for name in names]
        return super().read_items(given, attribute, reader)

    def merged(self, old: Any) -> Any:
        """Return the old items without these."""
        if isinstance(old, Mapping):
            return {key: data for key, data in old.items() if key not in self.items}
        return [item for item in old or () if item not in self.items]


def _stored(code: str, structure: Structure) -> str:
    currency = structure.currencies.get(code)
    return currency.code if currency else code


def _with_items(reader: DocumentReader) -> Attribute | None:
    attribute = reader.attribute()
    if attribute is None or type_of(attribute).has_items:
        return attribute
    reader.note(
        "type_not_allowed",
        "field",
        "{value} holds one value, not several items.",
        attribute.code,
        mend='Use the operations "set" and "clear".',
    )
    return None
