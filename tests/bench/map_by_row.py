"""A partner's CSV feed as plain Python makes it: a row at a time, a function call per cell.

It maps what the feed's document asks for, and its rows are those that the feed publishes.
"""

from __future__ import annotations

import csv
import html
import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from io import StringIO
from typing import Any, Final

import orjson
import sqlalchemy as sa

from pim.domain.structure import Category, Structure
from pim.structure import queries
from tests.bench.place import Place

FEED: Final = "partner_01_en_GB"
CHANNEL: Final = "marketplace"
LOCALE: Final = "en_GB"
CURRENCY: Final = "EUR"
READ: Final = 5_000

_ROWS: Final = """
SELECT p.identifier, c.code AS parent, s.code AS root,
       p.categories || coalesce(c.categories, '{}') || coalesce(s.categories, '{}') AS categories,
       p."values"::text AS own, c."values"::text AS colourway, s."values"::text AS style
FROM product p
LEFT JOIN product_model c ON c.id = p.parent_id
LEFT JOIN product_model s ON s.id = c.parent_id
WHERE p.enabled ORDER BY p.id LIMIT :limit
"""


def map_by_row(place: Place) -> float:
    """Return how many items a second a loop maps and writes as CSV."""
    with place.engine() as engine, engine.connect() as connection:
        mapping = Mapping_(queries.current(connection))
        began = time.perf_counter()
        found = list(rows(connection, mapping, READ))
        file = StringIO()
        csv.writer(file, delimiter=";").writerows(found)
        return len(found) / (time.perf_counter() - began)


def rows(connection: sa.Connection, mapping: Mapping_, limit: int) -> Iterator[list[str]]:
    """Yield the cells of items, in the order of the feed's targets."""
    for row in connection.execute(sa.text(_ROWS), {"limit": limit}).mappings():
        documents = [orjson.loads(row[name] or "{}") for name in ("style", "colourway", "own")]
        values = {code: value for document in documents for code, value in document.items()}
        yield mapping.cells(dict(row), values)


@dataclass(frozen=True)
class Mapping_:  # noqa: N801 - "Mapping" is a type of Python's own
    """The feed's mapping over one structure."""

    structure: Structure

    def cells(self, row: Mapping[str, Any], values: dict[str, Any]) -> list[str]:
        """Return the 27 cells of one item."""
        get = self._getter(values)
        label = self._labeller(get)
        measure = _measurer(get)
        price = (get("price") or {}).get(CURRENCY)
        stock = get("stock_quantity")
        launched = get("launch_date")
        return [
            row["identifier"], get("ean") or "", row["root"] or "", row["parent"] or "",
            _cut(get("name") or "", 80), _cut_bytes(_plain(get("description") or ""), 2000),
            label("brand"), label("season"), self._department(row["categories"]),
            get("colour_name") or label("colour"), label("size_eu"), get("size_uk") or "",
            label("upper_material"), label("lining_material"), label("sole_material"),
            measure("heel_height", 10, "0.1"), label("care"), _money(price),
            _money((get("sale_price") or {}).get(CURRENCY)), _wholesale(price),
            str(min(int(stock), 20)) if stock is not None else "0", get("lead_time") or "",
            get("hs_code") or "", label("country_of_origin"),
            date.fromisoformat(launched).strftime("%d.%m.%Y") if launched else "",
            measure("weight", 1000, "0.001"), _address(get("picture")),
        ]  # fmt: skip

    def _getter(self, values: dict[str, Any]) -> Callable[[str], Any]:
        def get(code: str) -> Any:
            found = values.get(code, {})
            found = found.get(CHANNEL, found.get("<all>", {}))
            return found.get(LOCALE, found.get("<all>"))

        return get

    def _labeller(self, get: Callable[[str], Any]) -> Callable[[str], str]:
        def label(code: str) -> str:
            chosen = get(code)
            known = self.structure.attributes[code].options
            codes = chosen if isinstance(chosen, list) else [chosen] if chosen else []
            return "|".join(known[each].labels.get(LOCALE, f"[{each}]") for each in codes)

        return label

    def _department(self, ids: list[int]) -> str:
        tree = next(c for c in self.structure.channels if c.code == CHANNEL).tree
        by_id = self.structure.categories.by_id
        root = self.structure.categories[tree or ""].id
        inside: list[Category] = [by_id[each] for each in ids if by_id[each].path[0] == root]
        if not inside:
            return ""
        deepest = max(inside, key=lambda category: len(category.path))
        levels = [by_id[each] for each in deepest.path[1:]]
        return " / ".join(level.labels.get(LOCALE, f"[{level.code}]") for level in levels)


def _address(key: str | None) -> str:
    return f"https://media.example/{key}" if key else ""


def _plain(text: str) -> str:
    bare = re.sub(r"<[^>]+>", "", re.sub(r"</?(?:p|br|div|li)\b[^>]*>", " ", text))
    return " ".join(html.unescape(bare).split())


def _cut(text: str, length: int) -> str:
    return text.strip() if len(text) <= length else text[: length - 1].rsplit(" ", 1)[0] + "…"


def _cut_bytes(text: str, length: int) -> str:
    return text if len(text.encode()) <= length else _cut(text, length // 2)


def _money(amount: str | None) -> str:
    if amount is None:
        return ""
    cents = Decimal(amount).quantize(Decimal("0.01"), ROUND_HALF_UP)
    return str(cents).replace(".", ",")


def _wholesale(amount: str | None) -> str:
    if amount is None:
        return ""
    steps = (Decimal(amount) / Decimal("2.4") / Decimal("0.05")).quantize(Decimal(1), ROUND_HALF_UP)
    return _money(str(steps * Decimal("0.05")))


def _measurer(get: Callable[[str], Any]) -> Callable[[str, int, str], str]:
    def measure(code: str, parts: int, to: str) -> str:
        found = get(code)
        if not found:
            return ""
        rounded = (Decimal(found["amount"]) / parts).quantize(Decimal(to), ROUND_HALF_UP)
        return f"{rounded.normalize():f}".replace(".", ",")

    return measure
