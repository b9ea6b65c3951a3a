"""Cut text to a length without breaking what people see as one character."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

import polars as pl

Unit = Literal["characters", "bytes"]

# A visible character: a base with its marks, joined by zero-width joiners (family emoji).
_MARK = r"[\p{M}\x{FE0F}\x{20E3}\x{1F3FB}-\x{1F3FF}]"
_FLAG = r"[\x{1F1E6}-\x{1F1FF}]"
_CLUSTER = rf"\P{{M}}{_MARK}*"
_LAST_CLUSTER = rf"(?s:{_CLUSTER}(?:\x{{200D}}{_CLUSTER})*\x{{200D}}?)$"
_LAST_FLAGS = rf"({_FLAG}+)$"
_MAY_GO_ON = rf"{_MARK}|\x{{200D}}|{_FLAG}"


def shortened(
    texts: pl.Series, length: int, unit: Unit, *, whole_words: bool, ending: str
) -> pl.Series:
    """Return texts of at most `length` units, those that are longer cut and given the ending."""
    too_long = (SIZES[unit](texts) > length).fill_null(False)
    if not too_long.any():
        return texts
    long = texts.filter(too_long)
    room = length - (len(ending.encode()) if unit == "bytes" else len(ending))
    cut = _whole(long, CUTTERS[unit](long, room))
    if whole_words:
        cut = _at_last_word(long, cut)
    return texts.scatter(too_long.arg_true(), cut + ending if ending else cut)


def _cut_bytes(texts: pl.Series, length: int) -> pl.Series:
    """Return the first bytes of texts that are longer, without a part of a character."""
    raw, end = pl.col("raw"), pl.lit(max(length - 3, 0))
    for place in range(max(length - 2, 0), length + 1):
        byte = raw.bin.slice(place, 1)
        # 10xxxxxx continues a character, which has at most three of these.
        continues = (byte >= pl.lit(b"\x80")) & (byte < pl.lit(b"\xc0"))
        end = pl.when(continues).then(end).otherwise(place)
    frame = texts.cast(pl.Binary).alias("raw").to_frame()
    return frame.select(raw.bin.slice(0, end).cast(pl.String)).to_series()


def _following(texts: pl.Series, cut: pl.Series) -> pl.Series:
    """Return the one character behind the cut."""
    pair = pl.DataFrame({"text": texts, "cut": cut})
    return pair.select(pl.col("text").str.slice(pl.col("cut").str.len_chars(), 1)).to_series()


def _whole(texts: pl.Series, cut: pl.Series) -> pl.Series:
    """Return the cuts without a last visible character that goes on behind the cut."""
    follows = _following(texts, cut)
    suspect = follows.str.contains(_MAY_GO_ON) | cut.str.ends_with("\u200d")
    if not suspect.any():
        return cut
    pair = pl.DataFrame({"cut": cut, "next": follows}).filter(suspect)
    return cut.scatter(suspect.arg_true(), pair.select(_without_part()).to_series())


def _without_part() -> pl.Expr:
    cut, follows = pl.col("cut"), pl.col("next")
    flags = cut.str.extract(_LAST_FLAGS).str.len_chars().fill_null(0)
    return (
        pl.when(follows.str.contains(_FLAG).not_() | cut.str.ends_with("\u200d"))
        .then(cut.str.replace(_LAST_CLUSTER, ""))
        .when(flags % 2 == 1)
        .then(cut.str.slice(0, cut.str.len_chars() - 1))
        .otherwise(cut)
    )


def _at_last_word(texts: pl.Series, cut: pl.Series) -> pl.Series:
    """Return the cuts without a last word that goes on behind the cut.

    A text whose last blank lies in its first half (or that has none, as Japanese) stays as cut:
    half a word costs less than half a text.
    """
    pair = pl.DataFrame({"cut": cut, "next": _following(texts, cut)})
    words = pl.col("cut").str.extract(r"(?s)^(.*)\s\S*$")
    fair = words.str.len_bytes() * 2 >= pl.col("cut").str.len_bytes()
    inside = pl.col("next").str.contains(r"\S")
    kept = pl.when(inside & fair).then(words).otherwise(pl.col("cut"))
    return pair.select(kept.str.strip_chars_end()).to_series()


CUTTERS: Mapping[Unit, Callable[[pl.Series, int], pl.Series]] = {
    "characters": lambda texts, length: texts.str.slice(0, length),
    "bytes": _cut_bytes,
}
SIZES: Mapping[Unit, Callable[[pl.Series], pl.Series]] = {
    "characters": lambda texts: texts.str.len_chars(),
    "bytes": lambda texts: texts.str.len_bytes(),
}
