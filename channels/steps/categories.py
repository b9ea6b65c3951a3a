"""Choose one category of an item in a tree: the deepest, then the first of the tree."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from channels.steps.contract import Cell, Context
from channels.steps.render import named
from pim.domain.structure import Category


def tree_of(context: Context, tree: str | None) -> str | None:
    """Return the code of a tree; the channel's by default."""
    return tree or context.channel.tree


def ranked(context: Context, tree: str | None) -> list[Category]:
    """Return the categories of a tree, the deepest first, then in the tree's own order."""
    root = (tree_of(context, tree) or "").casefold()
    own = [c for c in context.structure.categories if c.root.casefold() == root]
    return sorted(own, key=lambda category: -len(category.path))


def best(cell: Cell, ranking: list[Category], names: Mapping[int, str]) -> pl.Expr:
    """Return the name of the category that ranks first among an item's; null without one."""
    ranks = {category.id: rank for rank, category in enumerate(ranking)}
    if not ranks:
        return pl.when(False).then(pl.lit(""))
    ordered = cell.expr.list.eval(
        pl.element().replace_strict(ranks, default=None, return_dtype=pl.Int64)
    )
    by_rank = {ranks[id_]: name for id_, name in names.items()}
    return named(ordered.list.min(), by_rank)
