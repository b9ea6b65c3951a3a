"""Put text before a value."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from channels.steps.contract import TextStep, step
from channels.steps.parameters import param


@step("prefix")
@dataclass(frozen=True, kw_only=True)
class Prefix(TextStep):
    """Put text before a value that is not empty; of a list, before every element."""

    value: str = param("The text, with the blank that it may need")

    def text(self, text: pl.Expr) -> pl.Expr:
        """Return the longer text."""
        return pl.lit(self.value) + text
