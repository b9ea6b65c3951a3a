"""Show the category of an item as a path."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from channels.steps.categories import best, ranked, remembered, tree_of
from channels.steps.contract import Cell, Context, Step, step
from channels.steps.parameters import param
from pim.domain.structure import Category
from pim.domain.violations import Violation


@step("category_path")
@dataclass(frozen=True, kw_only=True)
class CategoryPath(Step):
    """Show the deepest category of an item in a tree as a path: Women > Shoes > Derbies.

    Of several equally deep ones the first in the tree's order is taken.
    """

    accepts = frozenset({"categories"})

    tree: str | None = param("The root's code; the channel's tree by default", None)
    separator: str = param("What stands between the levels", " > ")
    depth: int | None = param("At most so many levels, from the top", None, at_least=1)
    locale: str | None = param("The labels' locale; the feed's by default", None)
    show: Literal["labels", "codes"] = param("Whether labels or codes are shown", "labels")
    root: bool = param("Whether the path starts with the tree's root", False)

    def problems(self, cell: Cell, context: Context) -> Iterator[Violation]:
        """Yield a tree that does not exist."""
        yield from tree_problems(self.tree, context)

    def compile(self, cell: Cell, context: Context) -> Cell:
        """Return the path as text; null without a category in the tree."""
        ranking = ranked(context, self.tree)
        speech = (self.locale or context.locale, *context.fallback_locales)
        paths = remembered(
            context.structure,
            (self, tree_of(context, self.tree), speech),
            lambda: {category.id: self._path(category, context) for category in ranking},
        )
        return cell.text(best(cell, ranking, paths))

    def _path(self, category: Category, context: Context) -> str:
        by_id = context.structure.categories.by_id
        ids = category.path if self.root else category.path[1:]
        levels = [by_id[id_] for id_ in ids[: self.depth]]
        return self.separator.join(self._name(level, context) for level in levels)

    def _name(self, level: Category, context: Context) -> str:
        label = None if self.show == "codes" else context.labels_of(level.labels, self.locale)
        return label or (level.code if self.show == "codes" else f"[{level.code}]")


def tree_problems(tree: str | None, context: Context) -> Iterator[Violation]:
    """Yield what is wrong with the tree that a step reads."""
    code = tree_of(context, tree)
    category = context.structure.categories.get(code)
    if category is None or category.parent is not None:
        yield Violation(
            code="mapping.unknown_tree",
            path="tree",
            message='There is no category tree "{tree}" for this feed',
            parameters={"tree": code or ""},
            mend="Name the code of a root category, or give the channel a tree",
        )
