"""Take another field's value."""

from __future__ import annotations

from dataclasses import dataclass

from channels.steps.contract import EVERY_KIND, Cell, Context, Step, step
from channels.steps.parameters import param
from channels.steps.sources import Source


@step("value")
@dataclass(frozen=True, kw_only=True)
class Value(Step):
    """Take the value of another field, whatever came before."""

    accepts = EVERY_KIND

    field: Source = param("The field, or a source with steps of its own")

    def compile(self, cell: Cell, context: Context) -> Cell:
        """Return the other cell."""
        return self.field.compile(context)
