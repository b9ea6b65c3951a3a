"""Shorten text to a length that a destination accepts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from channels.steps.contract import Cell, Context, TextStep, step
from channels.steps.cutting import Unit, shortened
from channels.steps.distinct import per_distinct
from channels.steps.parameters import param
from pim.domain.violations import Violation


@step("truncate")
@dataclass(frozen=True, kw_only=True)
class Truncate(TextStep):
    """Shorten text to at most `length`, at a word if `whole_words`.

    Google refuses titles over 150 characters, Amazon counts UTF-8 bytes: choose `unit`. A
    character is never cut in two, nor are accents, flags and joined emoji torn apart.
    """

    length: int = param("At most so many", at_least=1)
    unit: Unit = param("characters (code points) or bytes of UTF-8", "characters")
    whole_words: bool = param("Whether to cut between words where there are any", True)
    ending: str = param("What shows that something was cut; counts towards the length", "")

    def problems(self, cell: Cell, context: Context) -> Iterator[Violation]:
        """Yield an ending that leaves no room for text."""
        taken = self.ending if self.unit == "characters" else self.ending.encode()
        if len(taken) >= self.length:
            yield Violation(
                code="mapping.out_of_range",
                path="ending",
                message='The ending "{ending}" is as long as the text may be',
                parameters={"ending": self.ending},
                mend="Shorten the ending, or allow a longer text",
            )

    def text(self, text: pl.Expr) -> pl.Expr:
        """Return text of at most `length` units; null stays null."""

        def change(texts: pl.Series) -> pl.Series:
            return shortened(
                texts, self.length, self.unit, whole_words=self.whole_words, ending=self.ending
            )

        return per_distinct(text, change)
