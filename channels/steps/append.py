"""Put text behind a value."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from channels.steps.contract import TextStep, step
from channels.steps.parameters import param


@step("append")
@dataclass(frozen=True, kw_only=True)
class Append(TextStep):
    """Put text behind a value that is not empty; of a list, behind every element."""

    value: str = param("The text, with the blank that it may need")

    def text(self, text: pl.Expr) -> pl.Expr:
        """Return the longer text."""
        return text + pl.lit(self.value)
