"""Replace text in text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from channels.steps.contract import Cell, Context, TextStep, step
from channels.steps.parameters import param, regex_fault
from pim.domain.violations import Violation


@step("replace")
@dataclass(frozen=True, kw_only=True)
class Replace(TextStep):
    """Replace every occurrence of a text, or of a pattern, in the value.

    With `regex` the pattern is of Rust's engine: time grows with the length of the text only, and
    the replacement may name groups as $1 or ${name}.
    """

    search: str = param("The text or pattern to look for")
    replace: str = param("What to put there; nothing by default", "")
    regex: bool = param("Whether `search` is a pattern", False)
    ignore_case: bool = param("Whether capitals and small letters are alike", False)
    whole_word: bool = param("Whether only whole words count", False)

    def problems(self, cell: Cell, context: Context) -> Iterator[Violation]:
        """Yield a pattern that cannot be used, and an empty one."""
        fault = "it is empty" if not self.search else regex_fault(self._pattern)
        if fault:
            yield Violation(
                code="mapping.bad_pattern",
                path="search",
                message='The pattern "{value}" cannot be used: {fault}',
                parameters={"value": self.search, "fault": fault},
                mend="Correct the pattern; look-around and back-references are not offered",
            )

    def text(self, text: pl.Expr) -> pl.Expr:
        """Return the text with everything replaced."""
        if not (self.regex or self.ignore_case or self.whole_word):
            return text.str.replace_all(self.search, self.replace, literal=True)
        new = self.replace if self.regex else self.replace.replace("$", "$$")
        return text.str.replace_all(self._pattern, new)

    @property
    def _pattern(self) -> str:
        pattern = self.search if self.regex else re.escape(self.search)
        word = rf"\b(?:{pattern})\b" if self.whole_word else pattern
        return f"(?i){word}" if self.ignore_case else word
