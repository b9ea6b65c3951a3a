"""Yes or no."""

from __future__ import annotations

from typing import Any, ClassVar

from pim.domain.attribute_types import properties
from pim.domain.attribute_types.contract import AttributeType, CellFormat, Checked
from pim.domain.attribute_types.problems import listed, problem, wrong_type
from pim.domain.attribute_types.properties import Settings
from pim.domain.structure import Attribute, Structure
from pim.domain.violations import Violation


class Boolean(AttributeType):
    """True or false; false is a value, not the lack of one."""

    code = "pim_catalog_boolean"
    name = "Yes/No"
    kind = "boolean"
    axis_allowed = True
    settings: ClassVar[Settings] = {"default_value": properties.FLAG}

    def check(self, data: Any, attribute: Attribute, structure: Structure) -> Checked:
        """Return true or false, or why it is refused; words are for cells only."""
        if data is None or isinstance(data, bool):
            return Checked(data)
        return Checked(None, [wrong_type(attribute.code, data, "true or false")])

    def read(
        self, text: str, attribute: Attribute, structure: Structure, fmt: CellFormat
    ) -> Checked:
        """Return the truth that the format's words spell, without regard to case."""
        word = text.strip().lower()
        if word in map(str.lower, fmt.true):
            return Checked(True)
        if word in map(str.lower, fmt.false):
            return Checked(False)
        return Checked(None, [self._unknown(text, attribute, fmt)])

    def _unknown(self, text: str, attribute: Attribute, fmt: CellFormat) -> Violation:
        return problem(
            "not_a_boolean",
            attribute.code,
            '"{value}" is neither yes nor no.',
            text,
            mend="Write {true} for yes, {false} for no.",
            true=listed(fmt.true),
            false=listed(fmt.false),
        )

    def write(self, data: Any) -> str:
        """Return 1 or 0."""
        return "1" if data else "0"
