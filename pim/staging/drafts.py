"""Drafts of what a chunk writes: frames of new entities, merge patches of known ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from operator import or_

import polars as pl

from importers.contract import ROW
from pim.domain.structure import Attribute
from pim.domain.values import Cell
from pim.products.models import MODEL, PRODUCT
from pim.staging.differences import changed
from pim.staging.documents import json_object, values_documents
from pim.staging.memberships import IDS, Listed
from pim.staging.places import Placed
from pim.staging.uniques import plain

UPDATE_SCHEMA = {
    "id": pl.Int64,
    "before": pl.String,
    "after": pl.String,
    "source_file": pl.String,
    "source_row": pl.Int64,
}
NO_IDS = pl.lit([], dtype=IDS)


@dataclass(frozen=True, kw_only=True)
class Drafts:
    """A chunk's rows as they were read and placed.

    `cells` hold JSON text; the stored text of a cell stands in the placed frame under its position
    in `asked`.
    """

    kind: int
    file: str
    placed: Placed
    cells: Mapping[Cell, pl.Series]
    asked: Mapping[Cell, str]
    uniques: Mapping[Cell, Attribute]
    members: Mapping[str, Listed]
    enabled: pl.Series

    def creates(self, which: pl.Series) -> pl.DataFrame:
        """Return new entities as `pim.products.writer.create` takes them, without ids."""
        rows = self._rows(which)
        cells = {cell: column.filter(which) for cell, column in self.cells.items()}
        return rows.select(
            *(_MODEL_COLUMNS if self.kind == MODEL else _PRODUCT_COLUMNS),
            "parent_id",
            _OWN_CATEGORIES.fill_null(NO_IDS).alias("categories"),
            values_documents(cells, rows.height).alias("values"),
            *self._source,
        )

    def unique_values(self, which: pl.Series) -> dict[int, pl.Series]:
        """Return the chosen rows' values of each unique attribute, by its id."""
        return {
            attribute.id: plain(self.cells[cell].filter(which))
            for cell, attribute in self.uniques.items()
        }

    def updates(self, which: pl.Series) -> pl.DataFrame:
        """Return the patches of the rows that change something, and whether unique values move."""
        rows = self._rows(which)
        if rows.is_empty():
            return pl.DataFrame(schema={**UPDATE_SCHEMA, "moves_unique": pl.Boolean})
        before, after = self._values(rows, which)
        moved = [after[cell].is_not_null() for cell in self.uniques if cell in after]
        moves_unique = reduce(or_, moved, pl.repeat(value=False, n=rows.height, eager=True))
        values = (_document(before, rows.height), _document(after, rows.height))
        parts = {"values": values, **self._others(rows)}
        sides = pl.DataFrame(
            [
                column.alias(f"{side} {part}")
                for part, columns in parts.items()
                for side, column in zip(SIDES, columns, strict=True)
            ]
        ).select(
            json_object({part: pl.col(f"{side} {part}") for part in parts}).alias(side)
            for side in SIDES
        )
        moves = moves_unique.alias("moves_unique")
        patches = rows.select("id", *sides.get_columns(), *self._source, moves)
        return patches.filter(pl.col("after").is_not_null())

    @property
    def _source(self) -> tuple[pl.Expr, pl.Expr]:
        return pl.lit(self.file).alias("source_file"), pl.col(ROW).cast(pl.Int64).alias(
            "source_row"
        )

    def _rows(self, which: pl.Series) -> pl.DataFrame:
        """Return the chosen rows with what they list and what their places say."""
        nothing = pl.Series([None], dtype=IDS).new_from_index(0, which.len())
        places = self.placed.places
        families = pl.Series([p.family and p.family.id for p in places], dtype=pl.Int64)
        variants = pl.Series([p.variant and p.variant.id for p in places], dtype=pl.Int64)
        listed = {name: found.ids for name, found in self.members.items()}
        return self.placed.frame.with_columns(
            listed.get("categories", nothing).alias("categories"),
            listed.get("groups", nothing).alias("groups"),
            self.enabled.alias("enabled"),
            self.placed.told(families).alias("place_family"),
            self.placed.told(variants).alias("place_variant"),
        ).filter(which)

    def _values(self, rows: pl.DataFrame, which: pl.Series) -> tuple[Cells, Cells]:
        """Return what the cells that change were and become."""
        before: dict[Cell, pl.Series] = {}
        after: dict[Cell, pl.Series] = {}
        for cell, column in self.cells.items():
            was, now = changed(rows[self.asked[cell]], column.filter(which))
            if now.null_count() < rows.height:
                before[cell], after[cell] = was, now
        return before, after

    def _others(self, rows: pl.DataFrame) -> dict[str, Sides]:
        parts = {"categories": _members(rows, "stored_categories", _OWN_CATEGORIES)}
        if self.kind == PRODUCT:
            parts["groups"] = _members(rows, "stored_groups", pl.col("groups"))
            parts["enabled"] = _column(rows, "stored_enabled", "enabled")
            parts["family"] = _column(rows, "stored_family", "place_family")
        return parts


