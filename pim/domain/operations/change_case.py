"""Write texts in capitals, small letters, as titles or as sentences."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Self, cast

from pim.domain import letters
from pim.domain.attribute_types import Checked
from pim.domain.attribute_types.problems import listed
from pim.domain.letters import CASES, Case
from pim.domain.operations.contract import CellOperation
from pim.domain.operations.reader import DocumentReader
from pim.domain.structure import ALL, Structure
from pim.domain.values import Cell, Document


@dataclass(frozen=True, kw_only=True)
class ChangeCase(CellOperation):
    """Change the case of {field, to: upper | lower | title | sentence} by each cell's locale.

    Tags in texts with an editor for HTML stay as they are. `pim.domain.letters` tells what is known
    of languages.
    """

    type: ClassVar[str] = "change_case"
    keys: ClassVar[frozenset[str]] = frozenset({"field", "to", "scope", "locale"})

    to: Case

    @classmethod
    def read(cls, reader: DocumentReader) -> Self | None:
        """Return the operation."""
        attribute = reader.of_kind(("text",), "text")
        address = reader.address(attribute) if attribute else None
        to = reader.document.get("to")
        if to not in CASES:
            message = '"{value}" is not a case of letters.'
            reader.note("unknown_case", "to", message, "" if to is None else to,
                        known=listed(CASES), mend="Choose one of {known}.")  # fmt: skip
        if reader.violations or attribute is None or address is None:
            return None
        return cls(field=attribute.code, address=address, to=cast("Case", to))

    def to_document(self) -> dict[str, Any]:
        """Return the JSON document."""
        return {"type": self.type, "field": self.field, "to": self.to, **self.where()}

    def new_data(self, old: Any, cell: Cell, document: Document, structure: Structure) -> Checked:
        """Return the text in the case of the cell's language."""
        if not isinstance(old, str):
            return Checked(old)
        html = bool(structure.attributes[self.field].properties.get("wysiwyg_enabled"))
        locale = "" if cell.locale == ALL else cell.locale
        return Checked(letters.changed(old, self.to, locale, html=html))
