"""Choose one category of an item in a tree: the deepest, then the first of the tree."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Hashable, Mapping
from typing import Any, NamedTuple, TypeVar

import polars as pl

from channels.steps.contract import Cell, Context
from pim.domain.structure import Category, Structure

Made = TypeVar("Made")


def tree_of(context: Context, tree: str | None) -> str | None:
    """Return the code of a tree; the channel's by default."""
    return tree or context.channel.tree


def ranked(context: Context, tree: str | None) -> list[Category]:
    """Return the categories of a tree, the deepest first, then in the tree's own order."""
    root = (tree_of(context, tree) or "").casefold()

    def rank() -> list[Category]:
        own = [c for c in context.structure.categories if c.root.casefold() == root]
        return sorted(own, key=lambda category: -len(category.path))

    return remembered(context.structure, ("ranked", root), rank)


def remembered(structure: Structure, key: Hashable, make: Callable[[], Made]) -> Made:
    """Return what `make` gives, made once for a structure.

    Feeds share it, and a tree may have thousands of categories. Only the newest few structures
    are looked after: what is made may hold its structure, so that it would stay for ever.
    """
    number = id(structure)
    kept = _MADE.get(number)
    if kept is None:
        made_of: Kept = _MADE  # at the end of a process the module's name may be gone before it

        def forget(_: object) -> None:
            made_of.pop(number, None)

        kept = _MADE[number] = (weakref.ref(structure, forget), {})
    made = kept[1]
    for old in list(_MADE)[:-NEWEST]:
        _MADE.pop(old, None)
    if key not in made:
        made[key] = make()
    known: Made = made[key]
    return known


#: Structures that a process works with at once: the current one, and those of readers before it.
NEWEST = 4
Kept = dict[int, tuple[weakref.ref[Structure], dict[Hashable, Any]]]
_MADE: Kept = {}


class Names(NamedTuple):
    """Names of categories: their ids in order of rank, the deepest first, and what they show."""

    ids: pl.Series
    names: pl.Series


def best_names(ranking: list[Category], names: Mapping[int, str]) -> Names:
    """Return the names of ranked categories, ready to be looked up."""
    ids = pl.Series([category.id for category in ranking], dtype=pl.Int64)
    return Names(ids, pl.Series([names[id_] for id_ in ids], dtype=pl.String))


def best(cell: Cell, known: Names) -> pl.Expr:
    """Return the name of the category that ranks first among an item's; null without one."""
    if known.ids.is_empty():
        return pl.when(False).then(pl.lit(""))
    ranks = pl.int_range(len(known.ids), eager=True)
    ordered = cell.expr.list.eval(
        pl.element().replace_strict(known.ids, ranks, default=None, return_dtype=pl.Int64)
    )
    return pl.lit(known.names).gather(ordered.list.min())