Cells = Mapping[Cell, pl.Series]
Sides = tuple[pl.Series, pl.Series]

SIDES = ("before", "after")

#: The listed categories that are a row's own: what a parent has already is not repeated below it,
#: unless it is stored there.
_OWN_CATEGORIES = (
    pl.col("categories")
    .list.set_difference(
        pl.col("above")
        .fill_null(NO_IDS)
        .list.set_difference(pl.col("stored_categories").fill_null(NO_IDS))
    )
    .list.sort()
)
_MODEL_COLUMNS = (
    pl.col("name").alias("code"),
    pl.col("place_variant").alias("family_variant_id"),
)
_PRODUCT_COLUMNS = (
    pl.col("name").alias("identifier"),
    pl.col("place_family").alias("family_id"),
    pl.col("enabled").fill_null(value=True),
    pl.col("groups").fill_null(NO_IDS),
)


def _document(cells: Cells, height: int) -> pl.Series:
    """Return the document of values of each row, null where it holds none."""
    return values_documents(cells, height).replace("{}", None)


def _column(rows: pl.DataFrame, stored: str, given: str) -> Sides:
    """Return what a column was and becomes where a row gives it another value."""
    was, now = pl.col(stored), pl.col(given)
    changes = now.is_not_null() & was.ne_missing(now)
    sides = rows.select(
        pl.when(changes).then(was.cast(pl.String).fill_null("null")).alias("was"),
        pl.when(changes).then(now.cast(pl.String)).alias("now"),
    )
    return sides["was"], sides["now"]


def _members(rows: pl.DataFrame, stored: str, wanted: pl.Expr) -> Sides:
    """Return the memberships {id: true} that go and come where a row lists others."""
    lists = rows.select(pl.col(stored).alias("had"), wanted.alias("wants"))
    moves = lists.select(
        pl.col("had").list.set_difference("wants").alias("go"),
        pl.col("wants").list.set_difference("had").alias("come"),
    )
    stays = (pl.col("go").list.len() == 0) & (pl.col("come").list.len() == 0)
    sides = moves.select(
        pl.when(~stays).then(_marked("go", "true", "come", "null")).alias("was"),
        pl.when(~stays).then(_marked("go", "null", "come", "true")).alias("now"),
    )
    return sides["was"], sides["now"]


def _marked(first: str, mark: str, second: str, other: str) -> pl.Expr:
    """Return the JSON object in which the ids of two lists have these marks."""
    marks = (
        pl.col(ids).list.eval(pl.format(f'"{{}}":{sign}', pl.element()))
        for ids, sign in ((first, mark), (second, other))
    )
    return pl.concat_str(pl.lit("{"), pl.concat_list(*marks).list.join(","), pl.lit("}"))
