"""A small footwear structure in memory: every attribute type, two channels, two levels."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from itertools import count
from typing import Any

import pim.products.patterns  # noqa: F401 - one attribute has a regular expression
from pim.domain.structure import (
    AssociationType,
    Attribute,
    AttributeOption,
    Category,
    Channel,
    Codes,
    Currency,
    Family,
    FamilyVariant,
    Group,
    Locale,
    MeasurementFamily,
    Structure,
    Unit,
    VariantLevel,
)

_ids = count(1)

WEIGHT = MeasurementFamily(
    id=1,
    code="Weight",
    standard_unit="KILOGRAM",
    units=Codes(
        [
            Unit(code="KILOGRAM", symbol="kg"),
            Unit(code="GRAM", symbol="g", to_standard=(("mul", Decimal("0.001")),)),
            Unit(code="OUNCE", symbol="oz", to_standard=(("mul", Decimal("0.028349523125")),)),
        ]
    ),
)

TEMPERATURE = MeasurementFamily(
    id=2,
    code="Temperature",
    standard_unit="KELVIN",
    units=Codes(
        [
            Unit(code="KELVIN"),
            Unit(code="CELSIUS", to_standard=(("add", Decimal("273.15")),)),
            Unit(
                code="FAHRENHEIT",
                to_standard=(
                    ("sub", Decimal(32)),
                    ("div", Decimal("1.8")),
                    ("add", Decimal("273.15")),
                ),
            ),
        ]
    ),
)


def attribute(code: str, type_: str, *, options: Iterable[str] = (), **more: Any) -> Attribute:
    """Return an attribute; what Attribute does not know itself becomes one of its settings."""
    own = {"unique", "localizable", "scopable", "available_locales"}
    return Attribute(
        id=next(_ids),
        code=code,
        type=f"pim_{type_}" if type_.startswith("reference") else f"pim_catalog_{type_}",
        group="general",
        properties={name: value for name, value in more.items() if name not in own},
        options=Codes(
            AttributeOption(id=n, attribute=code, code=option) for n, option in enumerate(options)
        ),
        **{name: value for name, value in more.items() if name in own},
    )


ATTRIBUTES = (
    attribute("sku", "identifier", unique=True),
    attribute("name", "text", localizable=True, max_characters=40),
    attribute("description", "textarea", localizable=True, scopable=True),
    attribute(
        "ean", "text", unique=True, validation_rule="regexp", validation_regexp="^[0-9]{13}$"
    ),
    attribute("email", "text", validation_rule="email"),
    attribute("url", "text", validation_rule="url"),
    attribute("waterproof", "boolean"),
    attribute("launch", "date", date_min="2020-01-01", date_max="2030-12-31"),
    attribute("heel_height", "number", number_min="0", number_max="200.5", decimals_allowed=True),
    attribute("pieces", "number", decimals_allowed=False, negative_allowed=False),
    attribute("balance", "number"),
    attribute("color", "simpleselect", options=["Dark_Blue", "Red", "036", "36"]),
    attribute("materials", "multiselect", options=["Leather", "Suede", "Rubber", "wool"]),
    attribute("weight", "metric", metric_family="Weight", default_metric_unit="GRAM"),
    attribute(
        "storage",
        "metric",
        metric_family="Temperature",
        default_metric_unit="CELSIUS",
        scopable=True,
    ),
    attribute("price", "price_collection", negative_allowed=False),
    attribute("list_price", "price_collection", scopable=True),
    attribute("picture", "image"),
    attribute("manual", "file", allowed_extensions="pdf,txt", max_file_size="0.5"),
    attribute("fabric", "reference_data_simpleselect", options=["Denim"]),
    attribute("fabrics", "reference_data_multiselect"),
    attribute("gallery", "asset_collection"),
    attribute("matching_bag", "product_link"),
    attribute("kanji", "text", localizable=True, available_locales=("de_DE",)),
)

FAMILY = Family(
    id=1,
    code="Shoes",
    attributes=tuple(a.code for a in ATTRIBUTES),
    requirements={
        "web": frozenset({"sku", "name", "description", "price", "weight", "waterproof", "kanji"}),
        "print": frozenset({"sku", "list_price"}),
    },
)

VARIANT = FamilyVariant(
    id=1,
    code="shoes_by_color_and_size",
    family="Shoes",
    levels=(
        VariantLevel(axes=("color",), attributes=frozenset({"color", "picture"})),
        VariantLevel(axes=("pieces",), attributes=frozenset({"pieces", "sku", "ean", "weight"})),
    ),
    overridable=frozenset({"name", "picture"}),
)


def footwear() -> Structure:
    """Return the whole structure."""
    return Structure(
        attributes=Codes(ATTRIBUTES),
        families=Codes([FAMILY, Family(id=2, code="Bags", attributes=("sku", "name"))]),
        family_variants=Codes([VARIANT]),
        channels=Codes(
            [
                Channel(
                    id=1,
                    code="web",
                    locales=("en_GB", "de_DE"),
                    currencies=("EUR", "GBP"),
                    tree="master",
                ),
                Channel(id=2, code="print", locales=("en_GB",), currencies=("JPY",), tree="master"),
            ]
        ),
        categories=Codes(
            [
                Category(id=1, code="master", parent=None, root="master", path=(1,)),
                Category(id=2, code="men", parent="master", root="master", path=(1, 2)),
                Category(id=3, code="boots", parent="men", root="master", path=(1, 2, 3)),
                Category(id=4, code="women", parent="master", root="master", path=(1, 4)),
                Category(id=5, code="sales", parent=None, root="sales", path=(5,)),
                Category(id=6, code="winter", parent="sales", root="sales", path=(5, 6)),
            ]
        ),
        groups=Codes(
            [Group(id=1, code="promo", type="related"), Group(id=2, code="New", type="related")]
        ),
        association_types=Codes(
            [
                AssociationType(id=1, code="X_SELL"),
                AssociationType(id=2, code="PAIR", two_way=True),
                AssociationType(id=3, code="PACK", quantified=True),
            ]
        ),
        measurement_families=Codes([WEIGHT, TEMPERATURE]),
        locales=Codes([Locale(id=1, code="en_GB"), Locale(id=2, code="de_DE")]),
        currencies=Codes(
            [
                Currency(id=1, code="EUR", active=True),
                Currency(id=2, code="GBP", active=True),
                Currency(id=3, code="JPY", decimals=0, active=True),
                Currency(id=4, code="USD"),
            ]
        ),
    )
