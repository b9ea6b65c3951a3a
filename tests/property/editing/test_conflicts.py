"""Conflicts counted in columns are those that a look at every product finds."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from pim.campaigns.running import Campaign
from pim.domain import operations, values
from pim.domain.conditions import ProductView, evaluate, parse
from pim.domain.operations import CellOperation, Clear, SetValue, StatusOperation
from pim.domain.values import Cell, Document
from pim.editing.campaigns.claims import Claims
from pim.editing.campaigns.conflicts import clashes
from pim.editing.campaigns.contenders import Contender, pairs
from pim.products.changes import changed_cell
from tests.factories.shelves import SHOES, Layer, Thing, reading, view
from tests.property.projection.catalogues import NOW, things
from tests.property.projection.test_conditions import leaves
from tests.property.projection.test_effective import do, sheets

CHANNELS = tuple(channel.code for channel in SHOES.channels)

Part = tuple[Cell | None, str | None]
Found = tuple[str, str, int, tuple[str, ...]]


@st.composite
def campaigns(draw: st.DrawFn) -> list[Campaign]:
    found = []
    for number in range(1, draw(st.integers(2, 5)) + 1):
        start = NOW + timedelta(days=draw(st.integers(-1, 2)))
        found.append(
            Campaign(
                id=number, version=1, code=f"c{number}", label="",
                starts_at=start, ends_at=start + timedelta(days=draw(st.integers(1, 3))),
                channels=draw(st.sampled_from([(), ("web",), ("print",), ("WEB", "print")])),
                locales=draw(st.sampled_from([(), ("en_GB",)])),
                priority=draw(st.integers(1, 2)),
                where=draw(st.just({}) | st.just({}) | leaves()),
                do=draw(st.lists(do, min_size=2, max_size=4)),
                members=draw(st.none() | st.just((1, 2, 3))),
            )
        )  # fmt: skip
    return found


def precedence(one: Campaign) -> Any:
    return -one.priority, -one.starts_at.timestamp(), -one.id


def concerned(one: Campaign) -> frozenset[str]:
    wanted = {code.lower() for code in one.channels}
    return frozenset(code for code in CHANNELS if not wanted or code in wanted)


def plain(
    ours: Sequence[Campaign], products: dict[int, ProductView], cells: dict[Any, Any]
) -> set[Found]:
    """Return (winner, loser, product, columns) by asking every product about every pair."""
    ranked = sorted(ours, key=precedence)
    found: set[Found] = set()
    for place, winner in enumerate(ranked):
        for loser in ranked[place + 1 :]:
            if not (winner.starts_at < loser.ends_at and loser.starts_at < winner.ends_at):
                continue
            for channel in concerned(winner) & concerned(loser):
                for number, product in products.items():
                    both = claimed(winner, channel, number, product, cells) & claimed(
                        loser, channel, number, product, cells
                    )
                    found |= {(winner.code, loser.code, number, columns(p)) for p in both}
    return found


def claimed(
    one: Campaign, channel: str, number: int, product: ProductView, cells: dict[Any, Any]
) -> set[Part]:
    """Return the parts of a product about which a campaign has something to say in a channel."""
    moment = max(NOW, one.starts_at)
    if one.members is not None and number not in one.members:
        return set()
    if one.members is None and not chooses(one, product, moment):
        return set()
    document: Document = product.values
    wrote: dict[Part, list[Any]] = {}
    states: set[Part] = set()
    for step in steps(one, channel):
        if isinstance(step, StatusOperation):
            states.add((None, "enabled"))
        for cell, data in list(written(step, one, channel, number, document, cells)):
            patch = changed_cell(values.get(document, cell), data)
            document = (
                values.merge(document, values.patch_of(cell, patch[1])) if patch else document
            )
            for currency in currencies(cell, step, data):
                wrote.setdefault((cell, currency), []).append(step)
    return states | {part for part, by in wrote.items() if says(part, by, product.values, document)}


def chooses(one: Campaign, product: ProductView, moment: datetime) -> bool:
    return evaluate(parse(one.where, SHOES), product, SHOES, moment)


def says(part: Part, by: list[Any], before: Document, after: Document) -> bool:
    was, now = held(before, part), held(after, part)
    if all(isinstance(step, SetValue) and step.only_empty for step in by):
        return was is None and now is not None
    meant = any(step == "cells" or isinstance(step, Clear) for step in by)
    return meant or was is not None or now is not None


def held(document: Document, part: Part) -> Any:
    cell, currency = part
    assert cell is not None
    data = values.get(document, cell)
    return data.get(currency) if data and currency else data


def steps(one: Campaign, channel: str) -> Iterator[Any]:
    for document in one.do:
        if document["type"] == "cells":
            yield "cells"
            continue
        kept = dict(document)
        if document.get("field") == "colour" and kept.pop("scope", channel) != channel:
            continue
        yield from operations.parse([kept], SHOES)


def written(
    step: Any, one: Campaign, channel: str, number: int, document: Document, cells: dict[Any, Any]
) -> Iterator[tuple[Cell, Any]]:
    if step == "cells":
        given_cells = [(cell, data) for (n, cell), data in cells.items() if n == number]
    elif isinstance(step, CellOperation):
        given_cells = []
        for cell in sorted(step.cells(SHOES)):
            data, faults = operations.apply_to(step, cell, document, SHOES)
            given_cells.append((cell, values.get(document, cell) if faults else data))
    else:
        return
    for cell, data in given_cells:
        if cell.channel in ("<all>", channel) and (
            cell.locale == "<all>" or not one.locales or cell.locale in one.locales
        ):
            yield cell, data


def currencies(cell: Cell, step: Any, data: Any) -> list[str | None]:
    if cell.attribute != "price":
        return [None]
    if step == "cells" or isinstance(step, SetValue):
        return list(data if step == "cells" else step.value)
    named = getattr(step, "currency", None)
    return [named] if named else ["EUR", "GBP"]


def columns(part: Part) -> tuple[str, ...]:
    cell, currency = part
    if cell is None:
        return (str(currency),)
    if cell.attribute == "weight":
        return ("weight", "weight-unit")
    return (f"{cell.column}-{currency}" if currency else cell.column,)


@given(catalogue=things(), ours=campaigns(), cells=sheets(), split=st.integers(0, 8))
@settings(max_examples=30, deadline=None)
def test_columns_find_the_conflicts_of_every_product(
    catalogue: list[Thing],
    ours: list[Campaign],
    cells: list[tuple[int, str, str, str, str]],
    split: int,
) -> None:
    by_id = {thing.id: thing for thing in catalogue}
    products = {t.id: view(t, by_id) for t in catalogue if t.family_variant is None}
    given_cells = {(row[0], Cell(*row[1:4])): json.loads(row[4]) for row in cells}
    texts = dict.fromkeys(("attribute", "scope", "locale", "data"), pl.String)
    sheet = pl.DataFrame(cells, schema={"id": pl.Int64, **texts}, orient="row")
    again = [by_id[n] for n in products if by_id[n].parent is None and n > split]
    ranked = sorted(
        (Contender(campaign=c, turn=c.id, channels=concerned(c)) for c in ours),
        key=lambda each: each.rank,
    )
    with (
        tempfile.TemporaryDirectory() as folder,
        reading(Path(folder), Layer(things=catalogue), Layer(things=again)) as shelf,
    ):
        claims = Claims(shelf, lambda _: sheet, NOW)
        found = list(clashes(claims, ranked))
        shown = {
            (clash.winner.code, clash.loser.code, number, tuple(clash.part.names))
            for clash in found
            for number in clash.first
        }
        assert shown == plain(ours, products, given_cells)
        assert sum(clash.cells for clash in found) == len(shown)
        few = list(clashes(claims, ranked, most=2))
        assert sum(len(clash.first) for clash in few) == min(2, len(shown))
        assert [clash.cells for clash in few] == [clash.cells for clash in found]
        mine = [c.document() for c in clashes(claims, ranked, {"c1"})]
        assert mine == [c.document() for c in found if "c1" in (c.winner.code, c.loser.code)]


@given(campaigns())
def test_every_pair_that_meets_comes_once_with_the_winner_first(ours: list[Campaign]) -> None:
    ranked = sorted(
        (Contender(campaign=c, turn=c.id, channels=concerned(c)) for c in ours),
        key=lambda each: each.rank,
    )
    found = [(one.campaign.code, other.campaign.code) for one, other in pairs(ranked)]
    wanted = [
        (one.campaign.code, other.campaign.code)
        for place, one in enumerate(ranked)
        for other in ranked[place + 1 :]
        if one.meets(other)
    ]
    assert found == wanted
    some = [pair for pair in wanted if "c2" in pair]
    assert [(o.campaign.code, t.campaign.code) for o, t in pairs(ranked, {"c2"})] == some
