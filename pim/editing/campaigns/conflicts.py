"""Conflicts: the same cell of a product in two campaigns that run at once in a channel.

Pairs are told apart by interval, channel and address before any product is looked at; then a
pair's cells are counted as bits. The winner is who comes first by priority, then by the later
start, then by the later creation.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import polars as pl

from pim.campaigns.definition import Definition
from pim.campaigns.running import Campaign, Readable
from pim.campaigns.sheets import sheets_of
from pim.domain.structure import ALL
from pim.editing.campaigns.claims import Claims, Touch
from pim.editing.campaigns.contenders import Contender, contenders, pairs
from pim.projection import Reading
from pim.projection.effective.parts import Part

#: Conflicts that an answer lists one by one.
SHOWN: Final = 100


@dataclass(frozen=True, kw_only=True)
class Clash:
    """One part of products that two campaigns claim: how many, and the ids of the first ones."""

    winner: Campaign
    loser: Campaign
    part: Part
    channels: tuple[str, ...]
    cells: int
    first: Sequence[int]

    def document(self) -> dict[str, Any]:
        """Return the JSON of a pair of campaigns with the count of their common cells."""
        return {
            "campaigns": [self.winner.code, self.loser.code],
            **place_of(self.part),
            "channels": list(self.channels),
            "from": max(self.winner.starts_at, self.loser.starts_at),
            "until": min(self.winner.ends_at, self.loser.ends_at),
            "cells": self.cells,
            "winner": self.winner.code,
        }


@dataclass(frozen=True)
class Conflicts:
    """What was found: clashes in order of precedence, and what people call the products."""

    clashes: tuple[Clash, ...]
    names: dict[int, str | None] = field(default_factory=dict)

    @property
    def cells(self) -> int:
        """Return how many cells are claimed twice, by each pair of campaigns."""
        return sum(clash.cells for clash in self.clashes)

    def rows(self) -> Iterator[dict[str, Any]]:
        """Yield the conflicts one by one, as `pim campaign conflicts` answers."""
        for clash in self.clashes:
            for product in clash.first:
                yield {
                    "campaigns": [clash.winner.code, clash.loser.code],
                    "identifier": self.names.get(product),
                    **place_of(clash.part),
                    "winner": clash.winner.code,
                }

    def of(self, code: str) -> dict[str, Any]:
        """Return the JSON of the conflicts of one campaign."""
        folded = code.casefold()
        mine = (
            clash
            for clash in self.clashes
            if folded in (clash.winner.code.casefold(), clash.loser.code.casefold())
        )
        return Conflicts(tuple(mine), self.names).document()

    def document(self) -> dict[str, Any]:
        """Return the JSON that answers of saving carry: all counts, and the first conflicts."""
        return {
            "cells": self.cells,
            "pairs": [clash.document() for clash in self.clashes],
            "first": list(self.rows()),
        }


def place_of(part: Part) -> dict[str, Any]:
    """Return a part as an address in documents: field, scope, locale, and a price's currency."""
    if part.cell is None:
        return {"field": part.names[0], "scope": None, "locale": None}
    scope, locale = (None if code == ALL else code for code in part.cell[1:])
    place = {"field": part.cell.attribute, "scope": scope, "locale": locale}
    return place if part.currency is None else {**place, "currency": part.currency}


def find_conflicts(
    connection: Readable,
    reading: Reading,
    *,
    now: datetime,
    among: Collection[str] | None = None,
    definitions: Sequence[Definition] = (),
    most: int | None = SHOWN,
    claims: Claims | None = None,
) -> Conflicts:
    """Return the conflicts of campaigns that have not ended at `now`.

    `definitions` count as if they were saved, and only conflicts with them are looked for; `among`
    asks for those of some codes. `most` conflicts are named one by one (None: all).
    """
    ranked, new = contenders(connection, reading.structure, after=now, definitions=definitions)
    asked = {code.casefold() for code in among} if among is not None else new or None
    claims = claims or Claims(reading, sheets_of(connection), now)
    found = tuple(clashes(claims, ranked, asked, most))
    return Conflicts(found, _names(reading, found))


def clashes(
    claims: Claims,
    ranked: Sequence[Contender],
    among: Collection[str] | None = None,
    most: int | None = None,
) -> Iterator[Clash]:
    """Yield what contenders, in order of precedence, both claim; the first `most` by name."""
    for winner, loser in pairs(ranked, among):
        for clash in _clashes(claims, winner, loser, most):
            yield clash
            most = None if most is None else most - len(clash.first)


def _clashes(
    claims: Claims, winner: Contender, loser: Contender, most: int | None
) -> Iterator[Clash]:
    """Yield what two campaigns both claim."""
    one, two = (claims.touched(c.campaign, c.channels) for c in (winner, loser))
    common = sorted(one.keys() & two.keys())
    if not common or not claims.meet(one[common[0]].plan, two[common[0]].plan):
        return
    for names in common:
        channels = one[names].channels & two[names].channels
        if not channels:
            continue
        both = claims.mask(one[names]) & claims.mask(two[names])
        cells = int(both.sum() or 0)
        if cells:
            first = [] if most == 0 else claims.ids(both, most).to_list()
            most = None if most is None else most - len(first)
            yield _clash(winner, loser, one[names], channels, cells, first)


def _clash(
    winner: Contender,
    loser: Contender,
    touch: Touch,
    channels: frozenset[str],
    cells: int,
    first: Sequence[int],
) -> Clash:
    return Clash(
        winner=winner.campaign,
        loser=loser.campaign,
        part=touch.part,
        channels=tuple(sorted(channels)),
        cells=cells,
        first=first,
    )


def _names(reading: Reading, clashes: Sequence[Clash]) -> dict[int, str | None]:
    ids = sorted({product for clash in clashes for product in clash.first})
    if not ids:
        return {}
    frame = reading.frame(["id", "identifier"], ids=pl.Series("id", ids, dtype=pl.Int64))
    return dict(frame.rows())
