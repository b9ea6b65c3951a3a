"""Copy values from one attribute, channel or locale to another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Final, Self

from pim.domain import values
from pim.domain.addresses import EVERY, Address
from pim.domain.attribute_types import CellFormat, Checked, type_of
from pim.domain.operations.contract import CellOperation, described
from pim.domain.operations.reader import DocumentReader
from pim.domain.structure import ALL, Attribute, Structure
from pim.domain.values import Cell, Document

FROM: Final = ("from_scope", "from_locale")
TO: Final = ("to_scope", "to_locale")

#: Types whose one cell of text other types can read.
_TEXT: Final = frozenset({"pim_catalog_text", "pim_catalog_textarea"})
_ONE_CELL: Final = _TEXT | {
    "pim_catalog_number",
    "pim_catalog_date",
    "pim_catalog_simpleselect",
    "pim_reference_data_simpleselect",
}
_MANY: Final = {
    "pim_catalog_simpleselect": "pim_catalog_multiselect",
    "pim_reference_data_simpleselect": "pim_reference_data_multiselect",
}


@dataclass(frozen=True, kw_only=True)
class Copy(CellOperation):
    """Copy {from_field, from_scope, from_locale, to_field, to_scope, to_locale}.

    A `from_scope` or `from_locale` of "*" means the one of the cell written. An empty source
    leaves the target as it is. Between types: anything to its own type; text, number, date and
    simple select to text; a simple select to a multi select.
    """

    type: ClassVar[str] = "copy"
    keys: ClassVar[frozenset[str]] = frozenset({"from_field", "to_field", *FROM, *TO})

    source: str
    source_address: Address

    @classmethod
    def read(cls, reader: DocumentReader) -> Self | None:
        """Return the operation."""
        source, target = reader.attribute("from_field"), reader.attribute("to_field")
        source_address = reader.address(source, FROM) if source else None
        address = reader.address(target, TO) if target else None
        if source is None or target is None or source_address is None or address is None:
            return None
        if _refused(source, target, source_address, reader):
            return None
        return cls(
            field=target.code, address=address, source=source.code, source_address=source_address
        )

    def to_document(self) -> dict[str, Any]:
        """Return the JSON document."""
        return {
            "type": self.type,
            "from_field": self.source,
            **described(self.source_address, FROM),
            "to_field": self.field,
            **self.where(TO),
        }

    def source_cell(self, target: Cell) -> Cell:
        """Return the cell that is copied to a target cell."""
        here, there = self.source_address, target
        channel = there.channel if here.scope == EVERY else str(here.scope or ALL)
        locale = there.locale if here.locale == EVERY else str(here.locale or ALL)
        return Cell(self.source, channel, locale)

    def new_data(self, old: Any, cell: Cell, document: Document, structure: Structure) -> Checked:
        """Return the source's data in the form of the target's type."""
        source, target = structure.attributes[self.source], structure.attributes[self.field]
        data = values.get(document, self.source_cell(cell))
        if type_of(source).is_empty(data):
            return Checked(old)
        if source.type == target.type:
            return Checked(data)
        text = type_of(source).to_cells(data, source, structure)[""]
        return type_of(target).from_cells({"": text}, target, structure, CellFormat())


def _refused(
    source: Attribute, target: Attribute, from_address: Address, reader: DocumentReader
) -> bool:
    before = len(reader.violations)
    if not _copies(source.type, target.type):
        message = "{value} ({from_type}) cannot be copied to {target} ({to_type})."
        reader.note(
            "type_not_allowed", "to_field", message, source.code, from_type=source.type,
            target=target.code, to_type=target.type, mend="Choose an attribute of the same type.",
        )  # fmt: skip
    axes = (from_address.scope, target.scopable), (from_address.locale, target.localizable)
    for name, (choice, varies) in zip(FROM, axes, strict=True):
        if isinstance(choice, tuple) or (choice == EVERY and not varies):
            mend = "Name one code, or * to copy each to its own when the target varies as well."
            message = "One value is copied; {axis} must name it."
            reader.note("several_cells", name, message, choice, axis=name, mend=mend)
    return len(reader.violations) > before


def _copies(source: str, target: str) -> bool:
    if source == target:
        return True
    return (source in _ONE_CELL and target in _TEXT) or _MANY.get(source) == target
