"""A number without a unit."""

from __future__ import annotations

from typing import Any, ClassVar

from pim.domain.attribute_types import amounts
from pim.domain.attribute_types.contract import EMPTY, AttributeType, CellFormat, Checked
from pim.domain.attribute_types.properties import Settings
from pim.domain.structure import Attribute, Structure
from pim.domain.violations import Violation


class Number(AttributeType):
    """An exact decimal, kept as canonical text: "12.5", never "12.50" or "1E+1"."""

    code = "pim_catalog_number"
    name = "Number"
    kind = "number"
    unique_allowed = True
    settings: ClassVar[Settings] = amounts.PROPERTIES

    def check(self, data: Any, attribute: Attribute, structure: Structure) -> Checked:
        """Return the number in canonical form, or why it is refused."""
        if data is None or data == "":
            return EMPTY
        return Checked(*amounts.check(data, attribute, attribute.code))

    def read(
        self, text: str, attribute: Attribute, structure: Structure, fmt: CellFormat
    ) -> Checked:
        """Return the number that text spells with the format's decimal sign."""
        return Checked(*amounts.read(text, attribute, attribute.code, fmt.decimal))

    def check_definition(self, attribute: Attribute, structure: Structure) -> list[Violation]:
        """Refuse a least number above the most."""
        return amounts.empty_range(attribute)
