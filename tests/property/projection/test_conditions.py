"""Polars and plain Python must agree about every condition on every catalogue."""

from __future__ import annotations

import tempfile
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pim.domain.conditions import KERNEL, evaluate, kind_of, parse
from tests.factories.shelves import EPOCH, SHOES, Layer, Thing, reading, view

NOW = EPOCH + timedelta(days=40)
EVERY_LEVEL = ("simple", "variant", "model", "sub_model")

words = st.sampled_from(["Derby", "derby boot", "ÉTÉ", "été", "Сапог", "a", "x\\n\"'", "", "Ω", "ß"])
numbers = st.sampled_from(["0", "1", "12.5", "-3", "0.0000000001", "28.349523125", "1000"])
options = st.sampled_from("abcd")
days = st.sampled_from(["2026-01-01", "2026-02-10", "2025-12-31"])


def one(data: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return data.map(lambda value: {"<all>": {"<all>": value}})


def by_locale(data: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    some = st.dictionaries(st.sampled_from(["en_GB", "de_DE"]), data, min_size=1)
    return some.map(lambda locales: {"<all>": locales})


weights = st.fixed_dictionaries({"amount": numbers, "unit": st.sampled_from(["GRAM", "OUNCE"])})
prices = st.dictionaries(st.sampled_from(["EUR", "GBP"]), numbers, min_size=1)
filled = words.filter(bool)
documents = st.fixed_dictionaries(
    {},
    optional={
        "name": by_locale(filled),
        "title": st.dictionaries(
            st.sampled_from(["web", "print"]),
            st.dictionaries(st.just("en_GB"), filled, min_size=1),
            min_size=1,
        ),
        "colour": one(options),
        "material": one(st.lists(options, min_size=1, unique=True).map(sorted)),
        "stock": one(numbers),
        "weight": one(weights),
        "price": st.dictionaries(
            st.sampled_from(["web", "print"]), prices.map(lambda p: {"<all>": p}), min_size=1
        ),
        "launch": one(days),
        "vegan": one(st.booleans()),
        "image": one(st.sampled_from(["0/a/" + "0a" * 20 + "_Front.jpg", "front.jpg", "x/y.png"])),
        "gallery": one(st.lists(st.sampled_from(["k1", "k2"]), min_size=1)),
        "spare": one(filled.map(lambda code: {"type": "product", "identifier": code})),
    },
)
moments = st.sampled_from([EPOCH, NOW - timedelta(days=2), NOW, EPOCH + timedelta(microseconds=1)])


@st.composite
def things(draw: st.DrawFn) -> list[Thing]:
    """Draw a root, a colourway, variants of both and simple products, in rising order of id."""
    made: list[Thing] = []
    for number in range(1, draw(st.integers(1, 8)) + 1):
        common: dict[str, Any] = {
            "id": number,
            "identifier": draw(filled) if number == 1 else draw(st.none() | filled),
            "values": draw(documents),
            "categories": tuple(draw(st.lists(st.integers(1, 4), unique=True, max_size=2))),
            "created": draw(moments),
            "updated": draw(moments),
        }
        owners = [thing.id for thing in made if thing.family_variant]
        if draw(st.booleans()):
            roots = [t.id for t in made if t.family_variant and t.parent is None]
            common["identifier"] = common["identifier"] or f"m{number}"
            parent = draw(st.sampled_from([None, *roots]))
            made.append(Thing(**common, family_variant=1, parent=parent))
            continue
        parent = draw(st.sampled_from([None, *owners]))
        family = 1 if parent else draw(st.sampled_from([None, 1, 2]))
        groups = tuple(draw(st.lists(st.integers(1, 2), unique=True, max_size=2)))
        made.append(
            Thing(**common, parent=parent, family=family, groups=groups, enabled=draw(st.booleans()))
        )
    return made


OPERANDS: dict[str, st.SearchStrategy[Any]] = {
    "text": filled, "media": st.sampled_from(["front", "FRONT.jpg", "x", ".png"]), "link": filled,
    "parent": filled, "keys": st.sampled_from(["k1", "k2", "k3"]), "number": numbers,
    "metric": weights, "options": options, "boolean": st.booleans(), "enabled": st.booleans(),
    "price": st.fixed_dictionaries({"amount": numbers, "currency": st.sampled_from(["EUR", "GBP"])}),
    "date": days | st.sampled_from(["-10 days", "now"]),
    "moment": moments.map(datetime.isoformat) | st.sampled_from(["-2 days", "now", "-1 month"]),
    "uuid": st.integers(1, 8).map(lambda n: f"00000000-0000-4000-8000-{n:012}"),
    "family": st.sampled_from(["shoes", "care"]), "family_variant": st.just("by_colour_size"),
    "level": st.sampled_from(["simple", "variant", "model"]),
    "categories": st.sampled_from(["all", "women", "boots", "men"]),
    "groups": st.sampled_from(["sale", "new"]),
}  # fmt: skip
FIELDS = [
    "identifier", "uuid", "family", "family_variant", "parent", "level", "categories", "groups",
    "enabled", "created", "updated", *(a.code for a in SHOES.attributes if a.code != "legal"),
]  # fmt: skip


@st.composite
def leaves(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a leaf of any field with any operator that it knows."""
    field = draw(st.sampled_from(FIELDS))
    kind = "text" if field == "sku" else kind_of(field, SHOES)
    assert kind is not None
    operator = draw(st.sampled_from(KERNEL[kind]))
    document: dict[str, Any] = {"field": field, "operator": operator}
    if "EMPTY" not in operator and operator != "UNCLASSIFIED":
        several = "IN" in operator.split()
        operand = OPERANDS[kind]
        document["value"] = draw(st.lists(operand, max_size=6) if several else operand)
    known = SHOES.attributes.get(field)
    if known and known.scopable:
        document["scope"] = draw(st.sampled_from(["web", "print"]))
    if known and known.localizable:
        locales = ["en_GB"] if document.get("scope") == "print" else ["en_GB", "de_DE"]
        document["locale"] = draw(st.sampled_from(locales))
    return document


conditions = st.recursive(
    leaves(),
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda parts: {"all": parts})
        | st.lists(inner, max_size=3).map(lambda parts: {"any": parts})
        | inner.map(lambda part: {"not": part})
    ),
    max_leaves=4,
)


@given(catalogue=things(), asked=st.lists(conditions, min_size=1, max_size=6))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_search_finds_exactly_what_the_rules_say(
    catalogue: list[Thing], asked: list[dict[str, Any]]
) -> None:
    by_id = {thing.id: thing for thing in catalogue}
    with (
        tempfile.TemporaryDirectory() as folder,
        reading(Path(folder), Layer(things=catalogue)) as shelf,
    ):
        for document in asked:
            condition = parse(document, SHOES)
            found = shelf.matching(condition, levels=EVERY_LEVEL, now=NOW).to_list()
            expected = [
                number
                for number, thing in by_id.items()
                if evaluate(condition, view(thing, by_id), SHOES, NOW)
            ]
            assert found == expected, document
