"""The exporter: any columns in mapping order, typed as the options say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain
from typing import BinaryIO

import polars as pl

from exporters.contract import (
    Capabilities,
    Exporter,
    Kind,
    Requirement,
    Requirements,
    WriteContext,
    Written,
)
from exporters.contract.writing import Sink, check_removed, is_list, open_frames
from exporters.xlsx_sheet.cells import Cells
from exporters.xlsx_sheet.options import XlsxOptions
from exporters.xlsx_sheet.workbook import MOST_ROWS, Workbook

#: Rows that are turned into text at once.
PIECE = 10_000

#: Widths are those of the first rows, within these limits.
MEASURED = 100
NARROW, WIDE = 8, 60


class XlsxSheet(Exporter):
    """Write a workbook: what the mapping names is what the sheet holds, with typed cells.

    A delta has one more column at the end that says `upsert` or `delete`; a removed item's row
    holds nothing but its id and that word.
    """

    code = "xlsx_sheet"
    label = "Workbook (XLSX), any columns"
    options = XlsxOptions
    capabilities = Capabilities(absent="replace_all", delta="upsert_and_delete")

    def limits(self, options: XlsxOptions) -> Capabilities:
        """Return the capabilities; one sheet holds 1,048,575 items."""
        if options.overflow == "split":
            return self.capabilities
        return replace(self.capabilities, max_items=MOST_ROWS - 1)

    def file_name(self, options: XlsxOptions) -> str:
        """Return the name of the file."""
        return f"{options.name}.xlsx"

    def media_type(self, options: XlsxOptions) -> str:
        """Return the media type of the file."""
        return "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

    def item_id(self, options: XlsxOptions) -> str:
        """Return the column that the options name."""
        return options.item_id

    def targets(self, options: XlsxOptions) -> tuple[str, ...]:
        """Return nothing: any column will do."""
        return ()

    def requirements(self, options: XlsxOptions) -> Requirements:
        """Return a key for every item, and numbers and dates where they were promised."""
        key = Requirement(target=options.item_id, need="required", unique=True)
        numbers = [
            Requirement(target=n, kind="number", severity="warning") for n in options.numbers
        ]
        dates = [Requirement(target=n, kind="date", severity="warning") for n in options.dates]
        return Requirements((key, *numbers, *(d for d in dates if d.target != key.target)))

    def write(
        self,
        frames: Iterable[pl.DataFrame],
        out: BinaryIO,
        options: XlsxOptions,
        *,
        context: WriteContext,
        delta: bool = False,
        removed: Iterable[str] = (),
    ) -> Written:
        """Write a header, the items and, in a delta, the removed ones, sheet after sheet."""
        gone = check_removed(removed, delta=delta)
        schema, items = open_frames(frames, context)
        action = options.action_column if delta else None
        shown = pl.Schema({**schema, **({action: pl.String()} if action else {})})
        sink, cells = Sink(out), Cells(shown, options)
        book = Workbook(sink, options, list(shown))
        marked = (_marked(frame, action, options.upsert_value) for frame in items)
        first, rest = _measured(marked)
        book.widths = _widths(first, cells, shown)
        for frame in chain(first, rest):
            sink.note("ambiguous_lists", _ambiguous(frame, options))
            _fill(book, frame, cells, sink)
            sink.items += frame.height
        for batch in gone:
            _fill(book, _removals(batch, shown, options), cells, sink)
            sink.removed += len(batch)
        book.close()
        sink.note("removed_characters", book.removed_characters)
        return sink.close()


def _typed(target: str, kind: Kind) -> Requirement:
    """Return the demand of a typed column; what does not fit is written as text."""
    return Requirement(target=target, kind=kind, severity="warning")


def _fill(book: Workbook, frame: pl.DataFrame, cells: Cells, sink: Sink) -> None:
    """Write a frame in pieces that fit into the sheets."""
    at = 0
    while at < frame.height:
        piece = frame.slice(at, min(PIECE, book.room()))
        texts = cells.texts(piece)
        sink.note("shortened_cells", cells.shortened(texts))
        book.write(cells.rows(texts, book.next_row))
        at += piece.height


def _marked(frame: pl.DataFrame, action: str | None, word: str) -> pl.DataFrame:
    return frame if action is None else frame.with_columns(pl.lit(word).alias(action))


def _removals(ids: pl.Series, schema: pl.Schema, options: XlsxOptions) -> pl.DataFrame:
    if options.item_id not in schema:
        raise ValueError(f"a removal needs the column {options.item_id}, which is not mapped")
    frame = pl.DataFrame({options.item_id: ids})
    absent = [pl.lit(None, dtype).alias(n) for n, dtype in schema.items() if n != options.item_id]
    word = pl.lit(options.delete_value).alias(options.action_column)
    return frame.with_columns(absent).with_columns(word).select(list(schema))


def _measured(
    frames: Iterator[pl.DataFrame],
) -> tuple[list[pl.DataFrame], Iterator[pl.DataFrame]]:
    """Return the frames of the first rows, and the rest."""
    first: list[pl.DataFrame] = []
    while sum(frame.height for frame in first) < MEASURED:
        frame = next(frames, None)
        if frame is None:
            break
        first.append(frame)
    return first, frames


def _widths(frames: Sequence[pl.DataFrame], cells: Cells, schema: pl.Schema) -> list[int]:
    """Return how wide each column is, in characters: as its name or its first values want."""
    widths = [len(name) + 4 for name in schema]  # room for the filter's button
    if frames:
        texts = cells.texts(pl.concat(frames).head(MEASURED))
        longest = texts.select(pl.all().str.len_chars().max().fill_null(0)).row(0)
        widths = [max(pair) for pair in zip(widths, (size + 1 for size in longest), strict=True)]
    return [min(max(width, NARROW), WIDE) for width in widths]


def _ambiguous(frame: pl.DataFrame, options: XlsxOptions) -> int:
    """Count lists with a value that holds the list separator: nobody can take them apart."""
    holds = pl.element().str.contains(options.list_separator, literal=True).any()
    lists = [name for name in frame.columns if is_list(frame.schema, name)]
    found = [pl.col(name).list.eval(holds).list.first().sum() for name in lists]
    return sum(frame.select(found).row(0)) if found else 0
