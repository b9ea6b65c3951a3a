"""Which rows an operation writes: the owners of its attribute above the selected rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import polars as pl

from pim.domain.operations import CellOperation, Operation
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

    def by_kind(self) -> list[tuple[int, list[int]]]:
        """Return the ids of each kind that has any, models first."""
        return [
            (kind, ids) for kind, ids in ((MODEL, self.models), (PRODUCT, self.products)) if ids
        ]


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
    )


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
