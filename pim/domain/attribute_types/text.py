"""A line of text."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, ClassVar

from pim.domain.attribute_types import properties
from pim.domain.attribute_types.characters import illegal_character, too_long
from pim.domain.attribute_types.contract import EMPTY, AttributeType, CellFormat, Checked
from pim.domain.attribute_types.problems import wrong_type
from pim.domain.attribute_types.properties import Settings
from pim.domain.attribute_types.rules import VALIDATION_RULES, broken_rule
from pim.domain.structure import Attribute, Structure
from pim.domain.violations import Violation


class Text(AttributeType):
    """Text of at most 255 characters, kept as given; nothing but blanks is empty."""

    code = "pim_catalog_text"
    name = "Text"
    kind = "text"
    unique_allowed = True
    longest: ClassVar[int] = 255
    settings: ClassVar[Settings] = {
        "max_characters": properties.count(255),
        "validation_rule": properties.choice(*VALIDATION_RULES),
        "validation_regexp": properties.PATTERN,
        "minimum_input_length": properties.NUMBER,
    }

    def limit(self, attribute: Attribute) -> int:
        """Return the most characters that a value may have."""
        return int(properties.number(attribute, "max_characters") or Decimal(self.longest))

    def check(self, data: Any, attribute: Attribute, structure: Structure) -> Checked:
        """Return the text itself, or why it is refused."""
        if data is None:
            return EMPTY
        if not isinstance(data, str):
            return Checked(None, [wrong_type(attribute.code, data, "text")])
        if not data.strip():
            return EMPTY
        violations = self.faults(data, attribute)
        return Checked(None, violations) if violations else Checked(data)

    def faults(self, text: str, attribute: Attribute) -> list[Violation]:
        """Return every rule that text breaks."""
        return [
            *illegal_character(text, attribute.code),
            *too_long(text, attribute.code, self.limit(attribute)),
            *broken_rule(text, attribute),
        ]

    def read(
        self, text: str, attribute: Attribute, structure: Structure, fmt: CellFormat
    ) -> Checked:
        """Return the text of the cell, as it stands."""
        return self.check(text, attribute, structure)

    def check_definition(self, attribute: Attribute, structure: Structure) -> list[Violation]:
        """Demand a pattern of an attribute whose rule is a regular expression."""
        asked = attribute.properties.get("validation_rule") == "regexp"
        if not asked or attribute.properties.get("validation_regexp"):
            return []
        return [
            Violation(
                code="missing_property",
                path="validation_regexp",
                message='The attribute "{attribute}" is to match a pattern, but none is given.',
                parameters={"attribute": attribute.code},
                mend="Give validation_regexp, or another validation_rule.",
            )
        ]
