"""A small catalogue as the projection shows it: a style with four variants, and a simple belt."""

from __future__ import annotations

import importlib
import pkgutil
from datetime import UTC, date, datetime
from decimal import Decimal

import polars as pl
import pytest

import channels.steps
from channels.mapping.compiled import compile_mapping, finish_mapping
from channels.mapping.context import feed_context
from channels.mapping.document import parse
from channels.steps.contract import Step
from pim.domain.structure import (
    Attribute,
    AttributeOption,
    Category,
    Channel,
    Codes,
    Currency,
    Family,
    Group,
    Locale,
    MeasurementFamily,
    Structure,
    Unit,
)

AMOUNT = pl.Decimal(38, 10)
AS_OF = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)


def attribute(number, code, kind, **more):
    return Attribute(id=number, code=code, type=f"pim_catalog_{kind}", group="other", **more)


def option(number, of, code, order, **labels):
    return AttributeOption(id=number, attribute=of, code=code, labels=labels, sort_order=order)


def category(number, code, parent, root, path, **labels):
    return Category(id=number, code=code, parent=parent, root=root, path=path, labels=labels)


COLOURS = Codes(
    [
        option(11, "colour", "black", 1, en_GB="Black", de_DE="Schwarz"),
        option(12, "colour", "oxblood", 2, en_GB="Oxblood"),
    ]
)
MATERIALS = Codes(
    [
        option(21, "materials", "calf", 1, en_GB="Calf leather"),
        option(22, "materials", "rubber", 2, de_DE="Gummi"),
    ]
)
WEIGHT = MeasurementFamily(
    id=1,
    code="Weight",
    standard_unit="KILOGRAM",
    units=Codes(
        [
            Unit(code="KILOGRAM", symbol="kg"),
            Unit(code="GRAM", symbol="g", to_standard=(("mul", Decimal("0.001")),)),
            Unit(code="POUND", symbol="lb", to_standard=(("mul", Decimal("0.45359237")),)),
        ]
    ),
)
TEMPERATURE = MeasurementFamily(
    id=2,
    code="Temperature",
    standard_unit="KELVIN",
    units=Codes(
        [
            Unit(code="KELVIN", symbol="K"),
            Unit(code="CELSIUS", symbol="°C", to_standard=(("add", Decimal("273.15")),)),
            Unit(
                code="FAHRENHEIT",
                symbol="°F",
                to_standard=(
                    ("sub", Decimal(32)),
                    ("div", Decimal("1.8")),
                    ("add", Decimal("273.15")),
                ),
            ),
        ]
    ),
)
CATEGORIES = Codes(
    [
        category(1, "master", None, "master", (1,), en_GB="Master"),
        category(2, "women", "master", "master", (1, 2), en_GB="Women", de_DE="Damen"),
        category(3, "derbies", "women", "master", (1, 2, 3), en_GB="Derbies"),
        category(4, "sale", "master", "master", (1, 4), en_GB="Sale"),
        category(5, "loafers", "women", "master", (1, 2, 5), en_GB="Loafers"),
        category(6, "shops", None, "shops", (6,)),
        category(7, "city", "shops", "shops", (6, 7)),
    ]
)


@pytest.fixture(scope="session")
def structure():
    return Structure(
        attributes=Codes(
            [
                attribute(1, "sku", "identifier"),
                attribute(2, "name", "text", localizable=True),
                attribute(3, "description", "textarea", localizable=True, scopable=True),
                attribute(4, "brand", "text"),
                attribute(5, "price", "price_collection"),
                attribute(6, "weight", "metric", properties={"metric_family": "Weight"}),
                attribute(7, "warmth", "metric", properties={"metric_family": "Temperature"}),
                attribute(8, "stock", "number"),
                attribute(9, "colour", "simpleselect", options=COLOURS),
                attribute(10, "materials", "multiselect", options=MATERIALS),
                attribute(11, "vegan", "boolean"),
                attribute(12, "released", "date"),
                attribute(13, "image", "image"),
                attribute(14, "gallery", "asset_collection"),
                attribute(15, "note", "text"),
                attribute(16, "factor", "number"),
            ]
        ),
        families=Codes([Family(id=31, code="shoes", labels={"en_GB": "Shoes"})]),
        groups=Codes([Group(id=41, code="bundle", type="RELATED", labels={"en_GB": "Bundle"})]),
        channels=Codes(
            [
                Channel(id=1, code="web", locales=("en_GB", "de_DE"), tree="master"),
                Channel(id=2, code="print", locales=("en_GB",), tree="master"),
            ]
        ),
        categories=CATEGORIES,
        locales=Codes([Locale(id=n, code=c) for n, c in enumerate(("en_GB", "de_DE", "fr_FR"))]),
        currencies=Codes(
            [
                Currency(id=1, code="GBP", active=True),
                Currency(id=2, code="JPY", decimals=0, active=True),
                Currency(id=3, code="KWD", decimals=3, active=True),
            ]
        ),
        measurement_families=Codes([WEIGHT, TEMPERATURE]),
    )


