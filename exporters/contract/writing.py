"""Tools of exporters: frames in, counted bytes out, without a loop over items."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import Any, BinaryIO

import polars as pl
import pyarrow as pa

from exporters.contract.exporter import WriteContext, Written
from exporters.contract.runs import Told

REMOVED_BATCH = 10_000

# Bytes below U+0020 that XML 1.0 forbids; in UTF-8 none of them is part of another character.
_ALLOWED = (9, 10, 13)
_FORBIDDEN = bytes(code for code in range(32) if code not in _ALLOWED)
_NONCHARACTERS = (b"\xef\xbf\xbe", b"\xef\xbf\xbf")

#: What `str.replace_many` needs to remove every character that XML 1.0 forbids.
WITHOUT_CONTROL_CHARACTERS = {
    **{chr(code): "" for code in _FORBIDDEN},
    "\ufffe": "",
    "\uffff": "",
}


class Sink:
    """Count what goes into a file."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self._bytes = 0
        self.items = 0
        self.removed = 0
        self.notes: dict[str, int] = {}

    def write(self, data: bytes | memoryview) -> None:
        """Write bytes and count them."""
        self._out.write(data)
        self._bytes += len(data)

    def note(self, name: str, count: int) -> None:
        """Add to a note, unless there is nothing to say."""
        if count:
            self.notes[name] = self.notes.get(name, 0) + count

    def close(self) -> Written:
        """Return the counts; the file itself belongs to the caller."""
        return Written(
            items=self.items,
            bytes=self._bytes,
            removed=self.removed,
            notes=dict(self.notes),
        )


def open_frames(
    frames: Iterable[pl.DataFrame], context: WriteContext
) -> tuple[pl.Schema, Iterator[pl.DataFrame]]:
    """Return the columns of a file and its frames; without a frame, the context's targets.

    Raises ValueError if a frame's columns or types differ from the first one's.
    """
    rest = iter(frames)
    first = next(rest, None)
    if first is None:
        return pl.Schema(dict.fromkeys(context.targets, pl.String)), iter(())
    return first.schema, _same(first.schema, chain([first], rest))


def _same(schema: pl.Schema, frames: Iterable[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    for frame in frames:
        if frame.schema != schema:
            raise ValueError(f"frames differ: {frame.schema} after {schema}")
        yield frame


def check_removed(removed: Iterable[str], *, delta: bool) -> Iterator[pl.Series]:
    """Return removed ids in batches; raise ValueError if there are some without `delta`."""
    batches = (pl.Series(batch, dtype=pl.String) for batch in _batches(removed))
    first = next(batches, None)
    if first is None:
        return iter(())
    if not delta:
        raise ValueError("removed items belong into a delta; a whole file just leaves them out")
    return chain([first], batches)


def _batches(ids: Iterable[str]) -> Iterator[Sequence[str]]:
    rest = iter(ids)
    while batch := tuple(islice(rest, REMOVED_BATCH)):
        yield batch


def present(column: str) -> pl.Expr:
    """Return a text column in which empty text is absent too."""
    return pl.col(column).replace("", None)


def present_list(column: str) -> pl.Expr:
    """Return a list column without absent or empty elements."""
    return pl.col(column).list.eval(pl.element().filter(pl.element() != ""))  # null is dropped too


def is_list(schema: pl.Schema, column: str) -> bool:
    """Say whether a column holds lists."""
    return isinstance(schema[column], pl.List)


def joined(frame: pl.DataFrame, parts: Sequence[pl.Expr]) -> memoryview:
    """Return all parts of all rows as UTF-8, one after another; null adds nothing.

    The fast way to write rows: parts of neighbouring rows that are equal are made once, and the
    bytes are those of the column, not copied again. Each part looks at each row by itself; the
    last one is the end of a line.
    """
    text = Told(frame).joined(parts).to_arrow(compat_level=pl.CompatLevel.oldest())
    _, offsets, data = text.buffers()
    if data is None or not len(text):
        return memoryview(b"")
    ends = memoryview(offsets).cast("q")
    return memoryview(data)[ends[text.offset] : ends[text.offset + len(text)]]


def lines(frame: pl.DataFrame, line: pl.Expr) -> bytes:
    """Return one text per row, each followed by a line feed, as UTF-8."""
    return table(frame.select(line), quote_style="never")


def table(frame: pl.DataFrame, **how: Any) -> bytes:
    """Return separated text as UTF-8, without a header unless asked; see `write_csv` for `how`."""
    buffer = io.BytesIO()
    frame.write_csv(buffer, **{"include_header": False, **how})
    return buffer.getvalue()


def without_control_characters(data: bytes) -> bytes:
    """Remove from UTF-8 what XML 1.0 forbids."""
    clean = data.translate(None, _FORBIDDEN) if _has_forbidden(data) else data
    if _NONCHARACTERS[0][:1] in clean:
        for noncharacter in _NONCHARACTERS:
            clean = clean.replace(noncharacter, b"")
    return clean


def _has_forbidden(data: bytes) -> bool:
    """Tell whether any byte is forbidden, by counting: far faster than looking byte by byte."""
    column = pa.Array.from_buffers(pa.uint8(), len(data), [None, pa.py_buffer(data)])
    bytes_ = pl.from_arrow(column)
    assert isinstance(bytes_, pl.Series)
    return bool((bytes_ < 32).sum() != sum(data.count(byte) for byte in _ALLOWED))
