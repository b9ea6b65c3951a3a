"""Completeness by bit masks must be what the rule says, product by product."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import polars as pl
from hypothesis import given, settings

from pim.domain.completeness import completeness
from tests.factories.shelves import SHOES, Layer, Thing, reading, view
from tests.property.projection.catalogues import things

MARKETS = [("web", "en_GB"), ("web", "de_DE"), ("print", "en_GB")]


def plain(thing: Thing, by_id: dict[int, Thing], channel: str, locale: str) -> Any:
    """Return (required, missing, ratio) as the domain's rule has them."""
    product = view(thing, by_id)
    family = SHOES.families.get(product.family)
    done = completeness(product.values, thing.identifier, family, channel, locale, SHOES)
    return (len(done.required), len(done.missing), done.ratio) if done else (None, None, None)


@given(catalogue=things())
@settings(max_examples=40, deadline=None)
def test_every_product_is_as_complete_as_the_rule_says(catalogue: list[Thing]) -> None:
    by_id = {thing.id: thing for thing in catalogue}
    products = [thing for thing in catalogue if thing.family_variant is None]
    with (
        tempfile.TemporaryDirectory() as folder,
        reading(Path(folder), Layer(things=catalogue)) as shelf,
    ):
        for channel, locale in MARKETS:
            expected = [(t.id, *plain(t, by_id, channel, locale)) for t in products]
            some = pl.Series("id", [t.id for t in products][::2], dtype=pl.Int64)
            assert shelf.completeness(channel, locale, ids=some).rows() == expected[::2]
            assert shelf.completeness(channel, locale).rows() == expected
            assert shelf.completeness(channel, locale, ids=some).rows() == expected[::2]
            ratios = shelf.frame([f"completeness-{locale}-{channel}"]).to_series()
            assert ratios.to_list() == [row[-1] for row in expected]
