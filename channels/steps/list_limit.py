"""Shorten lists."""

from __future__ import annotations

from dataclasses import dataclass

from channels.steps.contract import Cell, Context, Step, step
from channels.steps.parameters import param


@step("list_limit")
@dataclass(frozen=True, kw_only=True)
class ListLimit(Step):
    """Keep some elements of a list: at most so many, without the first ones if wished."""

    accepts = frozenset({"list"})

    length: int = param("At most so many", at_least=1)
    skip: int = param("Leave out so many at the start", 0, at_least=0)

    def compile(self, cell: Cell, context: Context) -> Cell:
        """Return the shorter list."""
        return cell.list(cell.expr.list.slice(self.skip, self.length))
