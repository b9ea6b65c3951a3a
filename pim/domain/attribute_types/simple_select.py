"""One choice of a list."""

from __future__ import annotations

from typing import Any, ClassVar

from pim.domain.attribute_types import properties
from pim.domain.attribute_types.contract import EMPTY, AttributeType, CellFormat, Checked
from pim.domain.attribute_types.options import unknown_option
from pim.domain.attribute_types.problems import wrong_type
from pim.domain.attribute_types.properties import Settings
from pim.domain.structure import Attribute, Structure


class SimpleSelect(AttributeType):
    """The code of one option in its stored spelling; "036" stays text."""

    code = "pim_catalog_simpleselect"
    name = "Simple select"
    kind = "options"
    axis_allowed = True
    has_options = True
    settings: ClassVar[Settings] = {
        "auto_option_sorting": properties.FLAG,
        "minimum_input_length": properties.NUMBER,
    }

    def check(self, data: Any, attribute: Attribute, structure: Structure) -> Checked:
        """Return the option's stored code, or why it is refused."""
        if data is None:
            return EMPTY
        if not isinstance(data, str):
            return Checked(None, [wrong_type(attribute.code, data, "an option's code as text")])
        code = data.strip()
        if not code:
            return EMPTY
        stored = self.stored(code, attribute)
        return (
            Checked(None, [unknown_option(code, attribute)]) if stored is None else Checked(stored)
        )

    def stored(self, code: str, attribute: Attribute) -> str | None:
        """Return the stored spelling of an option's code, or None."""
        option = attribute.options.get(code)
        return option.code if option else None

    def read(
        self, text: str, attribute: Attribute, structure: Structure, fmt: CellFormat
    ) -> Checked:
        """Return the option whose code stands in the cell."""
        return self.check(text, attribute, structure)
