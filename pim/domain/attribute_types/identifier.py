"""What names a product: unique without regard to case, found in associations and files."""

from __future__ import annotations

from typing import Any

from pim.domain.attribute_types.contract import Checked
from pim.domain.attribute_types.problems import problem
from pim.domain.attribute_types.text import Text
from pim.domain.structure import Attribute, Structure
from pim.domain.violations import Violation


class Identifier(Text):
    """Text of at most 255 characters without comma or semicolon, blanks around it taken off."""

    code = "pim_catalog_identifier"
    name = "Identifier"
    localizable_allowed = False
    scopable_allowed = False

    def check(self, data: Any, attribute: Attribute, structure: Structure) -> Checked:
        """Return the identifier without surrounding blanks, or why it is refused."""
        given = data.strip() if isinstance(data, str) else data
        return super().check(given, attribute, structure)

    def faults(self, text: str, attribute: Attribute) -> list[Violation]:
        """Return every rule that text breaks; separators of lists are refused."""
        return [*_separator(text, attribute), *super().faults(text, attribute)]


def _separator(text: str, attribute: Attribute) -> list[Violation]:
    found = next((character for character in text if character in _NAMES), None)
    if found is None:
        return []
    return [
        problem(
            "separator_in_identifier",
            attribute.code,
            'The identifier "{value}" holds {separator}, which separates identifiers in lists.',
            text,
            separator=_NAMES[found],
            mend="Take it out or put a dash in its place.",
        )
    ]


_NAMES = {",": "a comma", ";": "a semicolon", "\t": "a tab", "\r": "a line end", "\n": "a line end"}
