"""Find out what each row of a chunk speaks about: its entity, its parent, its place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import polars as pl
from sqlalchemy.orm import Session

from pim.domain.structure import Codes, Structure
from pim.domain.values import Cell
from pim.products.frames import find_entities, find_models
from pim.products.models import MODEL
from pim.staging.findings import Findings
from pim.staging.header import HeaderPlan
from pim.staging.places import NOWHERE, Placed, Placement
from pim.staging.strays import stray

PLACE = ["variant", "family", "level"]


@dataclass(frozen=True, kw_only=True)
class Placing:
    """Places the rows of one file with two queries a chunk, whatever its size."""

    session: Session
    structure: Structure
    plan: HeaderPlan

    def place(self, rows: pl.DataFrame, cells: Sequence[Cell], findings: Findings) -> Placed:
        """Return the rows with their places; those that have none go to `findings`.

        `rows` has `name` and `key`, and the texts of `parent`, `parent_key`, `family` and
        `family_variant` ("" where empty). The stored text of each cell is found by its position.
        """
        stored = find_entities(self.session, self.plan.kind, rows["key"], cells)
        frame = self._with_parents(rows.join(stored, on="key", how="left", maintain_order="left"))
        frame = self._with_structure(frame)
        checks = _MODEL_CHECKS if self.plan.kind == MODEL else _PRODUCT_CHECKS
        frame = frame.with_columns(
            pl.coalesce(pl.when(wrong).then(pl.lit(name)) for name, wrong in checks).alias(
                "problem"
            )
        )
        for position in frame["problem"].is_not_null().arg_true().to_list():
            row = frame.row(position, named=True)
            problem = stray(row["problem"], row, self.plan.system, self.structure)
            findings.add(position, problem)
        return self._placed(frame)

    def _with_parents(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Add the parent that a row names, else the one that its entity has."""
        models = find_models(self.session, keys=frame["parent_key"], ids=frame["stored_parent"])
        named = models.select("parent_key", pl.col("parent_id").alias("named"))
        frame = frame.join(named, on="parent_key", how="left", maintain_order="left").with_columns(
            pl.when(_NAMES_PARENT).then("named").otherwise("stored_parent").alias("parent_id")
        )
        return frame.join(
            models.drop("parent_key"), on="parent_id", how="left", maintain_order="left"
        )

    def _with_structure(self, frame: pl.DataFrame) -> pl.DataFrame:
        families = _ids(frame["family"], self.structure.families)
        variants = _ids(frame["family_variant"], self.structure.family_variants)
        return frame.with_columns(families.alias("family_id"), variants.alias("variant_id")).join(
            self._variants, on="parent_variant", how="left", maintain_order="left"
        )

    @cached_property
    def _variants(self) -> pl.DataFrame:
        """Return how many levels each variant has, and its family."""
        families = self.structure.families
        return pl.DataFrame(
            [(v.id, len(v.levels), families[v.family].id) for v in self.structure.family_variants],
            schema={
                "parent_variant": pl.Int64,
                "parent_levels": pl.Int64,
                "parent_family": pl.Int64,
            },
            orient="row",
        )

    def _placed(self, frame: pl.DataFrame) -> Placed:
        place = _MODEL_PLACE if self.plan.kind == MODEL else _PRODUCT_PLACE
        somewhere = pl.col("problem").is_null()
        frame = frame.with_columns(
            pl.when(somewhere).then(each).alias(name)
            for name, each in zip(PLACE, place, strict=True)
        )
        distinct = frame.select(PLACE).unique(maintain_order=True).with_row_index("place")
        places = [self._place(*each) for each in distinct.select(PLACE).iter_rows()]
        joined = frame.join(distinct, on=PLACE, how="left", nulls_equal=True, maintain_order="left")
        return Placed(frame=joined, places=places)

    def _place(self, variant_id: int | None, family_id: int | None, level: int | None) -> Placement:
        if variant_id is not None:
            variant = self.structure.family_variants.by_id[variant_id]
            return Placement(self.structure.families[variant.family], variant, level or 0)
        if family_id is not None:
            return Placement(self.structure.families.by_id.get(family_id), None, 0)
        return NOWHERE


def _ids(codes: pl.Series, known: Codes[Any]) -> pl.Series:
    """Return the ids of the things with these codes, null where there is none."""
    distinct = codes.unique()
    things = [known.get(code) for code in distinct.to_list()]
    ids = pl.Series([thing and thing.id for thing in things], dtype=pl.Int64)
    return codes.replace_strict(distinct, ids, return_dtype=pl.Int64)


_NEW = pl.col("id").is_null()
_NAMES_PARENT = pl.col("parent") != ""
_HAS_PARENT = pl.col("parent_id").is_not_null()
_PARENT_CHECKS = (
    ("parent unknown", _NAMES_PARENT & ~_HAS_PARENT),
    (
        "parent changed",
        _NAMES_PARENT & ~_NEW & pl.col("stored_parent").ne_missing(pl.col("parent_id")),
    ),
)
_PRODUCT_CHECKS = (
    *_PARENT_CHECKS,
    ("family unknown", (pl.col("family") != "") & pl.col("family_id").is_null()),
    ("family differs", _HAS_PARENT & (pl.col("family_id") != pl.col("parent_family"))),
    ("parent too high", _HAS_PARENT & (pl.col("parent_level") + 1 != pl.col("parent_levels"))),
)
_KNOWN_VARIANT = pl.coalesce("parent_variant", "stored_variant")
_MODEL_CHECKS = (
    *_PARENT_CHECKS,
    ("variant unknown", (pl.col("family_variant") != "") & pl.col("variant_id").is_null()),
    ("variant missing", (pl.col("family_variant") == "") & _NEW & ~_HAS_PARENT),
    ("variant differs", pl.col("variant_id") != _KNOWN_VARIANT),
    (
        "parent too low",
        _HAS_PARENT & ((pl.col("parent_level") > 0) | (pl.col("parent_levels") < 2)),
    ),
)

#: Where a row stands: its variant, its family if it has no variant, its level.
_PRODUCT_PLACE = (
    pl.col("parent_variant"),
    pl.when(~_HAS_PARENT).then(pl.coalesce("family_id", "stored_family")),
    pl.when(_HAS_PARENT).then("parent_levels").otherwise(0),
)
_MODEL_PLACE = (
    pl.coalesce("variant_id", _KNOWN_VARIANT),
    pl.lit(None, dtype=pl.Int64),
    pl.when(_HAS_PARENT).then(1).otherwise(0),
)
