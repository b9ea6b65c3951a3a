"""Fill what is empty."""

from __future__ import annotations

from dataclasses import dataclass

from channels.steps.coalesce import first_filled
from channels.steps.contract import EVERY_KIND, Cell, Context, Step, literal_cell, step
from channels.steps.parameters import param


@step("default")
@dataclass(frozen=True, kw_only=True)
class Default(Step):
    """Put a text where the value is empty. Fills empty values."""

    accepts = EVERY_KIND

    value: str = param("The text for empty values")

    def compile(self, cell: Cell, context: Context) -> Cell:
        """Return the value, or the text."""
        return first_filled((cell, literal_cell(self.value)), context)
