"""RSS 2.0 with Google's namespace, built in columns."""

from __future__ import annotations

from xml.sax.saxutils import escape

import polars as pl

from exporters.contract import WriteContext
from exporters.contract.writing import (
    WITHOUT_CONTROL_CHARACTERS,
    is_list,
    joined,
    present,
    present_list,
)
from exporters.google_merchant.targets import Element, elements

HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:g="http://base.google.com/ns/1.0">
<channel>
<title>{title}</title>
<link>{link}</link>
<description>{title}</description>
"""
TAIL = "</channel>\n</rss>\n"

# A parser turns a bare carriage return into a line feed, so it travels as a reference.
ESCAPES = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    "\r": "&#13;",
    **WITHOUT_CONTROL_CHARACTERS,
}


class Rss:
    """Render frames as `<item>` elements."""

    def __init__(self, schema: pl.Schema, *, delta: bool) -> None:
        self._schema = schema

    def head(self, context: WriteContext) -> bytes:
        """Return everything before the items; it names no time, so equal items are equal bytes."""
        title, link = escape(context.label or context.feed), escape(context.link)
        return HEAD.format(title=title, link=link).encode()

    def render(self, frame: pl.DataFrame) -> memoryview:
        """Return one `<item>` per row; absent values have no element."""
        parts = [element_text(frame.schema, each) for each in elements(frame.columns)]
        return joined(frame, [pl.lit("<item>"), *parts, pl.lit("\n</item>\n")])

    def tail(self) -> bytes:
        """Return everything after the items."""
        return TAIL.encode()


def element_text(schema: pl.Schema, element: Element) -> pl.Expr:
    """Return the text of one attribute, null where it is absent."""
    if not element.nested:
        return leaf(schema, element.targets[0], element.name, before="\n")
    named = zip(element.targets, element.parts, strict=True)
    parts = [leaf(schema, target, part) for target, part in named]
    inner = pl.concat_str(parts, ignore_nulls=True).replace("", None)
    return wrapped(inner, element.name, before="\n")


def leaf(schema: pl.Schema, target: str, name: str, *, before: str = "") -> pl.Expr:
    """Return one element, or one per value of a list."""
    if not is_list(schema, target):
        return wrapped(escaped(present(target)), name, before=before)
    each = wrapped(escaped(pl.element()), name, before=before)
    values = present_list(target).list.eval(each)
    return values.list.join("").replace("", None)


def wrapped(text: pl.Expr, name: str, *, before: str) -> pl.Expr:
    """Return the text between tags; null stays null."""
    return pl.concat_str([pl.lit(f"{before}<g:{name}>"), text, pl.lit(f"</g:{name}>")])


def escaped(text: pl.Expr) -> pl.Expr:
    """Return text that is safe between tags, without what XML forbids."""
    return text.str.replace_many(ESCAPES)
