"""Which cell of a product a name, a channel and a locale mean."""

from __future__ import annotations

import pytest

from pim.domain.values import Cell
from pim.errors import NotFound, Refused
from pim.products.past.places import find_place
from tests.factories.shelves import SHOES


@pytest.mark.parametrize(
    ("field", "options", "column"),
    [
        ("SKU", {}, "sku"),
        ("name-en_gb", {}, "name-en_GB"),
        ("name", {"locale": "EN_gb"}, "name-en_GB"),
        ("title-en_GB-web", {}, "title-en_GB-web"),
        ("title-en_GB", {"scope": "WEB"}, "title-en_GB-web"),
        ("price-web", {}, "price-web"),
        ("price-eur", {"scope": "web"}, "price-web-EUR"),
        ("weight-unit", {}, "weight-unit"),
        ("Categories", {}, "categories"),
    ],
)
def test_a_column_or_an_attribute_with_its_place_is_found_in_the_stored_spelling(
    field: str, options: dict[str, str], column: str
) -> None:
    assert find_place(SHOES, field, **options).column == column


def test_a_place_lies_at_a_path_and_has_a_part() -> None:
    place = find_place(SHOES, "price-web-EUR")

    assert (place.path, place.cell) == (("values", "price", "web", "<all>"), Cell("price", "web"))
    assert place.of({"EUR": "5", "GBP": "4"}) == "5"
    assert place.of(None) is None
    assert find_place(SHOES, "price", scope="web").of({"EUR": "5"}) == {"EUR": "5"}


@pytest.mark.parametrize("field", ["nothing", "price-web-XXX", "stock-unit"])
def test_a_name_that_means_nothing_is_not_found(field: str) -> None:
    with pytest.raises(NotFound):
        find_place(SHOES, field)


@pytest.mark.parametrize(
    ("field", "words"),
    [("name", "name a locale"), ("price", "name a channel"), ("name-tlh", 'no locale "tlh"')],
)
def test_a_place_that_is_missing_is_asked_for_with_the_choices(field: str, words: str) -> None:
    with pytest.raises(Refused, match=words):
        find_place(SHOES, field)
