"""Remove blanks."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from channels.steps.contract import TextStep, step
from channels.steps.parameters import param


@step("trim")
@dataclass(frozen=True, kw_only=True)
class Trim(TextStep):
    """Remove blanks at both ends, and make one blank of several inside.

    Blanks are all white space of Unicode: no-break spaces, line ends, ideographic spaces.
    """

    collapse: bool = param("Whether blanks inside are made one", True)
    keep_lines: bool = param("Whether line ends inside stay", False)

    def text(self, text: pl.Expr) -> pl.Expr:
        """Return the tidy text."""
        bare = text.str.strip_chars()
        if not self.collapse:
            return bare
        if not self.keep_lines:
            return bare.str.replace_all(r"\s{2,}|[^\S ]", " ")
        lines = bare.str.replace_all(r"[^\S\r\n]*\r?\n[^\S\r\n]*", "\n")
        return lines.str.replace_all(r"[^\S\n]+", " ")
