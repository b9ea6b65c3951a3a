"""Make plain text of HTML."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import Literal

import polars as pl

from channels.steps.contract import TextStep, step
from channels.steps.distinct import by_expression, per_distinct
from channels.steps.found import replace_found
from channels.steps.parameters import param

# As \s+, but single blanks, which stay as they are, cost nothing.
_BLANKS = r"\s{2,}|[^\S ]"
_GONE = r"(?is)<!--.*?-->|<script\b.*?</script\s*>|<style\b.*?</style\s*>|<head\b.*?</head\s*>"
_ATTRIBUTES = r"""(?:"[^"]*"|'[^']*'|[^'">])*"""
_BLOCK = (
    r"(?i)</?(?:address|article|blockquote|br|dd|div|dl|dt|figure|footer|h[1-6]|header|hr|li|ol|p"
    rf"|pre|section|table|td|th|tr|ul)\b{_ATTRIBUTES}>"
)
_TAG = rf"</?[a-zA-Z]{_ATTRIBUTES}>|<![a-zA-Z\[][^>]*>"
_ENTITY = r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});"


@step("strip_html")
@dataclass(frozen=True, kw_only=True)
class StripHtml(TextStep):
    """Make plain text of HTML: tags go, paragraphs and lists become lines, entities letters.

    Scripts, styles and comments go with their content. A lone `<` as in "heel < 5 cm" stays.
    """

    blocks: Literal["newline", "blank"] = param(
        "What a paragraph, list item or line break becomes", "newline"
    )

    def text(self, text: pl.Expr) -> pl.Expr:
        """Return the plain text, tidied."""
        return per_distinct(text, self._plain)

    def _plain(self, texts: pl.Series) -> pl.Series:
        bare = by_expression(_without_tags)(texts)
        plain = replace_found(bare, _ENTITY, html.unescape)
        if self.blocks == "blank":
            return plain.str.replace_all(_BLANKS, " ").str.strip_chars()
        return plain.str.replace_all(r"[^\S\n]*\n\s*", "\n").str.strip_chars()


def _without_tags(text: pl.Expr) -> pl.Expr:
    one_line = text.str.replace_all(_BLANKS, " ").str.replace_all(_GONE, "")
    return one_line.str.replace_all(_BLOCK, "\n").str.replace_all(_TAG, "")
