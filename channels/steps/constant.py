"""Put the same value on every item."""

from __future__ import annotations

from dataclasses import dataclass

from channels.steps.contract import EVERY_KIND, Cell, Context, Step, literal_cell, step
from channels.steps.parameters import param


@step("constant")
@dataclass(frozen=True, kw_only=True)
class Constant(Step):
    """Put the same value on every item, also where there was none."""

    accepts = EVERY_KIND

    value: str = param("The text")

    def compile(self, cell: Cell, context: Context) -> Cell:
        """Return the constant as text."""
        return literal_cell(self.value)
