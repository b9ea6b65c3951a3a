"""Shorten text to a length that a destination accepts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

import polars as pl

from channels.steps.contract import Cell, Context, TextStep, step
from channels.steps.cutting import at_last_word, cut_bytes, cut_characters
from channels.steps.parameters import param
from pim.domain.violations import Violation

Unit = Literal["characters", "bytes"]


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
        if self._room < 1:
            yield Violation(
                code="mapping.out_of_range",
                path="ending",
                message='The ending "{ending}" is as long as the text may be',
                parameters={"ending": self.ending},
                mend="Shorten the ending, or allow a longer text",
            )

    def text(self, text: pl.Expr) -> pl.Expr:
        """Return text of at most `length` units; null stays null."""
        cut = CUTTERS[self.unit](text, self._room)
        kept = at_last_word(text, cut) if self.whole_words else cut
        fits = SIZES[self.unit](text) <= self.length
        return pl.when(fits).then(text).otherwise(kept + pl.lit(self.ending))

    @property
    def _room(self) -> int:
        taken = self.ending if self.unit == "characters" else self.ending.encode()
        return self.length - len(taken)


CUTTERS: Mapping[Unit, Callable[[pl.Expr, int], pl.Expr]] = {
    "characters": cut_characters,
    "bytes": cut_bytes,
}
SIZES: Mapping[Unit, Callable[[pl.Expr], pl.Expr]] = {
    "characters": lambda text: text.str.len_chars(),
    "bytes": lambda text: text.str.len_bytes(),
}
