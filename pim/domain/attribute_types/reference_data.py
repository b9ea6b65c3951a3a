"""Choices from lists that live outside the attribute: reference data."""

from __future__ import annotations

from typing import ClassVar

from pim.domain.attribute_types import properties
from pim.domain.attribute_types.characters import ILLEGAL
from pim.domain.attribute_types.multi_select import MultiSelect
from pim.domain.attribute_types.properties import Settings
from pim.domain.attribute_types.simple_select import SimpleSelect
from pim.domain.structure import Attribute


def stored_spelling(code: str, attribute: Attribute) -> str | None:
    """Return a record's code; any is taken while the attribute has no list to check it against."""
    if len(attribute.options):
        option = attribute.options.get(code)
        return option.code if option else None
    return None if ILLEGAL.search(code) else code


class ReferenceDataSimple(SimpleSelect):
    """The code of one record of a reference list."""

    code = "pim_reference_data_simpleselect"
    name = "Reference data simple select"
    settings: ClassVar[Settings] = {
        "reference_data_name": properties.TEXT,
        "minimum_input_length": properties.NUMBER,
    }

    def stored(self, code: str, attribute: Attribute) -> str | None:
        """Return the stored spelling of a record's code, or None."""
        return stored_spelling(code, attribute)


class ReferenceDataMulti(MultiSelect):
    """The codes of records of a reference list, sorted."""

    code = "pim_reference_data_multiselect"
    name = "Reference data multi select"
    settings: ClassVar[Settings] = ReferenceDataSimple.settings

    def stored(self, code: str, attribute: Attribute) -> str | None:
        """Return the stored spelling of a record's code, or None."""
        return stored_spelling(code, attribute)
