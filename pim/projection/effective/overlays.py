"""The campaigns of one channel at one moment, laid over the pieces of a catalogue.

What was worked out about a whole piece is kept with it, under the versions of the campaigns that
touch the part: pieces and versions never change. A write adds a small piece, and only that one is
worked out anew.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from pim.campaigns.running import Campaign
from pim.projection.catalogue import PRODUCT_LEVELS, Catalogue
from pim.projection.columns import Column
from pim.projection.effective.choosing import ID, chosen, chosen_few, key_of
from pim.projection.effective.laid import Laid, lay
from pim.projection.effective.parts import Part, part_of
from pim.projection.effective.plans import Plan, Sheets
from pim.projection.piece import Piece
from pim.projection.remembering import remember

if TYPE_CHECKING:
    from pim.projection.reading import Reading

#: Parts of a piece whose overlay is kept, and sets of a few products.
REMEMBERED: Final = 24
FEW_SETS: Final = 16
#: Versions of campaigns, by channel, that stay read.
PLANS: Final = 20_000


class Overlays:
    """Campaigns in order of precedence, as a channel sees them at a moment.

    `base` is the reading under them.
    """

    def __init__(
        self,
        base: Reading,
        catalogue: Catalogue,
        campaigns: Sequence[Campaign],
        *,
        channel: str,
        at: datetime,
        sheets: Sheets,
    ) -> None:
        self.base, self.catalogue = base, catalogue
        self.campaigns = tuple(campaigns)
        self.channel, self.at = channel, at
        self._sheets = sheets
        memory = catalogue.pieces[0].worked_out(base.structure).setdefault("plans", {})
        self.plans = [self._plan(memory, campaign) for campaign in self.campaigns]
        #: Those of them that are drops.
        self.withholding = [plan for plan in self.plans if plan.campaign.withholds]
        self._touching: dict[str, tuple[Part, list[Plan]] | None] = {}

    def _plan(self, memory: dict[Any, Any], campaign: Campaign) -> Plan:
        key = campaign.id, campaign.version, self.channel
        found: Plan | None = memory.get(key)
        if found is None:
            found = Plan(campaign, self.channel, self.base.structure, self._sheets)
            remember(memory, key, found, most=PLANS)
        return found

    def touching(self, column: Column) -> tuple[Part, list[Plan]] | None:
        """Return the part of a column and the campaigns that touch it; None if none does."""
        if column.name not in self._touching:
            part = part_of(self.base.structure, column)
            plans = [plan for plan in self.plans if plan.chain(part)] if part else []
            self._touching[column.name] = (part, plans) if part and plans else None
        return self._touching[column.name]

    def touches(self, columns: Iterable[Column]) -> bool:
        """Tell whether any campaign touches any of the columns."""
        return any(self.touching(column) for column in columns)

    def key(self, column: Column) -> Hashable:
        """Return what decides how a column differs from the base; None if it does not."""
        found = self.touching(column)
        if found is None:
            return None
        channel = self.channel if any(plan.by_channel for plan in found[1]) else None
        return (channel, *(key_of(plan, self.at) for plan in found[1]))

    @cached_property
    def names(self) -> frozenset[str]:
        """Return the names of all columns of cells that a campaign may lay something over."""
        return frozenset().union(*(plan.names for plan in self.plans))

    def whole(self, piece: Piece, column: Column) -> Laid | None:
        """Return what lies over a column of all stored products of a piece."""
        found = self.touching(column)
        if found is None:
            return None
        part, plans = found
        memory = piece.worked_out(self.base.structure).setdefault("laid", {})
        key = self._laid_key(column, part)
        laid: Laid | None = memory.pop(key, None)
        if laid is None:
            masks = [chosen(self.base, piece, plan, self.at) for plan in plans]
            laid = self._lay(part, plans, masks, _reads(piece, self.base), piece.items.height)
        remember(memory, key, laid, most=REMEMBERED)
        return laid

    def few(self, ids: pl.Series, column: Column) -> Laid | None:
        """Return what lies over a column of a few products, which are all there."""
        found = self.touching(column)
        if found is None:
            return None
        part, plans = found
        known = self._known_about(ids)
        key = "laid", self._laid_key(column, part)
        laid: Laid | None = known.get(key)
        if laid is None:
            masks = chosen_few(self.base, plans, ids, self.at, known)
            laid = known[key] = self._lay(
                part, plans, [masks[key_of(p, self.at)] for p in plans], self._few(ids), len(ids)
            )
        return laid

    def _laid_key(self, column: Column, part: Part) -> Hashable:
        return tuple(part.names), self.key(column)

    def _lay(
        self,
        part: Part,
        plans: Sequence[Plan],
        masks: Sequence[pl.Series],
        read: Callable[[Sequence[Column], pl.Series | None], pl.DataFrame],
        height: int,
    ) -> Laid:
        """Lay those campaigns over a part that choose any row."""
        at = [number for number, mask in enumerate(masks) if mask.any()]
        some, theirs = [plans[n] for n in at], [masks[n] for n in at]
        laid = lay(part, some, theirs, read, height, self.base.structure)
        if len(at) == len(plans):
            return laid
        who = pl.Series("who", at, dtype=pl.Int32).gather(laid.rows["who"])
        return Laid(laid.rows.with_columns(who.alias("who")), laid.places)

    def _known_about(self, ids: pl.Series) -> dict[Any, Any]:
        """Return the memory of what is known about just these products."""
        memory = self.catalogue.memory.setdefault("few", {})
        key = self.base.structure.version, *ids.to_list()
        known: dict[Any, Any] | None = memory.pop(key, None)
        if known is None:
            known = {}
        remember(memory, key, known, most=FEW_SETS)
        return known

    def _few(self, ids: pl.Series) -> Callable[..., pl.DataFrame]:
        def read(columns: Sequence[Column], rows: pl.Series | None) -> pl.DataFrame:
            some = ids if rows is None else ids.gather(rows)
            return self.base.columns([ID, *columns], some, PRODUCT_LEVELS)

        return read


def _reads(piece: Piece, base: Reading) -> Callable[..., pl.DataFrame]:
    def read(columns: Sequence[Column], rows: pl.Series | None) -> pl.DataFrame:
        return pl.DataFrame(
            [piece.product_column(column, rows, base.structure) for column in (ID, *columns)]
        )

    return read
