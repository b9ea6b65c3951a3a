"""Give cells a value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Self

from pim.domain.addresses import join
from pim.domain.attribute_types import Checked, check, relocate, type_of
from pim.domain.operations.contract import CellOperation
from pim.domain.operations.reader import DocumentReader
from pim.domain.structure import Attribute, Structure
from pim.domain.values import Cell, Document


@dataclass(frozen=True, kw_only=True)
class SetValue(CellOperation):
    """Set {field, value, only_empty?}: put canonical data into every cell, or the empty ones."""

    type: ClassVar[str] = "set"
    keys: ClassVar[frozenset[str]] = frozenset({"field", "value", "only_empty", "scope", "locale"})

    value: Any
    only_empty: bool = False

    @classmethod
    def read(cls, reader: DocumentReader) -> Self | None:
        """Return the operation with its value in canonical form."""
        attribute = reader.attribute()
        only_empty = reader.flag("only_empty")
        if attribute is None:
            return None
        address = reader.address(attribute)
        value = _value(reader.document.get("value"), attribute, reader)
        if address is None or value is None:
            return None
        return cls(field=attribute.code, address=address, value=value, only_empty=only_empty)

    def to_document(self) -> dict[str, Any]:
        """Return the JSON document."""
        only = {"only_empty": True} if self.only_empty else {}
        return {
            "type": self.type, "field": self.field, "value": self.value, **only, **self.where()
        }  # fmt: skip

    def new_data(self, old: Any, cell: Cell, document: Document, structure: Structure) -> Checked:
        """Return the value, or the old data where only empty cells are meant."""
        kept = self.only_empty and not _is_empty(old, cell, structure)
        return Checked(old if kept else self.value)


def _is_empty(data: Any, cell: Cell, structure: Structure) -> bool:
    return type_of(structure.attributes[cell.attribute]).is_empty(data)


def _value(given: Any, attribute: Attribute, reader: DocumentReader) -> Any:
    data, violations = check(given, attribute, reader.structure)
    path = join(reader.path, "value")
    reader.violations.extend(relocate(violations, attribute.code, path))
    if data is None and not violations:
        mend = 'Use the operation "clear" to take values away.'
        reader.note("empty_value", "value", "There is no value to set.", given, mend=mend)
    return data
