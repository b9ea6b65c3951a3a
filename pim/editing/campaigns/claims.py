"""Which cells of which products a campaign has something to say about, as one bit a product.

Nothing is computed of the values themselves: a cell is claimed by its address, its product and by
whether it is empty. An operation that leaves empty cells empty says nothing about them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import reduce
from operator import and_, or_
from typing import Any, Final

import polars as pl

from pim.campaigns.running import Campaign
from pim.domain.operations import Clear
from pim.domain.structure import ALL
from pim.projection import Reading
from pim.projection.catalogue import PRODUCTS
from pim.projection.columns import SYSTEM, Column
from pim.projection.effective.choosing import ID, chosen
from pim.projection.effective.outcomes import CLAIMED, decided
from pim.projection.effective.parts import Part
from pim.projection.effective.plans import Chain, Plan, Sheet, Sheets

#: The status is won as a whole; of categories each is a cell of its own, so they do not compete.
STATUS: Final = Part((Column(name="enabled", dtype=SYSTEM["enabled"]),))

Key = tuple[str, ...]


@dataclass(frozen=True)
class Touch:
    """A part that a campaign reaches: in these channels, by this chain of steps."""

    part: Part
    channels: frozenset[str]
    plan: Plan
    chain: Chain


@dataclass
class Claims:
    """Answers for one reading of the catalogue at one moment."""

    reading: Reading
    sheets: Sheets
    now: datetime
    _touched: dict[tuple[int, int], Mapping[Key, Touch]] = field(default_factory=dict)
    _masks: dict[Any, pl.Series] = field(default_factory=dict)
    _chosen: dict[tuple[int, int], pl.Series] = field(default_factory=dict)

    def touched(self, campaign: Campaign, channels: frozenset[str]) -> Mapping[Key, Touch]:
        """Return the parts that a campaign reaches in channels, by the names of their columns."""
        key = campaign.id, campaign.version
        if key not in self._touched:
            self._touched[key] = self._reached(campaign, channels)
        return self._touched[key]

    def _reached(self, campaign: Campaign, channels: frozenset[str]) -> Mapping[Key, Touch]:
        found: dict[Key, Touch] = {}
        for channel in sorted(channels):
            plan = self.plan(campaign, channel)
            for part in (*plan.touched(), STATUS):
                chain = plan.chain(part)
                if chain is None or not _is_shown(part, channel):
                    continue
                names = tuple(part.names)
                known = found[names].channels if names in found else frozenset()
                found[names] = Touch(part, known | {channel}, plan, chain)
            if not _differs_by_channel(campaign) and not _is_scoped(plan):
                return {n: Touch(t.part, channels, t.plan, t.chain) for n, t in found.items()}
        return found

    def plan(self, campaign: Campaign, channel: str) -> Plan:
        """Return a campaign as a channel sees it."""
        return Plan(campaign, channel, self.reading.structure, self.sheets)

    def mask(self, touch: Touch) -> pl.Series:
        """Tell of every stored product whether a campaign claims a part of it."""
        key = touch.plan.key, tuple(touch.part.names)
        if key not in self._masks:
            self._masks[key] = self._mask(touch)
        return self._masks[key]

    def chosen(self, plan: Plan) -> pl.Series:
        """Tell of every stored product whether it is there and a campaign chooses it."""
        if plan.key not in self._chosen:
            moment = max(self.now, plan.campaign.starts_at)
            # Steps of a ladder and copies to new dates ask the same.
            key = repr(plan.where), plan.campaign.members, moment if plan.follows_time else None
            if key not in self._masks:
                self._masks[key] = self._choose(plan, moment)
            self._chosen[plan.key] = self._masks[key]
        return self._chosen[plan.key]

    def _choose(self, plan: Plan, moment: datetime) -> pl.Series:
        base, catalogue = self.reading.base, self.reading.catalogue
        found = catalogue.each(lambda piece: chosen(base, piece, plan, moment))
        return found & catalogue.alive(PRODUCTS)

    def meet(self, one: Plan, other: Plan) -> bool:
        """Tell whether two campaigns choose any product in common."""
        return bool((self.chosen(one) & self.chosen(other)).any())

    def ids(self, mask: pl.Series, most: int | None = None) -> pl.Series:
        """Return the ids of the stored products of a mask, in rising order."""
        column = self.reading.catalogue.column(PRODUCTS, ID, None, self.reading.structure)
        found = column.filter(mask).sort()
        return found if most is None else found.head(most)

    def _mask(self, touch: Touch) -> pl.Series:
        chain, chosen_ = touch.chain, self.chosen(touch.plan)
        if chain.only_fills:
            same = (part for part in chain.reads if part.cell == touch.part.cell)
            return chosen_ & reduce(and_, map(self._empty, same))
        sheets = (s.does for s in chain.taking if isinstance(s.does, Sheet))
        given = [self._given(touch, sheet) for sheet in sheets]
        if chain.only_sheets:
            return chosen_ & reduce(or_, given)
        if any(isinstance(step.does, Clear) for step in chain.taking) or self._fills(touch):
            return chosen_
        held = (~self._empty(part) for part in chain.reads)
        return chosen_ & reduce(or_, [*given, *held])

    def _empty(self, part: Part) -> pl.Series:
        key = "empty", tuple(part.names)
        if key not in self._masks:
            structure, catalogue = self.reading.structure, self.reading.catalogue
            shown = [catalogue.column(PRODUCTS, c, None, structure) for c in part.columns]
            self._masks[key] = pl.DataFrame(shown).select(part.empty().alias("empty")).to_series()
        return self._masks[key]

    def _fills(self, touch: Touch) -> bool:
        """Tell whether a campaign gives something to a cell that is empty."""
        nothing = (None,) * len(touch.chain.names)
        told = decided([(touch.chain, nothing)], touch.part, self.reading.structure)
        return bool(told[CLAIMED][0])

    def _given(self, touch: Touch, sheet: Sheet) -> pl.Series:
        cell = touch.part.cell
        assert cell is not None
        given = touch.plan.given(sheet, cell)
        if touch.part.currency is not None:
            named = pl.col("data").str.contains(f'"{touch.part.currency}"', literal=True)
            given = given.filter(named)
        ids = given["id"].implode()
        return self.reading.catalogue.each(
            lambda piece: piece.items.stored(ID.name, ID.dtype).is_in(ids)
        )


def _is_shown(part: Part, channel: str) -> bool:
    """Tell whether a channel sees a part: one of another channel's values it does not."""
    return part.cell is None or part.cell.channel in (ALL, channel)


def _differs_by_channel(campaign: Campaign) -> bool:
    return any("scope" in document or "to_scope" in document for document in campaign.do)


def _is_scoped(plan: Plan) -> bool:
    return any(cell.channel != ALL for step in plan.steps for cell in step.cells)
