"""Show the category of an item as a path."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from channels.steps.categories import best, best_names, ranked, remembered, tree_of
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
            lambda: best_names(ranking, self._paths(ranking, context)),
        )
        return cell.text(best(cell, paths))

    def _paths(self, ranking: list[Category], context: Context) -> dict[int, str]:
        """Return the path of every category; each adds its name to that of the one above."""
        names = {category.id: self._name(category, context) for category in ranking}
        paths: dict[int, str] = {}
        for category in reversed(ranking):
            ids = category.path if self.root else category.path[1:]
            *above, last = ids[: self.depth] or (0,)
            before = paths[above[-1]] + self.separator if above else ""
            if last != category.id:  # too deep: it shows as the deepest that is not
                paths[category.id] = paths.get(last, "")
            else:
                paths[category.id] = before + names[last]
        return paths

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
