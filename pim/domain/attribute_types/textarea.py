"""Text of many lines."""

from __future__ import annotations

from typing import ClassVar

from pim.domain.attribute_types import properties
from pim.domain.attribute_types.characters import illegal_character, too_long
from pim.domain.attribute_types.properties import Settings
from pim.domain.attribute_types.text import Text
from pim.domain.structure import Attribute
from pim.domain.violations import Violation


class TextArea(Text):
    """Text of at most 65,535 characters, HTML where the attribute has an editor for it."""

    code = "pim_catalog_textarea"
    name = "Text area"
    unique_allowed = False
    longest = 65_535
    settings: ClassVar[Settings] = {
        "max_characters": properties.count(65_535),
        "wysiwyg_enabled": properties.FLAG,
        "minimum_input_length": properties.NUMBER,
    }

    def faults(self, text: str, attribute: Attribute) -> list[Violation]:
        """Return every rule that text breaks; a text area has no validation rule."""
        return [
            *illegal_character(text, attribute.code),
            *too_long(text, attribute.code, self.limit(attribute)),
        ]
