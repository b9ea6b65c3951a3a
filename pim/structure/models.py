"""Tables of the catalogue's structure. Codes are unique without regard to case."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    SmallInteger,
    Text,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from pim.db.base import Base, BigId, Code, Json

EMPTY_OBJECT = text("'{}'::jsonb")
EMPTY_TEXTS = text("'{}'::text[]")


class StructureVersion(Base):
    """One row whose number rises with every change of the structure; caches compare it."""

    __tablename__ = "structure_version"
    __table_args__ = (CheckConstraint('"only"', name="one_row"),)

    only: Mapped[bool] = mapped_column(primary_key=True, server_default=text("true"))
    version: Mapped[int] = mapped_column(server_default=text("0"))


class Locale(Base):
    """A language in a country."""

    __tablename__ = "locale"

    id: Mapped[BigId]
    code: Mapped[Code]


class Currency(Base):
    """A currency by ISO 4217 code."""

    __tablename__ = "currency"

    id: Mapped[BigId]
    code: Mapped[Code]
    decimals: Mapped[int] = mapped_column(SmallInteger, server_default=text("2"))
    active: Mapped[bool] = mapped_column(server_default=text("false"))


class MeasurementFamily(Base):
    """Units of one quantity; `units` is [{code, symbol, labels, convert: [{operator, value}]}]."""

    __tablename__ = "measurement_family"

    id: Mapped[BigId]
    code: Mapped[Code]
    labels: Mapped[Json] = mapped_column(server_default=EMPTY_OBJECT)
    standard_unit: Mapped[str]
    units: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)


class AttributeGroup(Base):
    """A drawer of attributes."""

    __tablename__ = "attribute_group"

    id: Mapped[BigId]
    code: Mapped[Code]
    labels: Mapped[Json] = mapped_column(server_default=EMPTY_OBJECT)
    sort_order: Mapped[int] = mapped_column(server_default=text("0"))


class Attribute(Base):
    """An attribute; `properties` as in `pim.domain.structure.Attribute`."""

    __tablename__ = "attribute"

    id: Mapped[BigId]
    code: Mapped[Code]
    type: Mapped[str]
    group_id: Mapped[int] = mapped_column(ForeignKey("attribute_group.id"), index=True)
    labels: Mapped[Json] = mapped_column(server_default=EMPTY_OBJECT)
    unique: Mapped[bool] = mapped_column("is_unique", server_default=text("false"))
    localizable: Mapped[bool] = mapped_column(server_default=text("false"))
    scopable: Mapped[bool] = mapped_column(server_default=text("false"))
    available_locales: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=EMPTY_TEXTS)
    sort_order: Mapped[int] = mapped_column(server_default=text("0"))
    usable_in_grid: Mapped[bool] = mapped_column(server_default=text("true"))
    properties: Mapped[Json] = mapped_column(server_default=EMPTY_OBJECT)


class AttributeOption(Base):
    """A choice of a select attribute."""

    __tablename__ = "attribute_option"
    __table_args__ = (
        Index("uq_attribute_option_code", "attribute_id", func.lower(text("code")), unique=True),
    )

    id: Mapped[BigId]
    attribute_id: Mapped[int] = mapped_column(ForeignKey("attribute.id", ondelete="CASCADE"))
    code: Mapped[Code]
    labels: Mapped[Json] = mapped_column(server_default=EMPTY_OBJECT)
    sort_order: Mapped[int] = mapped_column(server_default=text("0"))


class Family(Base):
    """A family of products."""

    __tablename__ = "family"

    id: Mapped[BigId]
    code: Mapped[Code]
    labels: Mapped[Json] = mapped_column(server_default=EMPTY_OBJECT)
    attribute_as_label_id: Mapped[int | None] = mapped_column(ForeignKey("attribute.id"))
    attribute_as_image_id: Mapped[int | None] = mapped_column(ForeignKey("attribute.id"))


class FamilyAttribute(Base):
    """An attribute in a family, and the channels that require it."""

    __tablename__ = "family_attribute"

    family_id: Mapped[int] = mapped_column(
        ForeignKey("family.id", ondelete="CASCADE"), primary_key=True
    )
    attribute_id: Mapped[int] = mapped_column(
        ForeignKey("attribute.id"), primary_key=True, index=True
    )
    required_in: Mapped[list[int]] = mapped_column(
        ARRAY(BigInteger), server_default=text("'{}'::bigint[]")
    )


class FamilyVariant(Base):
    """A way in which the products of a family vary."""

    __tablename__ = "family_variant"

    id: Mapped[BigId]
    code: Mapped[Code]
    family_id: Mapped[int] = mapped_column(ForeignKey("family.id"), index=True)
    labels: Mapped[Json] = mapped_column(server_default=EMPTY_OBJECT)
    levels: Mapped[int] = mapped_column(SmallInteger)


class FamilyVariantAttribute(Base):
    """Where an attribute lives in a family variant; level 0 is listed only when overridable."""

    __tablename__ = "family_variant_attribute"

    family_variant_id: Mapped[int] = mapped_column(
        ForeignKey("family_variant.id", ondelete="CASCADE"), primary_key=True
    )
    attribute_id: Mapped[int] = mapped_column(
        ForeignKey("attribute.id"), primary_key=True, index=True
    )
    level: Mapped[int] = mapped_column(SmallInteger)
    axis_position: Mapped[int | None] = mapped_column(SmallInteger)
    overridable: Mapped[bool] = mapped_column(server_default=text("false"))


class Category(Base):
    """A node of a category tree; a root has no parent."""

    __tablename__ = "category"

    id: Mapped[BigId]
    code: Mapped[Code]
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("category.id"), index=True)
    labels: Mapped[Json] = mapped_column(server_default=EMPTY_OBJECT)
    sort_order: Mapped[int] = mapped_column(server_default=text("0"))


class Channel(Base):
    """A market context."""

    __tablename__ = "channel"

    id: Mapped[BigId]
    code: Mapped[Code]
    labels: Mapped[Json] = mapped_column(server_default=EMPTY_OBJECT)
    tree_id: Mapped[int | None] = mapped_column(ForeignKey("category.id"))
    locales: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=EMPTY_TEXTS)
    currencies: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=EMPTY_TEXTS)
    conversion_units: Mapped[Json] = mapped_column(server_default=EMPTY_OBJECT)


class AssociationType(Base):
    """A kind of link between products."""

    __tablename__ = "association_type"

    id: Mapped[BigId]
    code: Mapped[Code]
    labels: Mapped[Json] = mapped_column(server_default=EMPTY_OBJECT)
    two_way: Mapped[bool] = mapped_column(server_default=text("false"))
    quantified: Mapped[bool] = mapped_column(server_default=text("false"))


class GroupType(Base):
    """A kind of group."""

    __tablename__ = "group_type"

    id: Mapped[BigId]
    code: Mapped[Code]
    labels: Mapped[Json] = mapped_column(server_default=EMPTY_OBJECT)


class Group(Base):
    """A named set of products."""

    __tablename__ = "product_group"

    id: Mapped[BigId]
    code: Mapped[Code]
    type_id: Mapped[int] = mapped_column(ForeignKey("group_type.id"), index=True)
    labels: Mapped[Json] = mapped_column(server_default=EMPTY_OBJECT)


CODED = (
    Locale, Currency, MeasurementFamily, AttributeGroup, Attribute, Family, FamilyVariant,
    Category, Channel, AssociationType, GroupType, Group,
)  # fmt: skip
for model in CODED:
    Index(f"uq_{model.__tablename__}_code", func.lower(model.code), unique=True)
