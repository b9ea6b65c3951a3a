"""Show the category of an item by its code."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from channels.steps.categories import best, best_names, ranked, remembered, tree_of
from channels.steps.category_path import tree_problems
from channels.steps.contract import Cell, Context, Step, step
from channels.steps.parameters import param
from pim.domain.violations import Violation


@step("category_code")
@dataclass(frozen=True, kw_only=True)
class CategoryCode(Step):
    """Show the code of the deepest category of an item in a tree, ready for a lookup."""

    accepts = frozenset({"categories"})

    tree: str | None = param("The root's code; the channel's tree by default", None)

    def problems(self, cell: Cell, context: Context) -> Iterator[Violation]:
        """Yield a tree that does not exist."""
        yield from tree_problems(self.tree, context)

    def compile(self, cell: Cell, context: Context) -> Cell:
        """Return the code as text; null without a category in the tree."""
        ranking = ranked(context, self.tree)
        codes = remembered(
            context.structure,
            ("codes", tree_of(context, self.tree)),
            lambda: best_names(ranking, {each.id: each.code for each in ranking}),
        )
        return cell.text(best(cell, codes))
