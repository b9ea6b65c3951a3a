"""Read the projection at one manifest: frames, selections, pages, counts, completeness."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import reduce
from operator import and_

import polars as pl

from pim.campaigns.running import Campaign
from pim.db.conditions import Facts
from pim.domain.conditions import EVERYTHING, Condition, Node
from pim.domain.structure import Structure
from pim.projection import columns, completeness, ordering, trees
from pim.projection import viewer as viewers
from pim.projection.catalogue import (
    MODEL_LEVELS,
    MODELS,
    PRODUCT_LEVELS,
    PRODUCTS,
    Catalogue,
)
from pim.projection.columns import COMPLETENESS, Column
from pim.projection.comparing import comparable
from pim.projection.conditions import Compiler
from pim.projection.leaves import Members
from pim.projection.manifest import Manifest
from pim.projection.masks import Masks
from pim.projection.ordering import Arrangement, Found
from pim.projection.piece import FEW, Piece, take
from pim.projection.remembering import remember
from pim.projection.shares import Shares
from pim.projection.viewer import Viewer

#: Channels and locales whose completeness stays in memory, at 5 bytes a product each.
REMEMBERED = 16

_ID = Column(name="id", dtype=pl.Int64())
_NONE = pl.Series("row", [], dtype=pl.UInt32)


@dataclass(frozen=True)
class Page:
    """Some ids of a search, in its order, and how many it found in all."""

    ids: pl.Series
    total: int


class Reading:
    """The catalogue at one manifest, until the `with` that gave it ends.

    Rows come in order of id unless said otherwise. `levels` are of simple, variant, model (a root)
    and sub_model.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        structure: Structure,
        members: Members | None = None,
        *,
        behind: int = 0,
        as_of: datetime | None = None,
        facts: Facts | None = None,
    ) -> None:
        self._catalogue = catalogue
        self._members = members
        self._facts = facts
        self.structure = structure
        #: About how many changed products are not shown yet.
        self.behind = behind
        #: The past moment that is shown, None for the present.
        self.as_of = as_of

    @property
    def state(self) -> tuple[object, ...]:
        """Return a key of what is shown: equal ones show the same."""
        pieces = tuple(piece.key for piece in self._catalogue.pieces)
        return (self.manifest.system, self.manifest.database, self.structure.version, *pieces)

    @property
    def base(self) -> Reading:
        """Return the reading without campaigns: itself, unless some are laid over it."""
        return self

    @property
    def campaigns(self) -> Sequence[Campaign]:
        """Return the campaigns that are laid over products, the winner first."""
        return ()

    def over(self, name: str) -> Hashable:
        """Return a key of what campaigns lay over a column; None where it shows the base."""
        return None

    def shows(self, ids: pl.Series) -> pl.Series:
        """Return those of some products that no drop withholds."""
        return ids

    def withheld_by(self, product: int) -> Campaign | None:
        """Return the drop that withholds a product the longest; None if it is shown."""
        return None

    @property
    def catalogue(self) -> Catalogue:
        """Return the segments that are shown."""
        return self._catalogue

    @property
    def manifest(self) -> Manifest:
        """Return the manifest that this reading shows."""
        return self._catalogue.manifest

    def frame(
        self,
        names: Sequence[str],
        *,
        ids: pl.Series | None = None,
        levels: Collection[str] = PRODUCT_LEVELS,
    ) -> pl.DataFrame:
        """Return columns by name; a column that no product has is null, in its own dtype.

        With `ids` only these rows, in the order of `ids`; ids that are not there are left out.
        Raises NotFound for names that the structure does not know.
        """
        wanted = [columns.find(self.structure, name) for name in names]
        return self.columns(wanted, ids, levels).rename(_renamed(wanted, names))

    def columns(
        self,
        wanted: Sequence[Column],
        ids: pl.Series | None = None,
        levels: Collection[str] = PRODUCT_LEVELS,
    ) -> pl.DataFrame:
        """Return the same as `frame` of columns that are found already, in stored spelling."""
        parts = []
        for side in _sides(levels):
            living = self._living(side, levels)
            if ids is not None:
                living = pick(living, ids)
            shares = self._catalogue.shares(side, living["row"])
            series = [self._column(side, column, shares) for column in wanted]
            parts.append((living["id"], pl.DataFrame(series)))
        frame = pl.concat([part for _, part in parts])
        if len(parts) == 1:
            return frame
        order = pl.concat([found for found, _ in parts])
        if ids is None:
            return frame[order.arg_sort()]
        places = order.to_frame("id").with_row_index("place")
        chosen = ids.to_frame("id").join(places, on="id", maintain_order="left")
        return frame[chosen["place"]]

    def matching(
        self,
        condition: Condition = Condition(),  # noqa: B008 - immutable
        *,
        levels: Collection[str] = PRODUCT_LEVELS,
        now: datetime | None = None,
        viewer: Viewer | None = None,
        ids: pl.Series | None = None,
    ) -> pl.Series:
        """Return the ids that meet a condition, in rising order.

        With `ids` only these are asked, which for a few takes no longer in a large catalogue.
        """
        node = viewers.compile(condition, viewer, self.structure)
        if ids is None:
            return self._found(node, levels, now)
        compiler = self.masks(now).compiler
        needed = {"id": columns.find(self.structure, "id"), **compiler.needed(node)}
        frame = self.columns(list(needed.values()), ids.unique().sort(), levels)
        return frame.filter(compiler.node(node))["id"]

    def search(  # noqa: PLR0913 - a grid asks all of this at once
        self,
        condition: Condition = Condition(),  # noqa: B008 - immutable
        *,
        text: str | None = None,
        sort: str | None = None,
        descending: bool = False,
        offset: int = 0,
        limit: int = 50,
        levels: Collection[str] = PRODUCT_LEVELS,
        now: datetime | None = None,
        viewer: Viewer | None = None,
        locale: str | None = None,
    ) -> Page:
        """Return one page of the ids that meet a condition and contain a text.

        `text` is looked for in identifiers and in the families' label attributes. `sort` is a
        column; equal ones are in order of id, empty ones come last either way. Options and
        families are sorted by their labels in `locale`, else by their codes.
        """
        node = viewers.compile(condition, viewer, self.structure, also=[sort] if sort else ())
        column = columns.find(self.structure, sort or "id")
        if _sides(levels) == [PRODUCTS]:
            found = self._products(node, levels, now, text=text)
            arrangement = Arrangement(
                catalogue=self._catalogue, structure=self.structure,
                column=column, locale=locale, descending=descending,
            )  # fmt: skip
            return Page(self._page(arrangement, found, offset, limit), found.total)
        ids = self._found(node, levels, now, text=text)
        by = comparable(self.structure, column, self.columns([column], ids, levels)[:, 0], locale)
        ordered = ordering.arranged(ids, by, descending=descending, first=offset + limit)
        return Page(ordered.slice(offset, limit), len(ids))

    def _page(self, arrangement: Arrangement, found: Found, offset: int, limit: int) -> pl.Series:
        return arrangement.page(found, offset, limit)

    def counts(
        self, field: str, *, levels: Collection[str] = PRODUCT_LEVELS
    ) -> dict[int | None, int]:
        """Return how many rows each value of a column has; each id of a list counts once a row."""
        key = "counts", self.structure.version, field, tuple(sorted(levels))
        memory = self._catalogue.memory
        if key not in memory:
            remember(memory, key, self._counts(field, levels), most=REMEMBERED)
        return dict(memory[key])

    def _counts(self, field: str, levels: Collection[str]) -> dict[int | None, int]:
        column = self.frame([field], levels=levels)[field]
        if column.dtype == columns.IDS:
            column = column.explode(empty_as_null=True)
        counted = column.alias("value").value_counts()
        return dict(zip(counted["value"], counted["count"], strict=True))

    def tree_counts(self, *, levels: Collection[str] = PRODUCT_LEVELS) -> trees.Counts:
        """Return how many rows each category (by id) holds, and how many are in none.

        Those of a category's children count as its own, each row once. `levels` are of products
        or of models.
        """
        key = "trees", self.structure.version, tuple(sorted(levels))
        memory = self._catalogue.memory
        if key not in memory:
            memory[key] = self._tree_counts(levels)
        found: trees.Counts = memory[key]
        return found

    def _tree_counts(self, levels: Collection[str]) -> trees.Counts:
        if set(levels) == set(PRODUCT_LEVELS):
            return trees.counts(self._catalogue, self.structure)
        (side,) = _sides(levels)
        rows = self._living(side, levels)["row"]
        return trees.counts_of(self._catalogue, self.structure, side, rows)

    def completeness(
        self, channel: str, locale: str, *, ids: pl.Series | None = None
    ) -> pl.DataFrame:
        """Return id, required, missing and ratio (percent, rounded down) of products.

        All but the id are null for a product without family. With `ids` only of these.
        """
        living = self._catalogue.products
        if ids is not None:
            living = pick(living, ids)
        rows = None if self._is_all(living) else living["row"]
        complete = self._complete(channel, locale, rows, few=ids is not None)
        return pl.DataFrame([living["id"]]).hstack(complete)

    def _is_all(self, living: pl.DataFrame) -> bool:
        return living is self._catalogue.products and self._catalogue.is_whole(PRODUCTS)

    def _living(self, side: int, levels: Collection[str]) -> pl.DataFrame:
        living = self._catalogue.products if side == PRODUCTS else self._catalogue.models
        offered = PRODUCT_LEVELS if side == PRODUCTS else MODEL_LEVELS
        if set(offered) <= set(levels):
            return living
        return living.filter(self._level(side, living["row"]).is_in(list(levels)))

    def _level(self, side: int, rows: pl.Series | None) -> pl.Series:
        column = columns.find(self.structure, "level")
        return self._catalogue.column(side, column, rows, self.structure)

    def _column(self, side: int, column: Column, shares: Shares) -> pl.Series:
        if column.name.startswith(f"{COMPLETENESS}-"):
            return self._ratio(side, column, shares)
        return self._catalogue.column(side, column, shares, self.structure)

    def _ratio(self, side: int, column: Column, shares: Shares) -> pl.Series:
        _, locale, channel = column.name.split("-")
        if side == PRODUCTS:
            few = shares.count is not None and shares.count <= FEW
            ratio = self._complete(channel, locale, shares, few=few)["ratio"]
            return ratio.cast(pl.Int64).alias(column.name)
        height = self._catalogue.height(MODELS) if shares.count is None else shares.count
        return pl.repeat(None, height, dtype=pl.Int64(), eager=True).alias(column.name)

    def _ratio_in(self, piece: Piece, column: Column) -> pl.Series:
        _, locale, channel = column.name.split("-")
        ratio = self._complete_in(piece, channel, locale, None)["ratio"]
        return ratio.cast(pl.Int64).alias(column.name)

    def _complete(
        self, channel: str, locale: str, rows: pl.Series | Shares | None, *, few: bool = False
    ) -> pl.DataFrame:
        """Return the completeness of stored products; of a few without working out all."""

        def ask(piece: Piece, rows: pl.Series | None) -> pl.DataFrame:
            return self._complete_in(piece, channel, locale, rows, few=few)

        found: pl.DataFrame = self._catalogue.spread(PRODUCTS, rows, ask)
        return found

    def _complete_in(
        self, piece: Piece, channel: str, locale: str, rows: pl.Series | None, *, few: bool = False
    ) -> pl.DataFrame:
        memory = piece.worked_out(self.structure).setdefault("complete", {})
        known: pl.DataFrame | None = memory.get((channel, locale))
        if known is None:
            some = rows if few else None
            known = completeness.of_piece(piece, self.structure, channel, locale, some)
            if few:
                return known
            remember(memory, (channel, locale), known, most=REMEMBERED)
        return known if rows is None else known[rows]

    def _found(
        self, node: Node, levels: Collection[str], now: datetime | None, *, text: str | None = None
    ) -> pl.Series:
        """Return the ids of what meets a condition, in rising order."""
        parts = []
        if PRODUCTS in _sides(levels):
            found = self._products(node, levels, now, text=text)
            base = self._catalogue.ids(PRODUCTS, 0)
            parts = [base if found.in_base == len(base) else base.filter(found.base)]
            if len(found.later):
                parts.append(self._catalogue.column(PRODUCTS, _ID, found.later, self.structure))
        if MODELS in _sides(levels):
            living = self._living(MODELS, levels)
            if mask := self._met(MODELS, node, now, text):
                living = living.filter(take(mask[0], living["row"]))
            parts.append(living["id"])
        return parts[0] if len(parts) == 1 else pl.concat(parts).sort()

    def _products(
        self, node: Node, levels: Collection[str], now: datetime | None, *, text: str | None = None
    ) -> Found:
        """Return the products that meet a condition and are of the levels."""
        masks = self._met(PRODUCTS, node, now, text)
        if not set(PRODUCT_LEVELS) <= set(levels):
            level = self._level(PRODUCTS, None)
            masks.append(level.is_in(list(levels)))
        if not self._catalogue.is_whole(PRODUCTS):
            masks.append(self._catalogue.alive(PRODUCTS))
        height = self._catalogue.pieces[0].items.height
        if not masks:
            every = pl.repeat(True, height, eager=True)
            return Found(base=every, in_base=height, later=_NONE)
        mask = reduce(and_, masks)
        base, later = mask.slice(0, height), mask.slice(height)
        rows = (later.arg_true() + height).cast(pl.UInt32)
        return Found(base=base, in_base=int(base.sum() or 0), later=rows)

    def _met(
        self, side: int, node: Node, now: datetime | None, text: str | None
    ) -> list[pl.Series]:
        """Return masks over every stored row that must all hold."""
        masks = self.masks(now)
        found = [] if node == EVERYTHING else [masks.of(side, node)]
        return found + ([masks.of_text(side, text)] if text else [])

    def masks(self, now: datetime | None) -> Masks:
        """Return what tells which stored rows meet conditions at a moment."""
        return Masks(
            catalogue=self._catalogue,
            compiler=Compiler(
                structure=self.structure,
                now=now or self.as_of or datetime.now(UTC),
                known=self._catalogue.names,
                members=self._members,
                facts=self._facts,
            ),
            ratio=self._ratio_in,
        )


def pick(living: pl.DataFrame, ids: pl.Series) -> pl.DataFrame:
    """Return the rows of the ids that are there, in the order of `ids`."""
    if living.is_empty():
        return living
    places = living["id"].search_sorted(ids.cast(pl.Int64)).clip(0, living.height - 1)
    rows = living[places]
    return rows.filter(rows["id"] == ids.cast(pl.Int64))


def _sides(levels: Collection[str]) -> list[int]:
    sides = [PRODUCTS] if set(levels) & set(PRODUCT_LEVELS) else []
    return sides + ([MODELS] if set(levels) & set(MODEL_LEVELS) else [])


def _renamed(wanted: Sequence[Column], names: Sequence[str]) -> dict[str, str]:
    """Map stored spellings to the names as they were asked for."""
    return {c.name: name for c, name in zip(wanted, names, strict=True) if c.name != name}
