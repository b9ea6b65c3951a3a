"""Bring inherited values down: to colourways when written, to products when read.

A cell is taken whole from the lowest level that holds it: a product that overrides a price in one
currency does not mix with its model's other currencies.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

import polars as pl

from pim.domain.structure import Structure
from pim.projection import columns

#: Columns of a segment that are not value cells.
KEYS = frozenset(
    {*columns.SYSTEM, "owner", "family_variant", "parent_code", "root_code"},
)

Pick = Callable[[str], pl.Expr]


def siblings(names: Iterable[str], structure: Structure) -> Mapping[str, Sequence[str]]:
    """Map each value column to the columns of the same cell, itself among them."""
    cells: dict[object, list[str]] = {}
    for name in names:
        cells.setdefault(columns.find(structure, name).cell, []).append(name)
    return {name: group for group in cells.values() for name in group}


def inherit(name: str, group: Sequence[str], own: Pick, above: Pick) -> pl.Expr:
    """Return a column that is a level's own wherever it holds any part of the cell."""
    if len(group) == 1:
        return pl.coalesce(own(name), above(name)).alias(name)
    held = pl.any_horizontal(own(part).is_not_null() for part in group)
    return pl.when(held).then(own(name)).otherwise(above(name)).alias(name)


def owners(models: pl.DataFrame, structure: Structure) -> pl.DataFrame:
    """Return models with what they inherit from their root; the root must be among them.

    Adds parent_code, root, root_code, level and family; `categories` become own and inherited.
    """
    cells = [name for name in models.columns if name not in KEYS]
    groups = siblings(cells, structure)
    top = pl.col("parent").is_null()
    models = models.with_columns(
        pl.when(top).then(held(name, structure, level=0)).otherwise(held(name, structure, level=1))
        for name in cells
    )
    roots = models.filter(top).select(
        pl.col("id").alias("parent"),
        pl.col("identifier").alias("parent_code"),
        pl.col("categories").alias("categories^"),
        *(pl.col(name).alias(f"{name}^") for name in cells),
    )
    joined = models.join(roots, on="parent", how="left", maintain_order="left")
    return joined.select(
        "id", "uuid", "identifier", "family_variant", "parent", "parent_code",
        pl.coalesce("parent", "id").alias("root"),
        pl.coalesce("parent_code", "identifier").alias("root_code"),
        pl.when(top).then(pl.lit("model")).otherwise(pl.lit("sub_model")).alias("level"),
        family_of(structure).alias("family"),
        together("categories", "categories^").alias("categories"),
        "created", "updated", "version",
        *(inherit(n, groups[n], pl.col, lambda c: pl.col(f"{c}^")) for n in cells),
    )  # fmt: skip


def items(products: pl.DataFrame, above: pl.DataFrame, structure: Structure) -> pl.DataFrame:
    """Return products with `owner`, the row of their parent in `above`; it replaces `parent`.

    `categories` become own and inherited; values stay the product's own.
    """
    rows = above.select(
        pl.col("id").alias("parent"),
        pl.col("categories").alias("categories^"),
        "family_variant",
        pl.row_index("owner"),
    )
    joined = products.join(rows, on="parent", how="left", maintain_order="left")
    return joined.with_columns(
        together("categories", "categories^").alias("categories"),
        *(held(name, structure) for name in products.columns if name not in KEYS),
    ).drop("parent", "categories^", "family_variant")


def held(name: str, structure: Structure, *, level: int | None = None) -> pl.Expr:
    """Return a value column without what the level (None: the last) may not hold of it.

    Such data is a leftover of another family variant; the level that owns the attribute counts.
    """
    column = columns.find(structure, name)
    assert column.attribute is not None
    code = column.attribute.code
    barred = [
        variant.id
        for variant in structure.family_variants
        if not variant.holds(code, len(variant.levels) if level is None else level)
    ]
    if not barred:
        return pl.col(name)
    free = ~pl.col("family_variant").is_in(barred)
    return pl.when(free.fill_null(True)).then(pl.col(name)).alias(name)


def family_of(structure: Structure) -> pl.Expr:
    """Return the family's id of the column `family_variant`."""
    known = {v.id: structure.families[v.family].id for v in structure.family_variants}
    return pl.col("family_variant").replace_strict(known, default=None, return_dtype=pl.Int64)


def together(own: str, above: str) -> pl.Expr:
    """Return the union of two lists of ids, in rising order."""
    union = pl.col(own).list.set_union(pl.col(above).fill_null(pl.lit([], dtype=columns.IDS)))
    return union.list.sort()
