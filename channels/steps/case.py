"""Change capitals and small letters."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import polars as pl

from channels.steps.contract import TextStep, step
from channels.steps.parameters import param

Case = Literal["upper", "lower", "title", "sentence", "capitalise"]

# Letters to Unicode, so that a word does not begin behind them: "Women's", not "Women'S".
_APOSTROPHES = {"'": "\u02bc", "\u2019": "\u02ee"}


@step("case")
@dataclass(frozen=True, kw_only=True)
class ChangeCase(TextStep):
    """Write text in capitals, small letters, or with capitals at the start of words or text."""

    to: Case = param(
        "upper, lower, title (Every Word), sentence (first letter, the rest small) or capitalise "
        "(first letter, the rest as it is)"
    )

    def text(self, text: pl.Expr) -> pl.Expr:
        """Return the text in the other case."""
        return CASES[self.to](text)


def _title(text: pl.Expr) -> pl.Expr:
    letters, marks = list(_APOSTROPHES.values()), list(_APOSTROPHES)
    guarded = text.str.replace_many(marks, letters).str.to_titlecase()
    return guarded.str.replace_many(letters, marks)


def _capitalised(text: pl.Expr) -> pl.Expr:
    return text.str.slice(0, 1).str.to_uppercase() + text.str.slice(1)


CASES: Mapping[str, Callable[[pl.Expr], pl.Expr]] = {
    "upper": lambda text: text.str.to_uppercase(),
    "lower": lambda text: text.str.to_lowercase(),
    "title": _title,
    "sentence": lambda text: _capitalised(text.str.to_lowercase()),
    "capitalise": _capitalised,
}
