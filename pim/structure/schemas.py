"""The JSON documents of the structure, as APIs, forms and files hand them in.

A document is a patch: what is absent stays, null takes back to the default. Objects (labels,
properties, requirements, levels) merge key by key.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, validate

from pim.domain import decimals


class Number(fields.Field[str]):
    """A decimal number, kept as canonical text: "12.5", never 12.50 or a float's neighbour."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> str:
        if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
            raise ValidationError("Not a valid number.")
        try:
            return self.spell(Decimal(str(value).strip()))
        except (InvalidOperation, ValueError) as error:
            raise ValidationError("Not a valid number.") from error

    def spell(self, number: Decimal) -> str:
        """Return the canonical text; raises ValueError outside of what values may be."""
        return decimals.canonical(number)


class Factor(Number):
    """A number of a conversion; a barn or a light-year needs more digits than values have."""

    def spell(self, number: Decimal) -> str:
        """Return the number's plain text, whatever its length."""
        if not number.is_finite() or abs(number.adjusted()) > 60:
            raise ValueError(f"{number} is no factor")
        plain = format(number, "f")
        return plain.rstrip("0").rstrip(".") if "." in plain else plain


def _code(*, nullable: bool = True) -> fields.String:
    return fields.String(allow_none=nullable, validate=validate.Length(max=255))


def _codes() -> fields.List[str]:
    return fields.List(fields.String(), allow_none=True)


def _labels() -> fields.Dict:
    return fields.Dict(keys=fields.String(), values=fields.String(allow_none=True), allow_none=True)


def _flag() -> fields.Boolean:
    return fields.Boolean(allow_none=True)


def _whole() -> fields.Integer:
    return fields.Integer(allow_none=True, strict=True)


class Coded(Schema):
    """What every document has: a code."""

    class Meta:
        """Refuse unknown fields: a misspelt one would be ignored silently."""

        unknown = RAISE

    code = fields.String(required=True, validate=validate.Length(min=1))


class LocaleSchema(Coded):
    """A locale."""


class CurrencySchema(Coded):
    """A currency."""

    decimals = fields.Integer(allow_none=True, strict=True, validate=validate.Range(0, 6))
    active = _flag()


class Labelled(Coded):
    """Whatever people read in their own language."""

    labels = _labels()


class ConversionSchema(Schema):
    """One operation on the way to the standard unit."""

    operator = fields.String(required=True, validate=validate.OneOf(("mul", "div", "add", "sub")))
    value = Factor(required=True)


class UnitSchema(Labelled):
    """A unit of a measurement family."""

    symbol = fields.String()
    convert = fields.List(fields.Nested(ConversionSchema), validate=validate.Length(max=5))


class MeasurementFamilySchema(Labelled):
    """A measurement family with all its units."""

    standard_unit = _code()
    units = fields.List(
        fields.Nested(UnitSchema), allow_none=True, validate=validate.Length(max=50)
    )


class AttributeGroupSchema(Labelled):
    """An attribute group."""

    sort_order = _whole()


class PropertiesSchema(Schema):
    """The settings of all attribute types; which belong to a type, the type itself says."""

    class Meta:
        """Refuse unknown settings."""

        unknown = RAISE

    max_characters = _whole()
    minimum_input_length = _whole()
    validation_rule = _code()
    validation_regexp = fields.String(allow_none=True)
    number_min = Number(allow_none=True)
    number_max = Number(allow_none=True)
    decimals_allowed = _flag()
    negative_allowed = _flag()
    date_min = _code()
    date_max = _code()
    max_file_size = Number(allow_none=True)
    allowed_extensions = _codes()
    metric_family = _code()
    default_metric_unit = _code()
    wysiwyg_enabled = _flag()
    auto_option_sorting = _flag()
    reference_data_name = _code()


class AttributeSchema(Labelled):
    """An attribute."""

    type = _code()
    group = _code()
    unique = _flag()
    localizable = _flag()
    scopable = _flag()
    available_locales = _codes()
    sort_order = _whole()
    usable_in_grid = _flag()
    properties = fields.Nested(PropertiesSchema, allow_none=True)


class AttributeOptionSchema(Labelled):
    """A choice of a select attribute."""

    attribute = fields.String(required=True, validate=validate.Length(min=1))
    sort_order = _whole()


class FamilySchema(Labelled):
    """A family."""

    attributes = _codes()
    attribute_as_label = _code()
    attribute_as_image = _code()
    requirements = fields.Dict(keys=fields.String(), values=_codes(), allow_none=True)


class LevelSchema(Schema):
    """One level of a family variant."""

    class Meta:
        """Refuse unknown fields."""

        unknown = RAISE

    axes = _codes()
    attributes = _codes()


class FamilyVariantSchema(Labelled):
    """A family variant; levels are named "1" and "2"."""

    family = _code()
    levels = fields.Dict(
        keys=fields.String(validate=validate.OneOf(("1", "2"))),
        values=fields.Nested(LevelSchema, allow_none=True),
        allow_none=True,
    )
    overridable = _codes()


class CategorySchema(Labelled):
    """A category; without a parent it is the root of a tree."""

    parent = _code()


class ChannelSchema(Labelled):
    """A channel."""

    tree = _code()
    locales = _codes()
    currencies = _codes()
    conversion_units = fields.Dict(keys=fields.String(), values=fields.String(), allow_none=True)


class AssociationTypeSchema(Labelled):
    """An association type."""

    two_way = _flag()
    quantified = _flag()


class GroupTypeSchema(Labelled):
    """A group type."""


class GroupSchema(Labelled):
    """A product group."""

    type = _code()
