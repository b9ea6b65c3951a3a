"""XML as text: escapes for columns and for single words."""

from __future__ import annotations

from collections.abc import Mapping
from xml.sax.saxutils import escape

import polars as pl

from exporters.contract.writing import WITHOUT_CONTROL_CHARACTERS

# A parser turns a bare carriage return into a line feed, so it travels as a reference.
TEXT = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    "\r": "&#13;",
    **WITHOUT_CONTROL_CHARACTERS,
}
# In an attribute every kind of white space would become a blank.
ATTRIBUTE = {**TEXT, '"': "&quot;", "\n": "&#10;", "\t": "&#9;"}


def text(value: pl.Expr) -> pl.Expr:
    """Return text that is safe between tags."""
    return value.str.replace_many(TEXT)


def quoted(name: str, value: pl.Expr) -> pl.Expr:
    """Return ` name="value"`; null stays null."""
    return pl.concat_str([pl.lit(f' {name}="'), value.str.replace_many(ATTRIBUTE), pl.lit('"')])


def escaped_text(value: str) -> str:
    """Return one text that is safe between tags."""
    return escape(value, {"\r": "&#13;"})


def attributes(given: Mapping[str, str]) -> str:
    """Return the attributes of one element."""
    white = {name: mark for name, mark in ATTRIBUTE.items() if name not in "&<>"}
    return "".join(f' {name}="{escape(value, white)}"' for name, value in given.items())
