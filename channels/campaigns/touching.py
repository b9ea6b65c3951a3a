"""Which feeds a campaign touches, and about how many of their items: counted before it is saved."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl
from sqlalchemy.orm import Session

from channels.feeds.definition import Definition
from channels.feeds.known import definition_of
from channels.feeds.service import list_feeds
from channels.publication.selection import GROUP_OF_LEVEL, SKUS, asked_of, select_products
from pim.editing.campaigns.what_if import WhatIf
from pim.errors import Refused
from pim.projection import Reading


@dataclass(frozen=True, kw_only=True)
class Touched:
    """A feed that publishes what campaigns change: `items` of the `of` that it has.

    `selects` tells that its own condition asks for what they change, so items may join or leave.
    `campaigns` are the codes of those that touch it.
    """

    feed: str
    label: str
    channel: str
    campaigns: tuple[str, ...]
    items: int
    of: int
    selects: bool

    def document(self) -> dict[str, Any]:
        """Return the JSON."""
        return {**vars(self), "campaigns": list(self.campaigns)}


def feeds_touched(
    session: Session, reading: Reading, planned: Sequence[WhatIf], now: datetime
) -> list[Touched]:
    """Return the feeds that publish other items while campaigns run, by code.

    The items are those that a feed selects from the base now, so of a feed whose condition asks
    for what changes the number is a near one. A feed that has become invalid is left out.
    """
    selections: dict[Hashable, pl.Series] = {}
    found = (
        _touched(reading, planned, definition, now, selections)
        for definition in _definitions(session, reading)
    )
    return [touched for touched in found if touched is not None]


def _definitions(session: Session, reading: Reading) -> Iterator[Definition]:
    for feed in list_feeds(session):
        try:
            yield definition_of(feed, reading.structure)
        except Refused:
            continue


def _touched(
    reading: Reading,
    planned: Sequence[WhatIf],
    definition: Definition,
    now: datetime,
    selections: dict[Hashable, pl.Series],
) -> Touched | None:
    shown = definition.compile(now).columns
    asked = frozenset(reading.masks(now).compiler.needed(definition.where.root))
    codes: list[str] = []
    ids: list[pl.Series] = []
    selects = False
    for one in planned:
        changed = one.changed(definition.channel.code)
        selects |= not asked.isdisjoint(changed)
        if touching := changed.keys() & (shown | asked):
            codes.append(one.code)
            ids += [changed[name] for name in touching & shown]
    if not codes:
        return None
    key = asked_of(definition, now)
    if key not in selections:
        selections[key] = select_products(reading, definition, now)
    selected = selections[key]
    some = pl.concat(ids).unique() if ids else selected.clear()
    mine = selected.filter(selected.is_in(some.implode()))
    return Touched(
        feed=definition.code,
        label=definition.label or definition.code,
        channel=definition.channel.code,
        campaigns=tuple(codes),
        items=_items(reading, definition, mine),
        of=_items(reading, definition, selected),
        selects=selects,
    )


def _items(reading: Reading, definition: Definition, products: pl.Series) -> int:
    """Return how many items products make in a feed: of styles, one for all variants."""
    group = GROUP_OF_LEVEL[definition.level]
    if group is None:
        return len(products)
    frame = reading.frame(["id", group], ids=products, levels=SKUS)
    return int(frame.select(pl.coalesce(group, "id").n_unique()).item())
