"""Which row a file's name means: without regard to case, with any separators or none.

A name can be read in several ways when separators are missing (41-1 and 4-11). Readings that keep
the pattern's own separators win, then those that take a run of digits whole; if several rows are
left, the file is ambiguous.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from pim.domain.file_patterns import FilePattern, Literal_, Number, Placeholder

#: Stands for the number in keys; no name has it.
MARK: Final = "\0"
_DIGITS: Final = re.compile(r"[0-9]+")
LONGEST_NUMBER: Final = 6

_CANDIDATES: Final = {
    "file": pl.Int64, "number": pl.Int64, "before": pl.String, "after": pl.String,
    "whole": pl.Boolean,
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Matched:
    """What became of files, by their position.

    `files` has file, owner and number; `ambiguous` file and owners; `unmatched` positions.
    """

    files: pl.DataFrame
    ambiguous: pl.DataFrame
    unmatched: list[int]


def match(names: Sequence[str], pattern: FilePattern, rows: pl.DataFrame) -> Matched:
    """Return which owners files belong to.

    `rows` has `owner` and a text column for each placeholder; rows that lack one have no files.
    """
    read = _read(names, pattern).with_columns(
        strict=_joined(pl.col("before"), pl.col("after"), plain=False, pattern=pattern),
        loose=_joined(pl.col("before"), pl.col("after"), plain=True, pattern=pattern),
    )
    found = read.join(_keys(pattern, rows), on="loose")
    rank = (
        pl.when(pl.col("strict") == pl.col("strict_right")).then(0).when("whole").then(1)
        .otherwise(2).alias("rank")
    )  # fmt: skip
    ranked = found.with_columns(rank)
    best = ranked.filter(pl.col("rank") == pl.col("rank").min().over("file"))
    each = best.group_by("file", maintain_order=True).agg(
        pl.col("owner").unique().sort().alias("owners"), pl.col("number").first()
    )
    sure = pl.col("owners").list.len() == 1
    met = set(each["file"])
    return Matched(
        files=each.filter(sure).select(
            "file", pl.col("owners").list.first().alias("owner"), "number"
        ),
        ambiguous=each.filter(~sure).select("file", "owners"),
        unmatched=[number for number in range(len(names)) if number not in met],
    )


def _read(names: Sequence[str], pattern: FilePattern) -> pl.DataFrame:
    """Return every way to read the names: what stands before and after which number."""
    readings = (
        (number, *reading)
        for number, name in enumerate(names)
        if (stem := pattern.stem(name)) is not None
        for reading in _readings(stem, numbered=pattern.numbered)
    )
    return pl.DataFrame(list(readings), schema=_CANDIDATES, orient="row")


def _readings(stem: str, *, numbered: bool) -> Iterator[tuple[int | None, str, str | None, bool]]:
    if not numbered:
        yield None, stem, None, True
        return
    for run in _DIGITS.finditer(stem):
        for start in range(run.start(), run.end()):
            for end in range(start + 1, min(run.end(), start + LONGEST_NUMBER) + 1):
                whole = (start, end) == run.span()
                yield int(stem[start:end]), stem[:start], stem[end:], whole


def _keys(pattern: FilePattern, rows: pl.DataFrame) -> pl.DataFrame:
    """Return owner, strict and loose of rows: the pattern filled in, its number a mark."""
    place = next((n for n, p in enumerate(pattern.parts) if isinstance(p, Number)), None)
    before = _filled(pattern.parts[:place])
    after = _filled(pattern.parts[place + 1 :]) if place is not None else pl.lit(None, pl.String)
    filled = rows.drop_nulls([*pattern.placeholders, "owner"]).select(
        "owner", before.alias("before"), after.alias("after")
    )
    keys = filled.select(
        "owner",
        strict=_joined(pl.col("before"), pl.col("after"), plain=False, pattern=pattern),
        loose=_joined(pl.col("before"), pl.col("after"), plain=True, pattern=pattern),
    )
    return keys.unique(maintain_order=True)


def _filled(parts: Sequence[object]) -> pl.Expr:
    pieces = [
        pl.lit(part.text) if isinstance(part, Literal_) else pl.col(part.name)
        for part in parts
        if isinstance(part, Literal_ | Placeholder)
    ]
    return pl.concat_str(pieces) if pieces else pl.lit("")


def _joined(before: pl.Expr, after: pl.Expr, *, plain: bool, pattern: FilePattern) -> pl.Expr:
    """Return both sides of the number as one key, with a mark between them."""
    sides = (before, after) if pattern.numbered else (before,)
    return pl.concat_str([_folded(side, plain=plain) for side in sides], separator=MARK)


def _folded(text: pl.Expr, *, plain: bool) -> pl.Expr:
    """Return text as it is compared; `plain` without separators and other signs."""
    folded = text.str.normalize("NFKC").str.to_lowercase()
    return folded.str.replace_all(r"[^\p{L}\p{N}]+", "") if plain else folded
