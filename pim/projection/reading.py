"""Read the projection at one manifest: frames, selections, pages, counts, completeness."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import reduce
from operator import and_, or_

import polars as pl

from pim.domain.conditions import EVERYTHING, All, Any_, Condition, Leaf, Node, Not, fold
from pim.domain.structure import Structure
from pim.errors import NotFound
from pim.projection import columns, completeness, ordering
from pim.projection import viewer as viewers
from pim.projection.catalogue import MODEL_LEVELS, PRODUCT_LEVELS, Catalogue, remember, take
from pim.projection.columns import COMPLETENESS, Column
from pim.projection.conditions import Compiler
from pim.projection.leaves import Members, Test, text_holds
from pim.projection.manifest import Manifest
from pim.projection.viewer import Viewer

PRODUCTS, MODELS = 0, 1

#: Channels and locales whose completeness stays in memory, at 5 bytes a product each.
REMEMBERED = 16


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
        self, catalogue: Catalogue, structure: Structure, members: Members | None = None
    ) -> None:
        self._catalogue = catalogue
        self._members = members
        self.structure = structure

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
        parts = []
        for side in _sides(levels):
            living = self._living(side, levels)
            if ids is not None:
                living = pick(living, ids)
            series = [self._column(side, column, living["row"]) for column in wanted]
            parts.append((living["id"], pl.DataFrame(series).rename(_renamed(wanted, names))))
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
            return self._found(node, levels, now)["id"]
        compiler = self._compiler(now)
        names = dict.fromkeys(["id", *compiler.needed(node)])
        frame = self.frame(list(names), ids=ids.unique().sort(), levels=levels)
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
    ) -> Page:
        """Return one page of the ids that meet a condition and contain a text.

        `text` is looked for in identifiers and in the families' label attributes. `sort` is a
        column; equal ones are in order of id, empty ones come last either way.
        """
        node = viewers.compile(condition, viewer, self.structure, also=[sort] if sort else ())
        found = self._found(node, levels, now, text=text)
        if sort is None:
            ids = found["id"].reverse() if descending else found["id"]
            return Page(ids.slice(offset, limit), found.height)
        keys = self._keys(found, columns.find(self.structure, sort), levels)
        ids = ordering.arranged(found["id"], keys, descending=descending, first=offset + limit)
        return Page(ids.slice(offset, limit), found.height)

    def counts(
        self, field: str, *, levels: Collection[str] = PRODUCT_LEVELS
    ) -> dict[int | None, int]:
        """Return how many rows each value of a column has; each id of a list counts once a row."""
        column = self.frame([field], levels=levels)[field]
        if column.dtype == columns.IDS:
            column = column.explode(empty_as_null=True)
        counted = column.alias("value").value_counts()
        return dict(zip(counted["value"], counted["count"], strict=True))

    def completeness(
        self, channel: str, locale: str, *, ids: pl.Series | None = None
    ) -> pl.DataFrame:
        """Return id, required, missing and ratio (percent, rounded down) of products.

        All but the id are null for a product without family. With `ids` only of these.
        """
        living = self._catalogue.products
        if ids is None:
            complete = self._complete(channel, locale)[living["row"]]
        else:
            living = pick(living, ids)
            complete = completeness.of_products(
                self._catalogue, self.structure, channel, locale, rows=living["row"]
            )
        return pl.DataFrame([living["id"]]).hstack(complete)

    def _living(self, side: int, levels: Collection[str]) -> pl.DataFrame:
        living = self._catalogue.products if side == PRODUCTS else self._catalogue.models
        offered = PRODUCT_LEVELS if side == PRODUCTS else MODEL_LEVELS
        if set(offered) <= set(levels):
            return living
        level = self._column(side, columns.find(self.structure, "level"), living["row"])
        return living.filter(level.is_in(list(levels)))

    def _column(self, side: int, column: Column, rows: pl.Series | None) -> pl.Series:
        if column.name.startswith(f"{COMPLETENESS}-"):
            return self._ratio(side, column, rows)
        if side == MODELS:
            return self._catalogue.model_column(column, rows)
        return self._catalogue.product_column(
            column, rows, self._catalogue.group(self.structure, column)
        )

    def _ratio(self, side: int, column: Column, rows: pl.Series | None) -> pl.Series:
        _, locale, channel = column.name.split("-")
        if side == PRODUCTS:
            ratio = take(self._complete(channel, locale)["ratio"], rows)
            return ratio.cast(pl.Int64).alias(column.name)
        height = sum(self._catalogue.owners.heights) if rows is None else len(rows)
        return pl.repeat(None, height, dtype=pl.Int64(), eager=True).alias(column.name)

    def _complete(self, channel: str, locale: str) -> pl.DataFrame:
        key = self.structure.version, channel, locale
        known = self._catalogue.complete.get(key)
        if known is None:
            known = completeness.of_products(self._catalogue, self.structure, channel, locale)
            remember(self._catalogue.complete, key, known, most=REMEMBERED)
        return known

    def _found(
        self,
        node: Node,
        levels: Collection[str],
        now: datetime | None,
        *,
        text: str | None = None,
    ) -> pl.DataFrame:
        """Return id and row of what meets a condition, in order of id."""
        compiler = self._compiler(now)
        parts = []
        for side in _sides(levels):
            living = self._living(side, levels)
            masks = [] if node == EVERYTHING else [self._mask(side, node, compiler)]
            masks += [self._text(side, text)] if text else []
            if masks:
                living = living.filter(reduce(and_, masks).gather(living["row"]))
            parts.append(living.with_columns(pl.lit(side, dtype=pl.UInt8).alias("side")))
        return parts[0] if len(parts) == 1 else pl.concat(parts).sort("id")

    def _compiler(self, now: datetime | None) -> Compiler:
        return Compiler(
            structure=self.structure,
            now=now or datetime.now(UTC),
            known=self._catalogue.items.names | self._catalogue.owners.names,
            members=self._members,
        )

    def _mask(self, side: int, node: Node, compiler: Compiler) -> pl.Series:
        """Return for every stored row of a side whether a condition holds."""
        match node:
            case All(parts):
                return self._fold(side, (self._mask(side, p, compiler) for p in parts), every=True)
            case Any_(parts):
                return self._fold(side, (self._mask(side, p, compiler) for p in parts), every=False)
            case Not(part):
                return ~self._mask(side, part, compiler)
            case Leaf():
                return self._test(side, compiler.leaf(node))

    def _fold(self, side: int, masks: Iterable[pl.Series], *, every: bool) -> pl.Series:
        found = list(masks)
        if not found:
            return pl.repeat(every, self._height(side), eager=True)
        return reduce(and_ if every else or_, found)

    def _test(self, side: int, test: Test) -> pl.Series:
        def holds(frame: pl.DataFrame) -> pl.Series:
            mask = frame.select(test.holds.alias("holds")).to_series()
            # An expression without columns is one row long, whatever the frame.
            return mask if len(mask) == frame.height else mask.new_from_index(0, frame.height)

        if side == PRODUCTS and test.cell and test.columns:
            group = self._catalogue.group(self.structure, test.columns[0])
            return self._catalogue.test_cell(test.columns, group, holds)
        series = [self._column(side, column, None) for column in test.columns]
        return holds(pl.DataFrame(series) if series else self._bare(side))

    def _bare(self, side: int) -> pl.DataFrame:
        return pl.DataFrame({"nothing": pl.repeat(None, self._height(side), eager=True)})

    def _height(self, side: int) -> int:
        stored = self._catalogue.items if side == PRODUCTS else self._catalogue.owners
        return sum(stored.heights)

    def _text(self, side: int, text: str) -> pl.Series:
        """Return for every stored row whether its identifier or a label contains a text."""
        identifier = columns.find(self.structure, "identifier")
        labels = self._labels()
        tests = [Test(columns=(identifier,), holds=_contains("identifier", text))]
        if side == PRODUCTS:
            plain = [c for c in labels if not self._catalogue.group(self.structure, c)]
            labels = [label for label in labels if label not in plain]
        tests += [
            Test(columns=(label,), holds=_contains(label.name, text), cell=True) for label in labels
        ]
        found = [self._test(side, test) for test in tests]
        if side == PRODUCTS and plain:
            found.append(self._catalogue.any_contains(plain, fold(text)))
        return reduce(or_, found)

    def _labels(self) -> list[Column]:
        """Return the columns of every label attribute, in each locale and channel that exists."""
        codes = {f.attribute_as_label for f in self.structure.families if f.attribute_as_label}
        names = self._catalogue.items.names | self._catalogue.owners.names
        labels = []
        for name in sorted(names - columns.SYSTEM.keys()):
            if name.split("-")[0] in codes:
                with suppress(NotFound):  # a locale or channel that is no more
                    labels.append(columns.find(self.structure, name))
        return labels

    def _keys(self, found: pl.DataFrame, column: Column, levels: Collection[str]) -> pl.Series:
        """Return what the rows of `found` are ordered by."""
        if _sides(levels) == [PRODUCTS]:
            return ordering.keys(
                self._catalogue,
                self.structure,
                column,
                found["row"],
                lambda wanted, rows: self._column(PRODUCTS, wanted, rows),
            )
        values = self.frame([column.name], ids=found["id"], levels=levels).to_series()
        return ordering.comparable(self.structure, column, values)


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


def _contains(name: str, text: str) -> pl.Expr:
    return text_holds(pl.col(name), "CONTAINS", text).fill_null(False)
