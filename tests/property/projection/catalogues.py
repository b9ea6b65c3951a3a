"""Strategies that draw small catalogues: styles, colourways, variants, simple products."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import strategies as st

from tests.factories.shelves import EPOCH, Thing

NOW = EPOCH + timedelta(days=40)

words = st.sampled_from(
    ["Derby", "derby boot", "ÉTÉ", "été", "Сапог", "a", "x\\n\"'", "", "Ω", "ß"]
)
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
        roots = [t for t in made if t.family_variant and t.parent is None]
        owners = [
            t.id for t in made if (t.family_variant == 1 and t.parent) or t.family_variant == 2
        ]
        if draw(st.booleans()):
            styles = [t.id for t in roots if t.family_variant == 1]
            common["identifier"] = common["identifier"] or f"m{number}"
            parent = draw(st.sampled_from([None, *styles]))
            variant = 1 if parent else draw(st.integers(1, 2))
            made.append(Thing(**common, family_variant=variant, parent=parent))
            continue
        parent = draw(st.sampled_from([None, *owners]))
        family = 1 if parent else draw(st.sampled_from([None, 1, 2]))
        groups = tuple(draw(st.lists(st.integers(1, 2), unique=True, max_size=2)))
        made.append(
            Thing(
                **common, parent=parent, family=family, groups=groups, enabled=draw(st.booleans())
            )
        )
    return made
