"""Several choices of a list."""

from __future__ import annotations

from typing import Any, ClassVar

from pim.domain.attribute_types import properties
from pim.domain.attribute_types.contract import EMPTY, AttributeType, CellFormat, Checked
from pim.domain.attribute_types.options import unknown_option
from pim.domain.attribute_types.problems import wrong_type
from pim.domain.attribute_types.properties import Settings
from pim.domain.structure import Attribute, Structure


class MultiSelect(AttributeType):
    """Codes of options in their stored spelling, sorted, each once; comma separated in cells."""

    code = "pim_catalog_multiselect"
    name = "Multi select"
    kind = "options"
    has_options = True
    has_items = True
    settings: ClassVar[Settings] = {
        "auto_option_sorting": properties.FLAG,
        "minimum_input_length": properties.NUMBER,
    }

    def check(self, data: Any, attribute: Attribute, structure: Structure) -> Checked:
        """Return the options' stored codes, or why any is refused."""
        if data is None or data == "":
            return EMPTY
        if not isinstance(data, list | tuple) or not all(isinstance(code, str) for code in data):
            return Checked(None, [wrong_type(attribute.code, data, "a list of option codes")])
        given = list(dict.fromkeys(code.strip() for code in data if code.strip()))
        stored = {code: self.stored(code, attribute) for code in given}
        unknown = [unknown_option(code, attribute) for code in given if stored[code] is None]
        return Checked(None, unknown) if unknown else Checked(_sorted(stored.values()))

    def stored(self, code: str, attribute: Attribute) -> str | None:
        """Return the stored spelling of an option's code, or None."""
        option = attribute.options.get(code)
        return option.code if option else None

    def read(
        self, text: str, attribute: Attribute, structure: Structure, fmt: CellFormat
    ) -> Checked:
        """Return the options whose codes the cell lists."""
        return self.check(text.split(","), attribute, structure)

    def write(self, data: Any) -> str:
        """Return the codes, separated by commas."""
        return ",".join(data)


def _sorted(codes: Any) -> list[str] | None:
    return sorted({code for code in codes if code is not None}) or None
