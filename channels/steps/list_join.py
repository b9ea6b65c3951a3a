"""Make one text of a list."""

from __future__ import annotations

from dataclasses import dataclass

from channels.steps.contract import Cell, Context, Step, blank_to_null, step
from channels.steps.parameters import param


@step("list_join")
@dataclass(frozen=True, kw_only=True)
class ListJoin(Step):
    """Make one text of a list, with a separator; empty elements leave no trace."""

    accepts = frozenset({"list"})

    separator: str = param("What stands between two elements", ", ")

    def compile(self, cell: Cell, context: Context) -> Cell:
        """Return the text."""
        return cell.text(blank_to_null(cell.expr.list.join(self.separator, ignore_nulls=True)))