@pytest.fixture(scope="session")
def steps():
    """All steps beside the contract, whether or not the package is installed."""
    modules = pkgutil.iter_modules(channels.steps.__path__, "channels.steps.")
    for module in modules:
        importlib.import_module(module.name)
    return {cls.name: cls for cls in _below(Step) if cls.name}


def _below(cls):
    for below in cls.__subclasses__():
        yield below
        yield from _below(below)


@pytest.fixture
def context(structure):
    return make_context(structure)


def make_context(structure, **more):
    given = {"locale": "en_GB", "currency": "GBP", "as_of": AS_OF, **more}
    given.setdefault("media_base_url", "https://media.example.com/files")
    given.setdefault("lookups", {"colours": {"black": "Jet", "oxblood": "Burgundy"}})
    return feed_context(structure, channel=structure.channels["web"], **given)


def rows(**columns):
    """Return a frame of the projection with these columns; text unless the name says otherwise."""
    return pl.DataFrame({name: series(name, values) for name, values in columns.items()})


DTYPES = {
    "stock": AMOUNT,
    "factor": AMOUNT,
    "weight": AMOUNT,
    "warmth": AMOUNT,
    "colour": pl.Int64,
    "family": pl.Int64,
    "id": pl.Int64,
    "root": pl.Int64,
    "parent": pl.Int64,
    "colourway": pl.Int64,
    "materials": pl.List(pl.Int64),
    "categories": pl.List(pl.Int64),
    "groups": pl.List(pl.Int64),
    "gallery": pl.List(pl.String),
    "vegan": pl.Boolean,
    "enabled": pl.Boolean,
    "released": pl.Date,
    "updated": pl.Datetime("us", "UTC"),
}


def series(name, values):
    dtype = AMOUNT if name.startswith("price") else DTYPES.get(name, pl.String)
    if dtype == AMOUNT:
        values = [None if value is None else Decimal(value) for value in values]
    return pl.Series(name, values, dtype=dtype)


@pytest.fixture
def mapped(context, steps):
    """Return the values that a source gives for a frame: `mapped(frame, "name", {"type": ...})`."""

    def run(frame, source, *listed, within=None):
        within = within or context
        parsed = parse({"out": {"from": source, "steps": list(listed)}}, within, steps=steps)
        assert [v.text for v in parsed.violations] == []
        items = compile_mapping(parsed.mapping, within).apply(frame)
        # What reading has compiled already must come to the same, for every step.
        assert finish_mapping(parsed.mapping, within).apply(frame).equals(items)
        return items.get_column("out").to_list()

    return run


@pytest.fixture
def faults(context, steps):
    """Return (path, code) of what is wrong with a target's document."""

    def run(body, within=None):
        parsed = parse({"out": body}, within or context, steps=steps)
        return [(v.path.removeprefix("mapping.out."), v.code) for v in parsed.violations]

    return run


@pytest.fixture
def catalogue():
    """Two colourways of two sizes, their style's own row, and a simple belt."""
    return rows(
        id=[101, 102, 103, 104, 100, 200],
        root=[100, 100, 100, 100, 100, 200],
        colourway=[110, 110, 120, 120, None, None],
        parent=[110, 110, 120, 120, None, None],
        parent_code=["D-BLK", "D-BLK", "D-OXB", "D-OXB", None, None],
        root_code=["D", "D", "D", "D", "D", "BELT"],
        level=["variant", "variant", "variant", "variant", "model", "simple"],
        identifier=["D-BLK-40", "D-BLK-41", "D-OXB-40", "D-OXB-41", "D", "BELT"],
        colour=[11, 11, 12, 12, None, 11],
        stock=["3", "0", None, "5", "99", "7"],
        note=["forty", "forty-one", "forty", None, "style", "belt"],
        materials=[[21], [21, 22], None, [22], [21], []],
        **{"price-GBP": ["120", "125.5", "130", None, None, "45"]},
        released=[date(2026, 1, 2), None, date(2025, 5, 6), None, None, None],
    )
