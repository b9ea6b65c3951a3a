"""Cut text to a length without breaking what people see as one character."""

from __future__ import annotations

import polars as pl

# A visible character: a base with its marks, joined by zero-width joiners (family emoji).
_MARKS = r"[\p{M}\x{FE0F}\x{20E3}\x{1F3FB}-\x{1F3FF}]"
_CLUSTER = rf"\P{{M}}{_MARKS}*"
_LAST_CLUSTER = rf"(?s:{_CLUSTER}(?:\x{{200D}}{_CLUSTER})*\x{{200D}}?)$"
_GOES_ON = rf"^(?:{_MARKS}|\x{{200D}})"
_FLAG = r"[\x{1F1E6}-\x{1F1FF}]"
_HALF_FLAG = rf"(?:^|[^\x{{1F1E6}}-\x{{1F1FF}}])(?:{_FLAG}{_FLAG})*{_FLAG}$"


def cut_characters(text: pl.Expr, length: int) -> pl.Expr:
    """Return at most `length` characters (code points), never a part of a visible one."""
    return _whole(text, text.str.slice(0, length))


def cut_bytes(text: pl.Expr, length: int) -> pl.Expr:
    """Return at most `length` bytes of UTF-8, never a part of a character."""
    raw = text.cast(pl.Binary)
    kept = pl.lit(max(length - 3, 0))
    for end in range(max(length - 2, 0), length + 1):
        kept = pl.when(_starts_character(raw, end)).then(pl.lit(end)).otherwise(kept)
    return _whole(text, raw.bin.slice(0, kept).cast(pl.String))


def _starts_character(raw: pl.Expr, position: int) -> pl.Expr:
    """Tell whether a byte is not a continuation byte (10xxxxxx), or is beyond the end."""
    byte = raw.bin.slice(position, 1)
    return (byte < pl.lit(b"\x80")) | (byte >= pl.lit(b"\xc0"))


def _whole(text: pl.Expr, cut: pl.Expr) -> pl.Expr:
    """Return the cut text without a last visible character that goes on behind the cut."""
    rest = text.str.slice(cut.str.len_chars())
    broken = rest.str.contains(_GOES_ON) | cut.str.ends_with("\u200d")
    half = rest.str.contains(f"^{_FLAG}") & cut.str.contains(_HALF_FLAG)
    return (
        pl.when(broken)
        .then(cut.str.replace(_LAST_CLUSTER, ""))
        .when(half)
        .then(cut.str.slice(0, cut.str.len_chars() - 1))
        .otherwise(cut)
    )


def at_last_word(text: pl.Expr, cut: pl.Expr) -> pl.Expr:
    """Return the cut text without its last word if that word goes on behind the cut.

    A text whose last blank lies in its first half (or that has none, as Japanese) stays as cut:
    half a word costs less than half a text.
    """
    rest = text.str.slice(cut.str.len_chars(), 1)
    inside = rest.str.contains(r"^\S")
    words = cut.str.replace(r"\s+\S*$", "")
    fair = words.str.len_bytes() * 2 >= cut.str.len_bytes()
    return pl.when(inside & fair).then(words).otherwise(cut).str.strip_chars_end()
