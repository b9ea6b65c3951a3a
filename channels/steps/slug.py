"""Make a part of a web address from text."""

# ruff: noqa: RUF001 - the table is of letters of other alphabets

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import polars as pl

from channels.steps.contract import TextStep, step
from channels.steps.distinct import by_expression, per_distinct
from channels.steps.parameters import param

# Letters that decompose to nothing Latin. Cyrillic as in ISO 9's common web form.
_LATIN = {
    "ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "ł": "l", "ı": "i",
    "а": "a", "б": "b", "в": "v", "г": "g", "д": "d", "е": "e", "ё": "yo", "ж": "zh", "з": "z",
    "и": "i", "й": "y", "к": "k", "л": "l", "м": "m", "н": "n", "о": "o", "п": "p", "р": "r",
    "с": "s", "т": "t", "у": "u", "ф": "f", "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh",
    "щ": "shch", "ъ": "", "ы": "y", "ь": "", "э": "e", "ю": "yu", "я": "ya",
}  # fmt: skip


@step("slug")
@dataclass(frozen=True, kw_only=True)
class Slug(TextStep):
    """Make a part of a web address: `Größe 42, Émile` becomes `grosse-42-emile`.

    With letters `ascii` Latin and Cyrillic are spelled in a to z and other scripts go; a text
    without any such letter becomes empty. With `unicode` every script keeps its letters.
    """

    letters: Literal["ascii", "unicode"] = param("Which letters may stay", "ascii")
    separator: str = param("What stands between words", "-")

    def text(self, text: pl.Expr) -> pl.Expr:
        """Return the slug."""
        return per_distinct(text, self._slugs)

    def _slugs(self, texts: pl.Series) -> pl.Series:
        """Return slugs; texts of ASCII alone need none of the work on other letters."""
        plain = (texts.str.len_bytes() == texts.str.len_chars()).fill_null(True)
        slugs = by_expression(self._ascii)(texts.set(~plain, None))
        if plain.all():
            return slugs
        return slugs.scatter((~plain).arg_true(), by_expression(self._slug)(texts.filter(~plain)))

    def _ascii(self, text: pl.Expr) -> pl.Expr:
        if self.letters == "unicode":
            return self._slug(text)
        bare = text.str.to_lowercase().str.replace_all("'", "", literal=True)
        return self._joined(bare.str.replace_all(r"[^a-z0-9]+", " "))

    def _slug(self, text: pl.Expr) -> pl.Expr:
        small = text.str.to_lowercase().str.normalize("NFC")
        if self.letters == "unicode":
            kept = small.str.replace_all(r"[^\p{L}\p{M}\p{N}]+", " ")
        else:
            latin = small.str.replace_many(_LATIN).str.normalize("NFKD")
            bare = latin.str.replace_all(r"[\p{M}'\x{2019}]+", "")
            kept = bare.str.replace_all(r"[^a-z0-9]+", " ")
        return self._joined(kept)

    def _joined(self, words: pl.Expr) -> pl.Expr:
        return words.str.strip_chars().str.replace_all(" ", self.separator, literal=True)
