"""Hypothesis strategies: canonical values, products and documents of conditions that parse.

Whatever compiles conditions or operations is tested with these against the plain evaluation.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from hypothesis import strategies as st

from pim.domain.attribute_types import type_of
from pim.domain.completeness import completeness
from pim.domain.conditions import FIELDS, LEVELS, OPERATORS, ProductView, kind_of
from pim.domain.structure import Attribute, Structure

NOW = datetime(2026, 3, 31, 12, 0, tzinfo=UTC)

Level = Literal["simple", "variant", "model"]

TEXTS = (
    *("Boot", "boots", "Straße", "STRASSE", "100%_\\", "a'b\"c"),
    *("Сапог", "ботинок", " x ", "0", "Ünï"),
)
NUMBERS = ("-3.5", "0", "1", "12.5", "99.99", "100", "199.99", "0.0000000001", "12345678.9")


def texts() -> st.SearchStrategy[str]:
    """Return texts that compilers may stumble over."""
    return st.sampled_from(TEXTS)


def numbers() -> st.SearchStrategy[str]:
    """Return canonical numbers, zero and above for the most part."""
    return st.sampled_from(NUMBERS)


def days() -> st.SearchStrategy[str]:
    """Return days around NOW."""
    return st.integers(-40, 40).map(lambda n: (NOW.date() + timedelta(days=n)).isoformat())


def _codes(attribute: Attribute) -> st.SearchStrategy[str]:
    return st.sampled_from([option.code for option in attribute.options] or ["a", "b", "c"])


def data_of(attribute: Attribute, structure: Structure) -> st.SearchStrategy[Any]:
    """Return canonical data of an attribute, within its type but not always within its limits."""
    kind = type_of(attribute)
    plain = {"boolean": st.booleans(), "date": days(), "number": numbers(), "text": texts()}
    if kind.kind in plain:
        return plain[kind.kind]
    if kind.kind == "options":
        codes = _codes(attribute)
        several = st.lists(codes, min_size=1, unique=True).map(sorted)
        return several if kind.has_items else codes
    return _compound(attribute, structure)


def _compound(attribute: Attribute, structure: Structure) -> st.SearchStrategy[Any]:
    match type_of(attribute).kind:
        case "metric":
            family = structure.measurement_families[attribute.properties["metric_family"]]
            units = st.sampled_from([unit.code for unit in family.units])
            return st.fixed_dictionaries({"amount": numbers(), "unit": units})
        case "price":
            active = [c.code for c in structure.currencies if c.active]
            return st.dictionaries(st.sampled_from(active), numbers(), min_size=1)
        case "keys":
            return st.lists(texts(), min_size=1, max_size=3, unique=True)
        case "link":
            kinds = st.sampled_from(["product", "product_model"])
            return st.fixed_dictionaries({"type": kinds, "identifier": texts()})
    return texts().map(lambda name: f"0/a/{'0a' * 20}_{name}.png")


@st.composite
def documents(draw: st.DrawFn, attributes: Sequence[Attribute], structure: Structure) -> Any:
    """Return the values of a product, about half of the cells filled."""
    document: dict[str, Any] = {}
    for attribute in attributes:
        if attribute is structure.identifier:
            continue
        for channel in structure.scopes(attribute):
            for locale in structure.locales_of(attribute, channel):
                if draw(st.booleans()):
                    channels = document.setdefault(attribute.code, {})
                    channels.setdefault(channel, {})[locale] = draw(data_of(attribute, structure))
    return document


@st.composite
def products(draw: st.DrawFn, attributes: Sequence[Attribute], structure: Structure) -> ProductView:
    """Return a product or model with its completeness computed."""
    levels: list[Level] = ["simple", "variant", "model"]
    level = draw(st.sampled_from(levels))
    family = draw(st.sampled_from([None, *structure.families]))
    values = draw(documents(attributes, structure))
    identifier = draw(st.none() | texts())
    moments = st.integers(-80, 5).map(lambda hours: NOW + timedelta(hours=hours))
    found = {
        (channel.code, locale): completeness(
            values, identifier, family, channel.code, locale, structure
        )
        for channel in structure.channels
        for locale in channel.locales
    }
    categories = [category.code for category in structure.categories]
    groups = [group.code for group in structure.groups]
    return ProductView(
        level=level,
        values=values,
        identifier=identifier,
        family=family.code if family else None,
        categories=frozenset(draw(st.lists(st.sampled_from(categories), max_size=2))),
        groups=frozenset(draw(st.lists(st.sampled_from(groups), max_size=1))),
        enabled=None if level == "model" else draw(st.booleans()),
        parent=draw(texts()) if level == "variant" else None,
        created=draw(moments),
        updated=draw(moments),
        completeness={cell: f.ratio for cell, f in found.items() if f and level != "model"},
    )


def _operand(field: str, structure: Structure) -> st.SearchStrategy[Any]:
    attribute = structure.attributes.get(field) if field not in FIELDS else None
    kind = kind_of(field, structure)
    coded: dict[Any, Iterable[Any]] = {
        "family": structure.families,
        "categories": structure.categories,
        "groups": structure.groups,
    }
    if kind in coded:
        return st.sampled_from([thing.code.upper() for thing in coded[kind]])
    if kind == "price":
        currencies = st.sampled_from([c.code for c in structure.currencies if c.active])
        return st.fixed_dictionaries({"amount": numbers(), "currency": currencies})
    if kind == "options" and attribute is not None:
        return _codes(attribute)
    if kind in ("number", "metric", "boolean") and attribute is not None:
        return data_of(attribute, structure)
    return _SIMPLE.get(kind, texts())


_SIMPLE: dict[Any, st.SearchStrategy[Any]] = {
    "date": days() | st.sampled_from(["now", "-10 days", "+1 month"]),
    "moment": days() | st.sampled_from(["now", "-2 days", "2026-03-30T10:00:00+02:00"]),
    "completeness": st.integers(0, 100),
    "enabled": st.booleans(),
    "level": st.sampled_from(LEVELS),
}


@st.composite
def leaves(draw: st.DrawFn, fields: Sequence[str], structure: Structure) -> Any:
    """Return one comparison of a field, in the words of documents."""
    field = draw(st.sampled_from(fields))
    kind = kind_of(field, structure)
    assert kind is not None
    operator = draw(st.sampled_from(OPERATORS[kind]))
    document: dict[str, Any] = {"field": field, "operator": operator}
    attribute = structure.attributes.get(field) if field not in FIELDS else None
    if attribute is not None and attribute is not structure.identifier:
        scope = draw(st.sampled_from(structure.scopes(attribute)))
        document |= {"scope": scope} if attribute.scopable else {}
        if attribute.localizable:
            document["locale"] = draw(st.sampled_from(structure.locales_of(attribute, scope)))
    elif field == "completeness":
        channel = draw(st.sampled_from(list(structure.channels)))
        locale = draw(st.sampled_from([None, *channel.locales]))
        document |= {"scope": channel.code} | ({"locale": locale} if locale else {})
    operand = _operand(field, structure)
    if operator == "SINCE LAST N DAYS":
        return {**document, "value": draw(st.integers(0, 40))}
    if operator in ("EMPTY", "NOT EMPTY", "UNCLASSIFIED"):
        return document
    if "BETWEEN" in operator:
        return {**document, "value": [draw(operand), draw(operand)]}
    if operator.startswith(("IN", "NOT IN")):
        return {**document, "value": draw(st.lists(operand, min_size=1, max_size=3))}
    return {**document, "value": draw(operand)}


def conditions(fields: Sequence[str], structure: Structure) -> st.SearchStrategy[Any]:
    """Return documents of conditions over these fields, nested a few levels."""
    return st.recursive(
        leaves(fields, structure),
        lambda inner: st.one_of(
            st.fixed_dictionaries({"all": st.lists(inner, max_size=3)}),
            st.fixed_dictionaries({"any": st.lists(inner, max_size=3)}),
            st.fixed_dictionaries({"not": inner}),
        ),
        max_leaves=5,
    )
