from __future__ import annotations

from typing import Any

from pim.domain.completeness import completeness, required_cells
from pim.domain.values import Cell
from tests.factories.structure import FAMILY, footwear

STRUCTURE = footwear()

FULL: dict[str, Any] = {
    "name": {"<all>": {"en_GB": "Boot", "de_DE": "Stiefel"}},
    "description": {"web": {"en_GB": "A boot", "de_DE": "Ein Stiefel"}},
    "waterproof": {"<all>": {"<all>": False}},
    "weight": {"<all>": {"<all>": {"amount": "1", "unit": "KILOGRAM"}}},
    "price": {"<all>": {"<all>": {"EUR": "1", "GBP": "0"}}},
    "kanji": {"<all>": {"de_DE": "x"}},
}


def missing(document: dict[str, Any], locale: str = "en_GB", channel: str = "web") -> list[Cell]:
    found = completeness(document, "SKU", FAMILY, channel, locale, STRUCTURE)
    assert found is not None
    return list(found.missing)


def test_required_cells_follow_scope_locale_and_locale_specific_attributes() -> None:
    assert required_cells(FAMILY, "web", "en_GB", STRUCTURE) == [
        Cell("sku"),
        Cell("name", locale="en_GB"),
        Cell("description", "web", "en_GB"),
        Cell("waterproof"),
        Cell("weight"),
        Cell("price"),
    ]
    german = required_cells(FAMILY, "web", "de_DE", STRUCTURE)
    assert german[-1] == Cell("kanji", locale="de_DE")
    assert required_cells(FAMILY, "print", "en_GB", STRUCTURE) == [
        Cell("sku"),
        Cell("list_price", "print"),
    ]


def test_everything_required_is_complete_and_false_counts() -> None:
    assert missing(FULL) == []
    assert missing(FULL, "de_DE") == []


def test_a_price_needs_every_currency_of_the_channel() -> None:
    one = {**FULL, "price": {"<all>": {"<all>": {"EUR": "1", "JPY": "5"}}}}
    assert missing(one) == [Cell("price")]
    yen = {"list_price": {"print": {"<all>": {"JPY": "5"}}}}
    assert missing(yen, channel="print") == []


def test_the_ratio_is_rounded_down() -> None:
    found = completeness({**FULL, "name": {}}, "SKU", FAMILY, "web", "en_GB", STRUCTURE)
    assert found is not None
    assert (len(found.required), found.ratio) == (6, 83)


def test_a_product_without_identifier_lacks_it() -> None:
    found = completeness(FULL, None, FAMILY, "web", "en_GB", STRUCTURE)
    assert found is not None
    assert found.missing == (Cell("sku"),)


def test_nothing_required_is_complete_and_no_family_has_no_completeness() -> None:
    bags = STRUCTURE.families["bags"]
    found = completeness({}, None, bags, "web", "en_GB", STRUCTURE)
    assert found is not None
    assert found.ratio == 100
    assert completeness(FULL, "SKU", None, "web", "en_GB", STRUCTURE) is None
