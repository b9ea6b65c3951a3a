"""What readers ask of the list: every kind of filter, every kind of order, and what else it shows.

An answer is one page of 50 with the count of all: ids by condition and order, then the columns
that the list shows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

from pim.domain.conditions import Condition, parse
from pim.projection import Reading
from pim.web.products.facets import facets
from pim.web.products.query import ListQuery

PAGE: Final = 50
COLUMNS: Final = ("identifier", "family", "enabled", "name-en_GB", "picture", "updated")

Ask = Callable[[Reading], object]
Document = Mapping[str, Any]

#: A filter of every kind of field that conditions know, and of presence.
FILTERS: Final[Mapping[str, Document]] = {
    "everything": {"all": []},
    "identifier": {"field": "identifier", "operator": "CONTAINS", "value": "77-2-"},
    "text": {"field": "name", "operator": "CONTAINS", "value": "boot", "locale": "en_GB"},
    "text starts with": {
        "field": "name", "operator": "STARTS WITH", "value": "Warm", "locale": "en_GB",
    },
    "text is empty": {
        "field": "description", "operator": "EMPTY", "scope": "web", "locale": "ja_JP",
    },
    "option": {"field": "brand", "operator": "IN", "value": ["brand_03", "brand_41"]},
    "options": {"field": "upper_material", "operator": "IN", "value": ["upper_material_07"]},
    "reference data": {
        "field": "leather_grade", "operator": "IN", "value": ["leather_grade_03"],
    },
    "number": {"field": "stock_quantity", "operator": "<", "value": "1210"},
    "number between": {
        "field": "sustainability_score", "operator": "BETWEEN", "value": ["40", "42"],
    },
    "measure": {
        "field": "weight", "operator": ">", "value": {"amount": "1.35", "unit": "KILOGRAM"},
    },
    "price": {
        "field": "price", "operator": "<", "value": {"amount": "60", "currency": "EUR"},
    },
    "yes or no": {"field": "vegan", "operator": "=", "value": True},
    "date": {"field": "launch_date", "operator": ">", "value": "2026-06-01"},
    "relative date": {"field": "launch_date", "operator": ">", "value": "-10 days"},
    "picture is empty": {"field": "picture", "operator": "EMPTY"},
    "file": {"field": "certificate_pdf", "operator": "NOT EMPTY"},
    "link": {"field": "predecessor", "operator": "NOT EMPTY"},
    "family": {"field": "family", "operator": "IN", "value": ["family_02"]},
    "family variant": {
        "field": "family_variant", "operator": "IN", "value": ["family_02_colour_size"],
    },
    "parent": {"field": "parent", "operator": "IN", "value": ["G000001-1"]},
    "level": {"field": "level", "operator": "IN", "value": ["simple"]},
    "category": {"field": "categories", "operator": "IN", "value": ["category_0011"]},
    "category and below": {
        "field": "categories", "operator": "IN CHILDREN", "value": ["category_0003"],
    },
    "no category": {"field": "categories", "operator": "UNCLASSIFIED"},
    "group": {"field": "groups", "operator": "EMPTY"},
    "enabled": {"field": "enabled", "operator": "=", "value": False},
    "completeness": {
        "field": "completeness", "operator": "<", "value": 100, "scope": "web", "locale": "ja_JP",
    },
    "created": {"field": "created", "operator": ">", "value": "-1 days"},
    "updated": {"field": "updated", "operator": "SINCE LAST N DAYS", "value": 1},
    "five at once": {
        "all": [
            {"field": "brand", "operator": "NOT IN", "value": ["brand_03"]},
            {"field": "stock_quantity", "operator": ">", "value": "0"},
            {"any": [
                {"field": "name", "operator": "CONTAINS", "value": "boot", "locale": "en_GB"},
                {"field": "waterproof", "operator": "=", "value": True},
            ]},
            {"not": {"field": "season", "operator": "IN", "value": ["season_01"]}},
            {"field": "enabled", "operator": "=", "value": True},
        ]
    },
}  # fmt: skip

#: A column of every kind that a list can be sorted by.
SORTS: Final = (
    "identifier", "name-en_GB", "updated", "created", "stock_quantity", "family", "brand",
    "launch_date", "completeness-en_GB-web", "weight", "price-EUR",
)  # fmt: skip

TEXTS: Final = ("boot 12", "G0000", "loafer 77")

#: What ten people ask at the same time: filters, sorts and texts in turn.
_MIXED: Final = (
    "option", "text", "number", "category and below", "family", "text is empty", "date",
    "five at once",
)  # fmt: skip


def filters() -> dict[str, Callable[[Reading], Ask]]:
    """Return a question with each filter, in the order of ids."""
    return {name: partial(_page, where) for name, where in FILTERS.items()}


def sorts() -> dict[str, Callable[[Reading], Ask]]:
    """Return a question in each order, over all enabled products, from either end."""
    wide = {"field": "enabled", "operator": "=", "value": True}
    return {
        f"{sort} {way}".strip(): partial(_page, wide, sort=sort, descending=way == "descending")
        for sort in SORTS
        for way in ("", "descending")
    }


def texts() -> dict[str, Callable[[Reading], Ask]]:
    """Return questions for a text in identifiers and names."""
    return {text: partial(_page, FILTERS["everything"], text=text) for text in TEXTS}


def deep_pages() -> dict[str, Callable[[Reading], Ask]]:
    """Return questions for a page in the middle of everything, in each order."""
    everything = FILTERS["everything"]
    return {sort: partial(_page, everything, sort=sort, deep=True) for sort in SORTS}


def trees() -> dict[str, Callable[[Reading], Ask]]:
    """Return the question for what stands beside the list: families and categories with counts."""
    return {"family and category tree counts": lambda reading: _facets}


def mixed() -> dict[str, Callable[[Reading], Ask]]:
    """Return what ten people ask: half of them sort what they have filtered."""
    sorted_by = dict(zip(_MIXED, (*SORTS[:4], "", "", "", ""), strict=True))
    return {
        name: partial(_page, FILTERS[name], sort=sort or None) for name, sort in sorted_by.items()
    } | texts()


def _facets(reading: Reading) -> object:
    return facets(reading, ListQuery(), "en_GB")


def _page(
    where: Document,
    reading: Reading,
    *,
    text: str | None = None,
    sort: str | None = None,
    descending: bool = False,
    deep: bool = False,
) -> Ask:
    condition: Condition = parse(where, reading.structure)

    def ask(reading: Reading) -> object:
        offset = len(reading.frame(["id"])) // 2 if deep else 0
        found = reading.search(
            condition, text=text, sort=sort, descending=descending, offset=offset, limit=PAGE
        )
        return reading.frame(COLUMNS, ids=found.ids)

    return ask


SETS: Final = {
    "filters": filters,
    "sorts": sorts,
    "texts": texts,
    "deep_pages": deep_pages,
    "trees": trees,
    "mixed": mixed,
}
