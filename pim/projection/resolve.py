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
    joined, cells = _inherited(models, structure)
    return joined.select(
        "id", "uuid", "identifier", "family_variant", "parent", "parent_code",
        pl.coalesce("parent", "id").alias("root"),
        pl.coalesce("parent_code", "identifier").alias("root_code"),
        pl.when(pl.col("parent").is_null()).then(pl.lit("model")).otherwise(pl.lit("sub_model"))
        .alias("level"),
        family_of(structure).alias("family"),
        "categories", "created", "updated", "version", *cells,
    )  # fmt: skip


def owner_cells(models: pl.DataFrame, structure: Structure) -> pl.DataFrame:
    """Return some cells of models with what they inherit; their roots must be among them."""
    joined, cells = _inherited(models, structure)
    keys = "id", "identifier", "family_variant", "parent", "categories", "updated", "version"
    return joined.select(*keys, *cells)


def _inherited(models: pl.DataFrame, structure: Structure) -> tuple[pl.DataFrame, list[pl.Expr]]:
    """Return models beside their roots, and the expressions of their resolved cells."""
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
    union = together(joined["categories"], joined["categories^"])
    joined = joined.with_columns(union.alias("categories"))
    return joined, [inherit(n, groups[n], pl.col, lambda c: pl.col(f"{c}^")) for n in cells]


def items(products: pl.DataFrame, above: pl.DataFrame, structure: Structure) -> pl.DataFrame:
    """Return products with `owner`, the row of their parent in `above`; it replaces `parent`.

    Of owners only `id`, `categories` and `family_variant` are asked. `categories` become own and
    inherited; values stay the product's own.
    """
    rows = above.select(
        pl.col("id").alias("parent"),
        pl.col("categories").alias("categories^"),
        "family_variant",
        pl.row_index("owner"),
    )
    joined = products.join(rows, on="parent", how="left", maintain_order="left")
    return joined.with_columns(
        together(joined["categories"], joined["categories^"]).alias("categories"),
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


def together(own: pl.Series, above: pl.Series) -> pl.Series:
    """Return the union of lists of ids, row by row, in rising order; `above` are in that order.

    Most rows have none of their own and take over what is above them.
    """
    rows = (own.list.len() > 0).fill_null(False).arg_true()
    inherited = above.fill_null(pl.Series([[]], dtype=columns.IDS))
    both = pl.DataFrame({"own": own.gather(rows), "above": inherited.gather(rows)})
    union = both.select(pl.col("own").list.set_union("above").list.sort()).to_series()
    place = pl.int_range(0, len(own), dtype=pl.UInt32, eager=True)
    new = pl.int_range(len(own), len(own) + len(rows), dtype=pl.UInt32, eager=True)
    return pl.concat([inherited, union.rename(inherited.name)], rechunk=True).gather(
        place.scatter(rows, new)
    )
