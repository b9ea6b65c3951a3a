"""Create, update and remove parts of the structure; one small file per noun holds its rules."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from pim.structure.service.association_type import AssociationTypes
from pim.structure.service.attribute import Attributes
from pim.structure.service.attribute_group import AttributeGroups
from pim.structure.service.attribute_option import AttributeOptions
from pim.structure.service.category import Categories
from pim.structure.service.channel import Channels
from pim.structure.service.currency import Currencies
from pim.structure.service.family import Families
from pim.structure.service.family_variant import FamilyVariants
from pim.structure.service.group import Groups, GroupTypes
from pim.structure.service.locale import Locales
from pim.structure.service.measurement_family import MeasurementFamilies
from pim.structure.service.noun import Document, Noun, Outcome
from pim.structure.service.remove import remove
from pim.structure.service.save import save

__all__ = ["NOUNS", "Document", "Noun", "Outcome", "remove", "save"]

#: Every noun by the name that change log and API give it, in the order of dependency.
NOUNS: Final[Mapping[str, Noun]] = MappingProxyType(
    {
        noun.code: noun
        for noun in (
            Locales(),
            Currencies(),
            MeasurementFamilies(),
            AttributeGroups(),
            AssociationTypes(),
            GroupTypes(),
            Groups(),
            Categories(),
            Attributes(),
            AttributeOptions(),
            Channels(),
            Families(),
            FamilyVariants(),
        )
    }
)
