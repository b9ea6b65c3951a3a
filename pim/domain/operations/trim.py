"""Take needless blanks out of texts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Self

from pim.domain.attribute_types import Checked
from pim.domain.operations.contract import CellOperation
from pim.domain.operations.reader import DocumentReader
from pim.domain.structure import Structure
from pim.domain.values import Cell, Document

#: What takes no room at the ends: blanks, and marks that nobody sees.
_ENDS: Final = "".join(filter(str.isspace, map(chr, range(0x3001)))) + "\u200b\u2060\ufeff"
_RUN: Final = re.compile(r"[^\S\r\n]{2,}|\t")
_BEFORE_BREAK: Final = re.compile(r"[^\S\r\n](?=[\r\n])")


@dataclass(frozen=True, kw_only=True)
class Trim(CellOperation):
    """Trim {field, inner?}: take blanks off both ends of texts.

    With `inner` a run of blanks within becomes one space, and lines lose those at their end; line
    breaks stay. Text that becomes blank is no value.
    """

    type: ClassVar[str] = "trim"
    keys: ClassVar[frozenset[str]] = frozenset({"field", "inner", "scope", "locale"})

    inner: bool = False

    @classmethod
    def read(cls, reader: DocumentReader) -> Self | None:
        """Return the operation."""
        attribute = reader.of_kind(("text",), "text")
        address = reader.address(attribute) if attribute else None
        inner = reader.flag("inner")
        if reader.violations or attribute is None or address is None:
            return None
        return cls(field=attribute.code, address=address, inner=inner)

    def to_document(self) -> dict[str, Any]:
        """Return the JSON document."""
        inner = {"inner": True} if self.inner else {}
        return {"type": self.type, "field": self.field, **inner, **self.where()}

    def new_data(self, old: Any, cell: Cell, document: Document, structure: Structure) -> Checked:
        """Return the text without the blanks."""
        if not isinstance(old, str):
            return Checked(old)
        text = old.strip(_ENDS)
        return Checked(_BEFORE_BREAK.sub("", _RUN.sub(" ", text)) if self.inner else text)
