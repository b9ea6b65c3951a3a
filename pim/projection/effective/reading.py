"""A reading that shows products with the campaigns that run, for one channel at one moment."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Iterator, Sequence
from datetime import datetime
from functools import cached_property, reduce
from operator import or_
from typing import Final

import polars as pl

from pim.campaigns.running import Campaign
from pim.projection import columns, lowered, ordering, trees
from pim.projection.catalogue import PRODUCT_LEVELS, PRODUCTS
from pim.projection.columns import COMPLETENESS, Column
from pim.projection.comparing import comparable
from pim.projection.effective import ratios
from pim.projection.effective.choosing import ID, chosen, key_of
from pim.projection.effective.masks import EffectiveMasks
from pim.projection.effective.overlays import Overlays
from pim.projection.effective.parts import Part, part_of
from pim.projection.effective.plans import Plan, Sheet, Sheets
from pim.projection.effective.withholding import Hidden, Visible, is_link, linking
from pim.projection.masks import Masks
from pim.projection.ordering import Arrangement, Found
from pim.projection.piece import FEW, Piece, take
from pim.projection.reading import Reading
from pim.projection.remembering import remember
from pim.projection.shares import Shares

#: Of more moved rows, the whole order is worked out and kept; of fewer, they are put in between.
SORTED: Final = 10_000
#: Orders that are kept of a state of the catalogue, at 4 bytes a product.
ORDERS: Final = 8


def effective(
    reading: Reading,
    campaigns: Sequence[Campaign],
    *,
    channel: str,
    at: datetime,
    sheets: Sheets,
) -> Reading:
    """Return a reading with campaigns laid over it; the same one where there are none.

    `campaigns` are those that run in the channel at the moment, the winner first
    (`pim.campaigns.running`); `sheets` returns the cells of a sheet by its digest
    (`pim.campaigns.sheets.frame`).
    """
    base = reading.base
    return Effective(base, campaigns, channel=channel, at=at, sheets=sheets) if campaigns else base


class Effective(Reading):
    """The catalogue with campaigns laid over its products; models show their base.

    A column that no campaign touches costs nothing. Of a few rows just these are looked at, else
    what lies over a column is worked out for all of it and kept.
    """

    def __init__(
        self,
        base: Reading,
        campaigns: Sequence[Campaign],
        *,
        channel: str,
        at: datetime,
        sheets: Sheets,
    ) -> None:
        vars(self).update(vars(base))  # the same catalogue, known by the same
        self._base = base
        self._overlays = Overlays(
            base, base.catalogue, campaigns, channel=channel, at=at, sheets=sheets
        )
        self._visible = self._leave_out()
        self._catalogue = self._visible or base.catalogue
        self._hidden = Hidden(base, self._visible) if self._visible else None

    def _leave_out(self) -> Visible | None:
        """Return the catalogue without what drops withhold, None if they withhold nothing."""
        whole = self._base.catalogue
        masks = [
            whole.each(lambda piece, plan=plan: chosen(self._base, piece, plan, self._overlays.at))  # type: ignore[misc]
            for plan in self._overlays.withholding
        ]
        return Visible(whole, reduce(or_, masks)) if masks else None

    @property
    def base(self) -> Reading:
        """Return the reading without campaigns."""
        return self._base

    @property
    def overlays(self) -> Overlays:
        """Return the campaigns as they are laid over the catalogue."""
        return self._overlays

    @property
    def state(self) -> tuple[object, ...]:
        """Return a key of what is shown: equal ones show the same."""
        laid = self._overlays
        return (*super().state, laid.channel, *(key_of(plan, laid.at) for plan in laid.plans))

    def campaigns_of(self, product: int, column: str) -> Campaign | None:
        """Return the campaign whose value a product shows in a column, None for the base's."""
        found = columns.find(self.structure, column)
        if self.shows(pl.Series("id", [product], dtype=pl.Int64)).is_empty():
            return None
        laid = self._overlays.few(pl.Series("id", [product], dtype=pl.Int64), found)
        if laid is None or laid.rows.is_empty():
            return None
        touching = self._overlays.touching(found)
        assert touching is not None
        return touching[1][int(laid.rows["who"][0])].campaign

    @property
    def campaigns(self) -> Sequence[Campaign]:
        """Return the campaigns that are laid over products, the winner first."""
        return self._overlays.campaigns

    @property
    def follow_time(self) -> list[Campaign]:
        """Return the campaigns of which time alone may change what they choose."""
        return [plan.campaign for plan in self._overlays.plans if plan.follows_time]

    def over(self, name: str) -> Hashable:
        """Return a key of what campaigns lay over a column; None where it shows the base."""
        key = self._key(columns.find(self.structure, name))
        return (key, *self._left_out) if self._left_out else key

    def shows(self, ids: pl.Series) -> pl.Series:
        """Return those of some products that no drop withholds."""
        if self._visible is None:
            return ids
        return ids.filter(~ids.is_in(self._visible.withheld.implode()))

    def withheld_by(self, product: int) -> Campaign | None:
        """Return the drop that withholds a product the longest; None if it is shown."""
        asked = pl.Series("id", [product], dtype=pl.Int64)
        found = [
            plan.campaign
            for plan in self._overlays.withholding
            if self.chosen(plan.campaign).is_in(asked.implode()).any()
        ]
        return max(found, key=lambda drop: drop.ends_at, default=None)

    @cached_property
    def _left_out(self) -> tuple[Hashable, ...]:
        """Return a key of what drops withhold, nothing if they withhold nothing."""
        return tuple(key_of(plan, self._overlays.at) for plan in self._overlays.withholding)

    def reached(self, campaign: Campaign, names: Iterable[str]) -> pl.Series:
        """Return the products over whose columns one of the campaigns may lay something."""
        plan = self._plan(campaign)
        if campaign.withholds:
            withheld = self.chosen(campaign)
            found = [columns.find(self.structure, lowered.plain(n) or n) for n in names]
            return pl.concat([withheld, linking(self._base, withheld, found)]).unique()
        parts = {tuple(p.names): p for name in names for p in self._parts(name)}
        chains = list(filter(None, map(plan.chain, parts.values())))
        ids = self.chosen(campaign) if chains else pl.Series("id", [], dtype=pl.Int64)
        if not all(isinstance(s.does, Sheet) for chain in chains for s in chain.steps):
            return ids
        given = [
            plan.given(sheet, chain.part.cell)["id"]
            for chain in chains
            for sheet in chain.sheets.values()
            if chain.part.cell is not None
        ]
        return ids.filter(ids.is_in(pl.concat(given).implode())) if given else ids

    def _parts(self, name: str) -> Iterator[Part]:
        """Yield the parts on which a column hangs."""
        column = columns.find(self.structure, lowered.plain(name) or name)
        asked = [column]
        if _is_ratio(column):
            _, locale, channel = name.split("-")
            asked = ratios.asked(self.structure, channel, locale)
        yield from filter(None, (part_of(self.structure, each) for each in asked))

    def _plan(self, campaign: Campaign) -> Plan:
        (plan,) = (p for p in self._overlays.plans if p.key == (campaign.id, campaign.version))
        return plan

    def chosen(self, campaign: Campaign) -> pl.Series:
        """Return the ids of the products that one of the campaigns chooses, in order."""
        plan = self._plan(campaign)
        whole = self._base.catalogue
        mask = whole.each(lambda piece: chosen(self._base, piece, plan, self._overlays.at))
        living = whole.products
        return living["id"].filter(mask.gather(living["row"]))

    def counts(
        self, field: str, *, levels: Collection[str] = PRODUCT_LEVELS
    ) -> dict[int | None, int]:
        """Return how many rows each value of a column has; each id of a list counts once a row."""
        if self.over(field) is None:
            return self._base.counts(field, levels=levels)
        return self._counts(field, levels)

    def tree_counts(self, *, levels: Collection[str] = PRODUCT_LEVELS) -> trees.Counts:
        """Return how many rows each category (by id) holds, and how many are in none."""
        if self.over("categories") is None:
            return self._base.tree_counts(levels=levels)
        return trees.counts_in(
            self.frame(["categories"], levels=levels)["categories"], self.structure
        )

    def masks(self, now: datetime | None) -> Masks:
        """Return what tells which stored rows meet conditions at a moment."""
        plain = super().masks(now)
        known = frozenset(plain.compiler.known) | self._overlays.names
        compiler = type(plain.compiler)(**{**vars(plain.compiler), "known": known})
        return EffectiveMasks(
            catalogue=plain.catalogue, compiler=compiler, ratio=self._ratio_in,
            key=self._key, shown=self._shown,
        )  # fmt: skip

    def _key(self, column: Column) -> Hashable:
        if self._hidden and is_link(column):
            return (self._overlays.key(column), *self._left_out)
        if not _is_ratio(column):
            return self._overlays.key(column)
        _, locale, channel = column.name.split("-")
        asked = ratios.asked(self.structure, channel, locale)
        return tuple(filter(None, map(self._overlays.key, asked))) or None

    def _shown(self, piece: Piece, column: Column) -> pl.Series:
        """Return a column of all stored products of a piece."""
        if _is_ratio(column):
            return self._ratio_in(piece, column)
        base = piece.product_column(column, None, self.structure)
        laid = self._overlays.whole(piece, column)
        found = base if laid is None else laid.over(base)
        return self._hidden.without(found) if self._hidden and is_link(column) else found

    def _column(self, side: int, column: Column, shares: Shares) -> pl.Series:
        found = self._overlaid(side, column, shares)
        return self._hidden.without(found) if self._hidden and is_link(column) else found

    def _overlaid(self, side: int, column: Column, shares: Shares) -> pl.Series:
        base = super()._column(side, column, shares)
        if side != PRODUCTS or not self._overlays.touching(column):
            return base
        if shares.count is not None and shares.count <= FEW:
            laid = self._overlays.few(self._ids(shares), column)
            assert laid is not None
            return laid.over(base)

        def over(piece: Piece, rows: pl.Series | None) -> pl.Series:
            below = piece.product_column(column, rows, self.structure)
            laid = self._overlays.whole(piece, column)
            return below if laid is None else laid.over(below, rows)

        found: pl.Series = shares.ask(over)
        return found

    def _ids(self, shares: Shares) -> pl.Series:
        ids: pl.Series = self._catalogue.column(PRODUCTS, ID, shares, self.structure)
        return ids

    def _page(self, arrangement: Arrangement, found: Found, offset: int, limit: int) -> pl.Series:
        """Return a page in the order of what is shown.

        Rows whose value is not the base's are put between the others, as later rows are.
        """
        column = arrangement.column
        if self._key(column) is None:
            return super()._page(arrangement, found, offset, limit)
        moved = self._moved(column)
        if int(moved.sum() or 0) > SORTED:
            return self._of_order(arrangement, found, offset, limit)
        height = len(found.base)
        in_base, later = moved[:height], moved.gather(found.later)
        still = Found(
            base=found.base & ~in_base,
            in_base=int((found.base & ~in_base).sum() or 0),
            later=found.later.filter(~later),
        )
        rows = pl.concat(
            [(found.base & in_base).arg_true().cast(pl.UInt32), found.later.filter(later)]
        )
        start = max(0, offset - len(rows))
        first = arrangement.page(still, start, limit + offset - start)
        ids = pl.concat([first, self._catalogue.column(PRODUCTS, ID, rows, self.structure)])
        values = self.columns([column], ids)[:, 0]
        by = comparable(self.structure, column, values, arrangement.locale)
        near = pl.DataFrame({"id": ids, "by": by})
        ordered = near.sort("by", "id", descending=[arrangement.descending, False], nulls_last=True)
        return ordered["id"].slice(offset - start, limit)

    def _of_order(
        self, arrangement: Arrangement, found: Found, offset: int, limit: int
    ) -> pl.Series:
        """Return a page of an order of all products, which is kept: so many are moved."""
        column, descending = arrangement.column, arrangement.descending
        key = column.name, self._key(column), arrangement.locale, descending
        orders = self._catalogue.memory.setdefault("orders", {})
        order: pl.Series | None = orders.pop(key, None)
        if order is None:
            living = self._catalogue.products
            values = self.columns([column])[:, 0]
            by = comparable(self.structure, column, values, arrangement.locale)
            frame = living.with_columns(by.alias("by"))
            order = frame.sort("by", "id", descending=[descending, False], nulls_last=True)["row"]
        remember(orders, key, order, most=ORDERS)
        later = pl.repeat(False, self._catalogue.height(PRODUCTS) - len(found.base), eager=True)
        if len(found.later):
            later = later.scatter(found.later - len(found.base), True)
        mask = pl.concat([found.base, later])
        rows = ordering.first_of(order, mask, offset + limit, found.total).slice(offset, limit)
        ids: pl.Series = self._catalogue.column(PRODUCTS, ID, rows, self.structure)
        return ids

    def _moved(self, column: Column) -> pl.Series:
        """Return for every stored product whether it shows another value than its base."""

        def ask(piece: Piece) -> pl.Series:
            if _is_ratio(column) or is_link(column):
                return pl.repeat(True, piece.items.height, eager=True)
            laid = self._overlays.whole(piece, column)
            assert laid is not None
            return laid.places.is_not_null()

        return self._catalogue.each(ask)

    def _complete_in(
        self, piece: Piece, channel: str, locale: str, rows: pl.Series | None, *, few: bool = False
    ) -> pl.DataFrame:
        known = super()._complete_in(piece, channel, locale, rows, few=few)
        pairs = list(self._pairs(piece, channel, locale, rows, few=few))
        if not pairs:
            return known
        at = ratios.refilled(pairs).arg_true()
        if not len(at):
            return known

        def column(wanted: Column, at: pl.Series) -> pl.Series:
            return self._of_piece(piece, wanted, rows, few=few)[1].gather(at)

        again = ratios.anew(self.structure, channel, locale, at, column)
        return ratios.put_back(known, at, again)

    def _pairs(
        self, piece: Piece, channel: str, locale: str, rows: pl.Series | None, *, few: bool
    ) -> Iterator[tuple[Column, pl.Series, pl.Series]]:
        """Yield the columns that campaigns touch among those asked for, as they were and are."""
        for column in ratios.asked(self.structure, channel, locale):
            if self._overlays.touching(column):
                yield column, *self._of_piece(piece, column, rows, few=few)

    def _of_piece(
        self, piece: Piece, column: Column, rows: pl.Series | None, *, few: bool
    ) -> tuple[pl.Series, pl.Series]:
        """Return a column of a piece's products in the base, and with campaigns."""
        base = piece.product_column(column, rows, self.structure)
        if not self._overlays.touching(column):
            return base, base
        if few:
            ids = take(piece.items.stored(ID.name, ID.dtype), rows)
            laid = self._overlays.few(ids, column)
            return base, base if laid is None else laid.over(base)
        laid = self._overlays.whole(piece, column)
        return base, base if laid is None else laid.over(base, rows)


def _is_ratio(column: Column) -> bool:
    return column.name.startswith(f"{COMPLETENESS}-")
