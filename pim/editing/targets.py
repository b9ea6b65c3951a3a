"""Which rows an operation writes: the owners of its attribute above the selected rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import polars as pl
from sqlalchemy import text
from sqlalchemy.orm import Session

from pim.domain.operations import CellOperation, Delete, Operation
from pim.domain.structure import Structure
from pim.products.models import MODEL, PRODUCT

#: How far above the row the owner stands; below zero there is none.
SELF, PARENT, ROOT = 0, 1, 2
FOREIGN, BELOW = -1, -2

MODEL_LEVELS: Final = ("model", "sub_model")


@dataclass(frozen=True, kw_only=True)
class Targets:
    """The entities that one operation writes, by kind, and the selected rows that have no owner.

    `foreign` rows are of a family without the attribute, `below` are models whose attribute is
    owned by a level under them: frames of id and identifier.
    """

    products: list[int]
    models: list[int]
    foreign: pl.DataFrame
    below: pl.DataFrame
    products_first: bool = False

    def by_kind(self) -> list[tuple[int, list[int]]]:
        """Return the ids of each kind that has any, models first unless products have to go."""
        kinds = [(MODEL, self.models), (PRODUCT, self.products)]
        ordered = reversed(kinds) if self.products_first else kinds
        return [(kind, ids) for kind, ids in ordered if ids]


def targets(operation: Operation, rows: pl.DataFrame, structure: Structure) -> Targets:
    """Return what an operation writes for selected rows: the attribute's owners, or the rows."""
    distance = (
        _distance(operation.field, structure)
        if isinstance(operation, CellOperation)
        else pl.lit(SELF, dtype=pl.Int8)
    )
    known = rows.with_columns(distance.alias("distance"))
    owner = (
        pl.when(pl.col("distance") == SELF).then("id")
        .when(pl.col("distance") == PARENT).then("parent")
        .when(pl.col("distance") == ROOT).then("root")
    )  # fmt: skip
    above = (pl.col("distance") > SELF) | pl.col("level").is_in(MODEL_LEVELS)
    owned = known.filter(pl.col("distance") >= SELF).select(owner.alias("id"), above.alias("model"))
    name = known.select("id", "identifier", "distance")
    return Targets(
        products=owned.filter(~pl.col("model"))["id"].sort().to_list(),
        models=owned.filter("model")["id"].unique().sort().to_list(),
        foreign=name.filter(pl.col("distance") == FOREIGN),
        below=name.filter(pl.col("distance") == BELOW),
        products_first=isinstance(operation, Delete),
    )


def owners(attribute: str, rows: pl.DataFrame, structure: Structure) -> pl.DataFrame:
    """Return id and owner of rows: the id of what holds an attribute for them, null for nobody."""
    known = rows.with_columns(_distance(attribute, structure).alias("distance"))
    owner = (
        pl.when(pl.col("distance") == SELF).then("id")
        .when(pl.col("distance") == PARENT).then("parent")
        .when(pl.col("distance") == ROOT).then("root")
    )  # fmt: skip
    return known.select("id", owner.alias("owner"))


def _distance(attribute: str, structure: Structure) -> pl.Expr:
    """Return how far above a row the attribute's owner stands.

    A product without family holds any attribute itself.
    """
    families = [family.id for family in structure.families if attribute in family.attributes]
    owner = {v.id: v.owner(attribute) for v in structure.family_variants}
    lowest = {v.id: len(v.levels) for v in structure.family_variants}
    level = (
        pl.when(pl.col("level") == "model").then(0)
        .when(pl.col("level") == "sub_model").then(1)
        .otherwise(_of_variant(lowest))
    )  # fmt: skip
    steps = level.cast(pl.Int8) - _of_variant(owner)
    return (
        pl.when(pl.col("family").is_not_null() & ~pl.col("family").is_in(families))
        .then(FOREIGN)
        .when(pl.col("family_variant").is_null())
        .then(SELF)
        .when(steps < 0)
        .then(BELOW)
        .otherwise(steps)
        .cast(pl.Int8)
    )


def _of_variant(numbers: dict[int, int]) -> pl.Expr:
    return pl.col("family_variant").replace_strict(numbers, default=None, return_dtype=pl.Int8)


def placed_anew(session: Session, rows: pl.DataFrame) -> pl.DataFrame:
    """Return selected rows as they are placed now, after an operation on family or parent."""
    products = rows.filter(~pl.col("level").is_in(MODEL_LEVELS))["id"].to_list()
    found = session.execute(_PLACES, {"ids": products})
    now = pl.DataFrame([tuple(row) for row in found], schema=_PLACE, orient="row")
    others = rows.filter(~pl.col("id").is_in(now["id"].implode()))
    moved = rows.select(pl.exclude(_PLACE), "id").join(now, on="id", maintain_order="left")
    return pl.concat([others, moved.select(rows.columns)]).sort(
        pl.col("id").replace_strict(rows["id"], pl.int_range(rows.height, eager=True))
    )


_PLACE: Final = {
    "id": pl.Int64, "level": pl.String, "parent": pl.Int64, "root": pl.Int64,
    "family": pl.Int64, "family_variant": pl.Int64,
}  # fmt: skip

_PLACES = text(
    """
    SELECT e.id, CASE WHEN e.parent_id IS NULL THEN 'simple' ELSE 'variant' END, e.parent_id,
        coalesce(m.parent_id, e.parent_id), e.family_id, m.family_variant_id
    FROM product e LEFT JOIN product_model m ON m.id = e.parent_id WHERE e.id = ANY(:ids)
    """
)
