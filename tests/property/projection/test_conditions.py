"""Polars and plain Python must agree about every condition on every catalogue."""

from __future__ import annotations

import tempfile
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pim.domain.conditions import KERNEL, evaluate, kind_of, parse
from tests.factories.shelves import SHOES, Layer, Thing, reading, view
from tests.property.projection.catalogues import (
    NOW,
    days,
    filled,
    moments,
    numbers,
    options,
    things,
    weights,
)

EVERY_LEVEL = ("simple", "variant", "model", "sub_model")

OPERANDS: dict[str, st.SearchStrategy[Any]] = {
    "text": filled, "media": st.sampled_from(["front", "FRONT.jpg", "x", ".png"]), "link": filled,
    "parent": filled, "keys": st.sampled_from(["k1", "k2", "k3"]), "number": numbers,
    "metric": weights, "options": options, "boolean": st.booleans(), "enabled": st.booleans(),
    "price": st.fixed_dictionaries(
        {"amount": numbers, "currency": st.sampled_from(["EUR", "GBP"])}
    ),
    "date": days | st.sampled_from(["-10 days", "now"]),
    "moment": moments.map(datetime.isoformat) | st.sampled_from(["-2 days", "now", "-1 month"]),
    "uuid": st.integers(1, 8).map(lambda n: f"00000000-0000-4000-8000-{n:012}"),
    "family": st.sampled_from(["shoes", "care"]),
    "family_variant": st.sampled_from(["by_colour_size", "by_size"]),
    "level": st.sampled_from(["simple", "variant", "model"]),
    "categories": st.sampled_from(["all", "women", "boots", "men"]),
    "groups": st.sampled_from(["sale", "new"]), "completeness": st.sampled_from([0, 33, 60, 100]),
}  # fmt: skip
FIELDS = [
    "identifier", "uuid", "family", "family_variant", "parent", "level", "categories", "groups",
    "enabled", "created", "updated", "completeness",
    *(a.code for a in SHOES.attributes if a.code != "legal"),
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
    if field == "completeness":
        document["scope"] = draw(st.sampled_from(["web", "print"]))
        if document["scope"] == "web":
            document["locale"] = draw(st.sampled_from([None, "en_GB", "de_DE"]))
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
            some = pl.Series("id", list(by_id)[::2])
            among = shelf.matching(condition, levels=EVERY_LEVEL, now=NOW, ids=some).to_list()
            assert among == [number for number in expected if number in some], document
