"""The types that attributes may have: one file each, found here by the field's code."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from pim.domain.attribute_types.asset_collection import AssetCollection
from pim.domain.attribute_types.boolean import Boolean
from pim.domain.attribute_types.contract import (
    EMPTY,
    AttributeType,
    CellFormat,
    Checked,
    Kind,
    Parts,
    relocate,
)
from pim.domain.attribute_types.date import Date
from pim.domain.attribute_types.definitions import definition_faults
from pim.domain.attribute_types.file import File
from pim.domain.attribute_types.identifier import Identifier
from pim.domain.attribute_types.image import Image
from pim.domain.attribute_types.metric import Metric
from pim.domain.attribute_types.multi_select import MultiSelect
from pim.domain.attribute_types.number import Number
from pim.domain.attribute_types.price_collection import PriceCollection
from pim.domain.attribute_types.problems import listed, problem
from pim.domain.attribute_types.product_link import ProductLink
from pim.domain.attribute_types.reference_data import ReferenceDataMulti, ReferenceDataSimple
from pim.domain.attribute_types.simple_select import SimpleSelect
from pim.domain.attribute_types.text import Text
from pim.domain.attribute_types.textarea import TextArea
from pim.domain.structure import Attribute, Structure
from pim.domain.violations import Violation

__all__ = [
    "ATTRIBUTE_TYPES",
    "EMPTY",
    "AttributeType",
    "CellFormat",
    "Checked",
    "Kind",
    "Parts",
    "check",
    "check_definition",
    "relocate",
    "type_of",
]

_ALL: tuple[AttributeType, ...] = (
    Identifier(),
    Text(),
    TextArea(),
    Boolean(),
    Date(),
    Number(),
    SimpleSelect(),
    MultiSelect(),
    Metric(),
    PriceCollection(),
    Image(),
    File(),
    ReferenceDataSimple(),
    ReferenceDataMulti(),
    AssetCollection(),
    ProductLink(),
)

#: Every type by its code, in the order that people meet them.
ATTRIBUTE_TYPES: Final[Mapping[str, AttributeType]] = MappingProxyType({t.code: t for t in _ALL})


def type_of(attribute: Attribute) -> AttributeType:
    """Return the type of an attribute; KeyError if its code is not one of ATTRIBUTE_TYPES."""
    return ATTRIBUTE_TYPES[attribute.type]


def check(data: Any, attribute: Attribute, structure: Structure) -> Checked:
    """Return native JSON data in the canonical form of the attribute's type, or why not."""
    return type_of(attribute).check(data, attribute, structure)


def check_definition(attribute: Attribute, structure: Structure) -> list[Violation]:
    """Return everything wrong with an attribute's definition, its type included."""
    kind = ATTRIBUTE_TYPES.get(attribute.type)
    if kind is not None:
        return definition_faults(kind, attribute, structure)
    return [
        problem(
            "unknown_attribute_type",
            "type",
            '"{value}" is not a type of attribute.',
            attribute.type,
            known=listed(ATTRIBUTE_TYPES, most=20),
            mend="Choose one of {known}.",
        )
    ]
