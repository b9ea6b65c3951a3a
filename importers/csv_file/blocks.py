"""Text is cut into blocks of whole records, so that each can be parsed at once.

A line end inside quotes is no end of a record. Where every quote stands where it may (at the
border of a cell, or doubled inside quotes), counting quotes tells inside from outside exactly:
by induction, the first quote opens a cell, the next one closes it or is half of a doubled one, and
so on. Where one stands elsewhere (5" pipe), counting would mislead, and the rest of the file is
read letter by letter instead.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

NEWLINE, RETURN = 10, 13
# A quote still open after so many bytes was never meant to be one.
LONGEST_BLOCK = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Block:
    """Whole records in UTF-8, how many, and the number of the first one."""

    data: bytes
    records: int


@dataclass(frozen=True, slots=True)
class Rest:
    """All that is left, when records cannot be told apart by counting."""

    chunks: Iterator[bytes]


def blocks(chunks: Iterable[bytes], *, separator: str, quote: str | None) -> Iterator[Block | Rest]:
    """Yield blocks of whole records, at most one Rest at the end."""
    source = iter(chunks)
    pending = b""
    for chunk in source:
        data = pending + chunk
        found = _cut(data, separator, quote)
        if found is None or (found[0] == 0 and len(data) > LONGEST_BLOCK):
            yield Rest(chain((data,), source))
            return
        end, records = found
        if end:
            yield Block(data[:end], records)
        pending = data[end:]
    if pending:
        yield from _last(pending, separator, quote)


def _last(data: bytes, separator: str, quote: str | None) -> Iterator[Block | Rest]:
    """Yield what stands after the last line end as a record of its own, or as Rest."""
    found = _cut(data + b"\n", separator, quote)
    if found is None or found[0] != len(data) + 1:
        yield Rest(iter((data,)))
    else:
        yield Block(data + b"\n", found[1])


def _cut(data: bytes, separator: str, quote: str | None) -> tuple[int, int] | None:
    """Return where the last whole record ends and how many there are; None if quotes mislead."""
    if quote is None or quote.encode() not in data:
        return data.rfind(b"\n") + 1, data.count(b"\n")
    letters = np.frombuffer(data, dtype=np.uint8)
    quotes = np.flatnonzero(letters == ord(quote))
    ends = np.flatnonzero(letters == NEWLINE)
    outside = ends[np.searchsorted(quotes, ends) % 2 == 0]
    if not outside.size:
        return 0, 0
    end = int(outside[-1]) + 1
    before = quotes[: np.searchsorted(quotes, end)]
    return (end, int(outside.size)) if _in_place(letters, before, separator, quote) else None


def _in_place(
    letters: NDArray[np.uint8], quotes: NDArray[np.intp], separator: str, quote: str
) -> bool:
    """Tell whether each opening quote begins a cell and each closing one ends it."""
    borders = np.array([ord(separator), NEWLINE, RETURN, ord(quote)], dtype=np.uint8)
    opening, closing = quotes[0::2], quotes[1::2]
    begins = (opening == 0) | np.isin(letters[opening - 1], borders)
    return bool(begins.all() and np.isin(letters[closing + 1], borders).all())
