"""Fill text up to a length."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import polars as pl

from channels.steps.contract import TextStep, step
from channels.steps.parameters import param


@step("pad")
@dataclass(frozen=True, kw_only=True)
class Pad(TextStep):
    """Fill text up to a length: 123 becomes 00123. Longer text stays as it is."""

    length: int = param("The length in characters", at_least=1, at_most=10_000)
    fill: str = param("The character to fill with", "0")
    side: Literal["start", "end"] = param("Where to fill", "start")

    def text(self, text: pl.Expr) -> pl.Expr:
        """Return text of at least `length` characters."""
        fill = (self.fill or " ")[0]
        pad = text.str.pad_start if self.side == "start" else text.str.pad_end
        return pad(self.length, fill)
