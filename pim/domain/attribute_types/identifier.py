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
        found = sorted(set(text) & set(",;\t\r\n"))
        separators = [
            problem(
                "separator_in_identifier",
                attribute.code,
                'The identifier "{value}" holds {separator}, which separates identifiers in lists.',
                text,
                separator=_NAMES[found[0]],
                mend="Take it out or put a dash in its place.",
            )
        ]
        return [*(separators if found else ()), *super().faults(text, attribute)]


_NAMES = {",": "a comma", ";": "a semicolon", "\t": "a tab", "\r": "a line end", "\n": "a line end"}
