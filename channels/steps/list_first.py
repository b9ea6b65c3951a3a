"""Take one element of a list."""

from __future__ import annotations

from dataclasses import dataclass

from channels.steps.contract import Cell, Context, Step, step
from channels.steps.parameters import param


@step("list_first")
@dataclass(frozen=True, kw_only=True)
class ListFirst(Step):
    """Take one element of a list, the first by default."""

    accepts = frozenset({"list"})

    number: int = param("Which one, counted from 1", 1, at_least=1)

    def compile(self, cell: Cell, context: Context) -> Cell:
        """Return the element; null where the list is shorter."""
        return cell.text(cell.expr.list.get(self.number - 1, null_on_oob=True))
