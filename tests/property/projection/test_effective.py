"""What campaigns lay over a catalogue is what the domain's operations make of each product."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from unittest.mock import patch

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from pim.campaigns.running import Campaign
from pim.domain import operations, values
from pim.domain.completeness import completeness
from pim.domain.conditions import ProductView, evaluate, parse
from pim.domain.operations import CellOperation, Clear, EntityOperation, EntityState, SetValue
from pim.domain.values import Cell
from pim.products.changes import changed_cell
from pim.projection.columns import Column, find
from pim.projection.effective import Effective, effective
from pim.projection.effective import reading as overlaid
from tests.factories.shelves import SHOES, Layer, Thing, reading, view
from tests.property.projection.catalogues import (
    NOW,
    days,
    filled,
    options,
    prices,
    things,
    weights,
)
from tests.property.projection.test_conditions import conditions, leaves

CHANNEL = "web"
SHEET = "0" * 64
COLUMNS = [
    "name-en_GB", "name-de_DE", "title-en_GB-web", "title-en_GB-print", "colour", "material",
    "stock", "weight", "weight-unit", "price-web-EUR", "price-web-GBP", "price-print-EUR",
    "launch", "vegan", "categories", "enabled",
]  # fmt: skip

scopes = st.sampled_from(["web", "print", "*"])
do = st.one_of(
    st.builds(
        lambda scope, percent, currency, ending: {
            "type": "calculate", "field": "price", "scope": scope, "percent": percent,
            **({"currency": currency} if currency else {}),
            **({"round": {"ending": "0.99"}} if ending else {}),
        },
        scopes, st.sampled_from([-20, -40, 10]),
        st.sampled_from([None, "EUR"]), st.booleans(),
    ),
    st.builds(
        lambda scope, value, only: {
            "type": "set", "field": "price", "scope": scope, "value": value, "only_empty": only
        },
        scopes, prices, st.booleans(),
    ),
    st.builds(
        lambda scope, value: {"type": "set", "field": "colour", "value": value, **scope},
        st.sampled_from([{}, {"scope": "web"}, {"scope": "print"}]), options,
    ),
    st.builds(
        lambda value, only: {
            "type": "set", "field": "name", "locale": "*", "value": value, "only_empty": only
        },
        filled, st.booleans(),
    ),
    st.builds(
        lambda kind, text: {"type": kind, "field": "name", "locale": "en_GB", "text": text},
        st.sampled_from(["prefix", "append"]), filled,
    ),
    st.builds(lambda value: {"type": "set", "field": "weight", "value": value}, weights),
    st.builds(lambda value: {"type": "set", "field": "launch", "value": value}, days),
    st.builds(lambda items: {"type": "add", "field": "material", "items": items},
              st.lists(options, min_size=1, max_size=2)),
    st.builds(lambda code: {"type": "categorize", "add": [code]},
              st.sampled_from(["women", "men"])),
    st.builds(lambda code: {"type": "categorize", "move": [code]}, st.just("boots")),
    st.sampled_from([
        {"type": "clear", "field": "stock"}, {"type": "clear", "field": "price", "scope": "*"},
        {"type": "disable"}, {"type": "enable"},
        {"type": "calculate", "field": "stock", "multiply": "1.5"},
        {"type": "calculate", "field": "weight", "percent": 50},
        {"type": "set", "field": "vegan", "value": True},
        {"type": "copy", "from_field": "name", "from_locale": "en_GB", "to_field": "title",
         "to_scope": "*", "to_locale": "en_GB"},
        {"type": "copy", "from_field": "price", "from_scope": "print", "to_field": "price",
         "to_scope": "web"},
        {"type": "cells", "sheet": SHEET},
    ]),
)  # fmt: skip


@st.composite
def campaigns(draw: st.DrawFn) -> tuple[Campaign, ...]:
    found = []
    for number in range(1, draw(st.integers(1, 4)) + 1):
        members = draw(st.none() | st.lists(st.integers(1, 8), unique=True).map(sorted))
        found.append(
            Campaign(
                id=number, version=1, code=f"c{number}", label="",
                starts_at=NOW - timedelta(days=number), ends_at=NOW + timedelta(days=1),
                channels=draw(st.sampled_from([(), ("web",), ("WEB", "print")])),
                locales=draw(st.sampled_from([(), (), ("en_GB",)])),
                priority=10, where=draw(st.just({}) | leaves() | conditions),
                do=draw(st.lists(do, min_size=1, max_size=3)),
                members=None if members is None else tuple(members),
            )
        )  # fmt: skip
    return tuple(found)


@st.composite
def sheets(draw: st.DrawFn) -> list[tuple[int, str, str, str, str]]:
    """Draw cells given one by one: prices of the web and names."""
    rows = []
    for number in draw(st.lists(st.integers(1, 8), unique=True, max_size=4)):
        rows.append((number, "price", "web", "<all>", json.dumps(draw(prices))))
        rows.append((number, "name", "<all>", "en_GB", json.dumps(draw(filled))))
    return sorted(rows, key=lambda row: (*row[1:4], row[0]))


Cells = Mapping[tuple[int, Cell], Any]


class Plain:
    """One product under campaigns, worked out without columns."""

    def __init__(self, product: ProductView, number: int, ours: Sequence[Campaign], given: Cells):
        self.base, self.number, self.given = product, number, given
        self.ours = [c for c in ours if self._chooses(c)]

    def _chooses(self, campaign: Campaign) -> bool:
        if campaign.members is not None:
            return self.number in campaign.members
        return evaluate(parse(campaign.where, SHOES), self.base, SHOES, NOW)

    def shown(self) -> ProductView:
        document: Any = self.base.values
        taken: set[tuple[Cell, str | None]] = set()
        for campaign in self.ours:
            for (cell, currency), data in self._claims(campaign).items():
                if (cell, currency) not in taken:
                    taken.add((cell, currency))
                    document = _put(document, cell, currency, data)
        state = self._state()
        held = replace(
            self.base, values=document, enabled=state.enabled, categories=state.categories
        )
        family = SHOES.families.get(held.family)
        done = {
            (c.code, locale): found.ratio
            for c in SHOES.channels
            for locale in c.locales
            if (found := completeness(document, held.identifier, family, c.code, locale, SHOES))
        }
        return replace(held, completeness=done)

    def _state(self) -> EntityState:
        state = EntityState(enabled=self.base.enabled, categories=self.base.categories)
        for campaign in reversed(self.ours):
            for step in _operations(campaign):
                if isinstance(step, EntityOperation):
                    state = step.change(state, SHOES)
        return state

    def _claims(self, campaign: Campaign) -> dict[tuple[Cell, str | None], Any]:
        """Return what the campaign makes of the parts that it claims."""
        document: Any = self.base.values
        wrote: dict[tuple[Cell, str | None], list[Any]] = {}
        for step in _operations(campaign):
            written = (
                self._of_sheet(campaign) if step == "cells" else self._of(step, campaign, document)
            )
            for cell, data in written:
                document = _merged(document, cell, data)
            for cell, data in written:
                for currency in _currencies(cell, step, data):
                    wrote.setdefault((cell, currency), []).append(step)
        found = {}
        for (cell, currency), steps in wrote.items():
            before, after = (_get(d, cell, currency) for d in (self.base.values, document))
            only = all(isinstance(s, SetValue) and s.only_empty for s in steps)
            meant = any(isinstance(s, Clear) or s == "cells" for s in steps)
            if only and before is not None:
                continue
            if meant or before is not None or after is not None:
                found[cell, currency] = after
        return found

    def _of_sheet(self, campaign: Campaign) -> list[tuple[Cell, Any]]:
        return [(c, d) for (n, c), d in self.given.items() if n == self.number and _in(campaign, c)]

    def _of(self, step: Any, campaign: Campaign, document: Any) -> list[tuple[Cell, Any]]:
        if not isinstance(step, CellOperation):
            return []
        found = []
        for cell in sorted(step.cells(SHOES)):
            if _in(campaign, cell):
                data, faults = operations.apply_to(step, cell, document, SHOES)
                document = document if faults else _merged(document, cell, data)
                found.append((cell, values.get(document, cell)))
        return found


def _operations(campaign: Campaign) -> list[Any]:
    found: list[Any] = []
    for document in campaign.do:
        if document["type"] == "cells":
            found.append("cells")
            continue
        held = dict(document)
        if document.get("field") == "colour" and held.pop("scope", CHANNEL) != CHANNEL:
            continue
        found += operations.parse([held], SHOES)
    return found


def _in(campaign: Campaign, cell: Cell) -> bool:
    channels = {code.lower() for code in campaign.channels}
    return (cell.channel == "<all>" or not channels or cell.channel in channels) and (
        cell.locale == "<all>" or not campaign.locales or cell.locale in campaign.locales
    )


def _currencies(cell: Cell, step: Any, data: Any) -> list[str | None]:
    if cell.attribute != "price":
        return [None]
    if step == "cells" or isinstance(step, SetValue):
        return list(data if step == "cells" else step.value)
    return [getattr(step, "currency", None)] if getattr(step, "currency", None) else ["EUR", "GBP"]


def _merged(document: Any, cell: Cell, data: Any) -> Any:
    patch = changed_cell(values.get(document, cell), data)
    return values.merge(document, values.patch_of(cell, patch[1])) if patch else document


def _get(document: Any, cell: Cell, currency: str | None) -> Any:
    data = values.get(document, cell)
    return data.get(currency) if data and currency else data


def _put(document: Any, cell: Cell, currency: str | None, data: Any) -> Any:
    held = {currency: data} if currency else data
    emptied = values.merge(document, values.replacement(document, cell, None)) if (
        not currency
    ) else document  # fmt: skip
    return values.merge(emptied, values.patch_of(cell, held))


def expected(product: ProductView, name: str) -> Any:
    """Return what a column shows of a document."""
    if name == "enabled":
        return product.enabled
    if name == "categories":
        return sorted(SHOES.categories[code].id for code in product.categories)
    column = find(SHOES, name)
    assert column.cell
    assert column.attribute
    data = values.get(product.values, column.cell)
    if data is None:
        return None
    if column.part == "unit":
        return data["unit"]
    if isinstance(data, dict):
        data = data.get(column.part or "amount")
    return data if data is None else SHOWN.get(column.attribute.type, _itself)(column, data)


def _itself(_: Column, data: Any) -> Any:
    return data


def _options(column: Column, data: list[str]) -> list[int]:
    assert column.attribute
    return sorted(column.attribute.options[code].id for code in data)


SHOWN: Mapping[str, Any] = {
    "pim_catalog_metric": lambda _, data: Decimal(data),
    "pim_catalog_price_collection": lambda _, data: Decimal(data),
    "pim_catalog_number": lambda _, data: Decimal(data),
    "pim_catalog_date": lambda _, data: date.fromisoformat(data),
    "pim_catalog_multiselect": _options,
    "pim_catalog_simpleselect": lambda column, data: _options(column, [data])[0],
}


def _lists_sorted(value: Any) -> Any:
    return sorted(value) if isinstance(value, list) else value


@given(
    catalogue=things(), running=campaigns(), cells=sheets(), where=conditions,
    split=st.integers(0, 8), sort=st.sampled_from(["price-web-EUR", "name-en_GB", "stock"]),
)  # fmt: skip
@settings(max_examples=100, deadline=None)
def test_overlays_are_what_the_operations_make_of_each_product(
    catalogue: list[Thing],
    running: tuple[Campaign, ...],
    cells: list[tuple[int, str, str, str, str]],
    where: dict[str, Any],
    split: int,
    sort: str,
) -> None:
    by_id = {thing.id: thing for thing in catalogue}
    products = [thing for thing in catalogue if thing.family_variant is None]
    given_cells = {(row[0], Cell(*row[1:4])): json.loads(row[4]) for row in cells}
    plain = {t.id: Plain(view(t, by_id), t.id, running, given_cells).shown() for t in products}
    sheet = pl.DataFrame(
        cells,
        schema={
            "id": pl.Int64,
            **dict.fromkeys(("attribute", "scope", "locale", "data"), pl.String),
        },
        orient="row",
    )
    newer = [t for t in products if t.parent is None and t.id > split]
    with (
        tempfile.TemporaryDirectory() as folder,
        reading(Path(folder), Layer(things=catalogue), Layer(things=newer)) as shelf,
    ):
        shown = effective(shelf, running, channel=CHANNEL, at=NOW, sheets=lambda _: sheet)
        assert isinstance(shown, Effective)
        ids = pl.Series("id", [t.id for t in products], dtype=pl.Int64)
        few = shown.frame(COLUMNS, ids=ids)
        with patch.object(overlaid, "FEW", -1):  # as if these were many
            whole = shown.frame(COLUMNS)
        for name in COLUMNS:
            wanted = [_lists_sorted(expected(plain[t.id], name)) for t in products]
            assert [_lists_sorted(v) for v in few[name].to_list()] == wanted, name
            assert [_lists_sorted(v) for v in whole[name].to_list()] == wanted, name
        condition = parse(where, SHOES)
        met = [n for n, product in plain.items() if evaluate(condition, product, SHOES, NOW)]
        assert shown.matching(condition, now=NOW).to_list() == met
        assert shown.matching(condition, now=NOW, ids=ids).to_list() == met
        for locale in ("en_GB", "de_DE"):
            ratios = [plain[t.id].completeness.get((CHANNEL, locale)) for t in products]
            assert shown.completeness(CHANNEL, locale)["ratio"].to_list() == ratios
            assert shown.completeness(CHANNEL, locale, ids=ids)["ratio"].to_list() == ratios
        page = shown.search(condition, sort=sort, now=NOW, limit=3, offset=1)
        ordered = shown.search(condition, sort=sort, now=NOW, limit=50).ids
        assert page.ids.to_list() == ordered.to_list()[1:4]
        with patch.object(overlaid, "SORTED", -1):  # as if more than that were moved
            again = shown.search(condition, sort=sort, now=NOW, limit=3, offset=1)
        assert again.ids.to_list() == page.ids.to_list()
        if sort != "name-en_GB":
            by = [expected(plain[n], sort) for n in ordered]
            assert [v for v in by if v is not None] == sorted(v for v in by if v is not None)
            assert None not in by[: len([v for v in by if v is not None])]
