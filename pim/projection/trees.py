"""How many products each category holds, those of its children included, once each."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from pim.domain.structure import Structure
from pim.projection.beside import kept
from pim.projection.catalogue import PRODUCTS, Catalogue
from pim.projection.columns import IDS, SYSTEM, Column

CATEGORIES = Column(name="categories", dtype=SYSTEM["categories"])


Counts = tuple[Mapping[int, int], int]


def counts(catalogue: Catalogue, structure: Structure) -> Counts:
    """Return how many products each category (by id) holds, and how many are in none.

    Many products share their categories, so each distinct list is looked at once. Those of the base
    are kept; what later segments took away and brought is put beside them.
    """
    return _counts(_lists(catalogue, structure), structure)


def counts_of(catalogue: Catalogue, structure: Structure, side: int, rows: pl.Series) -> Counts:
    """Return the same for chosen rows of products or models."""
    return _counts(_grouped(catalogue.column(side, CATEGORIES, rows, structure)), structure)


def counts_in(lists: pl.Series, structure: Structure) -> Counts:
    """Return the same for rows with these lists of categories."""
    return _counts(_grouped(lists), structure)


def _counts(lists: pl.DataFrame, structure: Structure) -> Counts:
    nowhere = int(lists.filter(pl.col("categories").list.len() == 0)["rows"].sum() or 0)
    return dict(_by_category(lists, structure).iter_rows()), nowhere


def base_lists(catalogue: Catalogue, structure: Structure) -> pl.DataFrame:
    """Return the distinct lists of categories in the base and how many stored rows have each."""

    def make() -> pl.DataFrame:
        return _grouped(catalogue.pieces[0].product_column(CATEGORIES, None, structure))

    return kept(catalogue, "lists of categories", make)


def _lists(catalogue: Catalogue, structure: Structure) -> pl.DataFrame:
    parts = [base_lists(catalogue, structure)]
    if not catalogue.is_whole(PRODUCTS):
        height = catalogue.pieces[0].items.height
        alive = catalogue.alive(PRODUCTS)
        gone = (~alive[:height]).arg_true().cast(pl.UInt32)
        later = (alive[height:].arg_true() + height).cast(pl.UInt32)
        lost, come = (
            _grouped(catalogue.column(PRODUCTS, CATEGORIES, rows, structure))
            for rows in (gone, later)
        )
        parts += [lost.with_columns(-pl.col("rows")), come]
    return pl.concat(parts)


def _grouped(lists: pl.Series) -> pl.DataFrame:
    frame = lists.alias("categories").to_frame()
    return frame.group_by("categories").agg(pl.len().cast(pl.Int64).alias("rows"))


def _by_category(lists: pl.DataFrame, structure: Structure) -> pl.DataFrame:
    """Return category and rows; a list counts once for every category at or above its own."""
    paths = pl.DataFrame(
        {
            "categories": [category.id for category in structure.categories],
            "above": [list(category.path) for category in structure.categories],
        },
        schema={"categories": pl.Int64, "above": IDS},
    ).explode("above", empty_as_null=True)
    exploded = lists.with_row_index("list").explode("categories", empty_as_null=True)
    held = exploded.join(paths, on="categories", how="inner").unique(["list", "above"])
    counted = held.group_by("above").agg(pl.col("rows").sum())
    return counted.filter(pl.col("rows") != 0)
