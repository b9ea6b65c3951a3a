"""Blocks of records become frames: by Arrow where the text is clean, else letter by letter."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np
import polars as pl
import pyarrow as pa
from pyarrow import csv as arrow_csv

from importers.contract import ROW, Batch, Limits, RowProblem
from importers.csv_file.blocks import Block, Rest
from importers.csv_file.problems import (
    letters_problem,
    quotes_problem,
    short_problem,
    too_long_problem,
    width_problem,
)
from pim.domain.violations import Violation

UNREADABLE = re.compile("[\ud800-\udfff]+|\0")


@dataclass(kw_only=True)
class Parser:
    """Parse blocks in order, numbering records from `row` on.

    `header` names the columns; a record has `width` cells, of which those beyond the header stand
    under no name and must be empty.
    """

    header: tuple[str, ...]
    width: int
    separator: str
    quote: str | None
    encoding: str
    limits: Limits
    row: int = 2
    names: list[str] = field(init=False)

    def __post_init__(self) -> None:
        beyond = [f"__beyond_{n}__" for n in range(self.width - len(self.header))]
        self.names = [*self.header, *beyond]

    def parse(self, blocks: Iterable[Block | Rest]) -> Iterator[Batch]:
        """Yield a batch per block."""
        for block in blocks:
            if isinstance(block, Rest):
                yield from self._slow(_lines(block.chunks))
                return
            frame = self._fast(block)
            if frame is None:
                yield from self._slow(_lines(iter((block.data,))))
            else:
                self.row += block.records
                yield self._settled(frame, [])

    def _fast(self, block: Block) -> pl.DataFrame | None:
        """Return the block as a frame, or None if anything in it needs a closer look."""
        if b"\0" in block.data or not _is_utf8(block.data):
            return None
        try:
            table = arrow_csv.read_csv(
                pa.BufferReader(block.data),
                read_options=arrow_csv.ReadOptions(
                    column_names=self.names, block_size=len(block.data) + 1
                ),
                parse_options=arrow_csv.ParseOptions(
                    delimiter=self.separator,
                    quote_char=self.quote or False,
                    newlines_in_values=True,
                    ignore_empty_lines=False,
                ),
                convert_options=arrow_csv.ConvertOptions(
                    check_utf8=False,
                    column_types=dict.fromkeys(self.names, pa.string()),
                    strings_can_be_null=False,
                    null_values=[],
                ),
            )
        except pa.ArrowInvalid:
            return None
        if table.num_rows != block.records:
            return None
        frame = pl.from_arrow(table)
        assert isinstance(frame, pl.DataFrame)
        rows = np.arange(self.row, self.row + block.records, dtype=np.uint32)
        return None if self._has_long_cells(frame) else frame.with_columns(pl.Series(ROW, rows))

    def _has_long_cells(self, frame: pl.DataFrame) -> bool:
        longest = frame.select(pl.max_horizontal(pl.all().str.len_bytes().max())).item()
        return longest is not None and longest > self.limits.cell_characters

    def _slow(self, lines: Iterator[str]) -> Iterator[Batch]:
        """Yield batches of records read letter by letter."""
        rows: list[list[str | None]] = []
        numbers: list[int] = []
        problems: list[RowProblem] = []
        for number, cells, violation in self._records(lines):
            if violation:
                problems.append(RowProblem(row=number, raw=_shown(cells), violation=violation))
            if cells and (violation is None or violation.severity == "warning"):
                rows.append([*cells, *[None] * (self.width - len(cells))])
                numbers.append(number)
            if len(rows) + len(problems) >= 10_000:
                yield self._settled(self._frame(rows, numbers), problems)
                rows, numbers, problems = [], [], []
        yield self._settled(self._frame(rows, numbers), problems)

    def _records(self, lines: Iterator[str]) -> Iterator[tuple[int, list[str], Violation | None]]:
        seen = _Seen(lines)
        reader = csv.reader(
            seen,
            delimiter=self.separator,
            quotechar=self.quote,
            quoting=csv.QUOTE_MINIMAL if self.quote else csv.QUOTE_NONE,
            strict=True,
        )
        while True:
            seen.lines.clear()
            try:
                cells = next(reader)
                violation = self._against(cells)
            except StopIteration:
                return
            except csv.Error as error:
                cells, violation = [seen.only_first()], quotes_problem(str(error))
            yield self.row, cells, violation
            self.row += 1

    def _against(self, cells: list[str]) -> Violation | None:
        """Return what is wrong with a record, if anything."""
        if not cells:
            return None
        if len(cells) > self.width:
            return width_problem(len(cells), len(self.header), self.separator)
        for name, cell in zip(self.names, cells, strict=False):
            if len(cell) > self.limits.cell_characters:
                return too_long_problem(name, len(cell), self.limits.cell_characters)
            if UNREADABLE.search(cell):
                return letters_problem(name, self.encoding)
        if len(cells) < len(self.header) and any(cells):
            return short_problem(len(cells), len(self.header), self.separator)
        return None

    def _frame(self, rows: list[list[str | None]], numbers: list[int]) -> pl.DataFrame:
        columns = list(zip(*rows, strict=True)) or [()] * self.width
        series = [
            pl.Series(name, cells, dtype=pl.String)
            for name, cells in zip(self.names, columns, strict=True)
        ]
        return pl.DataFrame([*series, pl.Series(ROW, numbers, dtype=pl.UInt32)])

    def _settled(self, frame: pl.DataFrame, problems: list[RowProblem]) -> Batch:
        """Return the batch without rows that are all empty or have cells under no name."""
        frame = frame.rechunk()
        if frame.height and (frame.to_series(0) == "").any():
            frame = frame.filter(pl.any_horizontal(pl.col(self.names).fill_null("") != ""))
        beyond = self.names[len(self.header) :]
        if beyond:
            astray = frame.filter(pl.any_horizontal(pl.col(beyond).fill_null("") != ""))
            for *cells, number in astray.iter_rows():
                found = max(n for n, cell in enumerate(cells, start=1) if cell)
                violation = width_problem(found, len(self.header), self.separator)
                problems.append(RowProblem(row=number, raw=tuple(cells), violation=violation))
            frame = frame.filter(pl.all_horizontal(pl.col(beyond).fill_null("") == ""))
            frame = frame.drop(beyond)
        return Batch(frame=frame, problems=sorted(problems, key=lambda each: each.row))


class _Seen:
    """Lines on their way to the reader; those that a broken record swallowed come again."""

    def __init__(self, source: Iterator[str]) -> None:
        self.lines: list[str] = []
        self._source = source
        self._again: deque[str] = deque()

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else next(self._source)
        self.lines.append(line)
        return line

    def only_first(self) -> str:
        """Return the first line of the broken record and put the others back."""
        self._again.extendleft(reversed(self.lines[1:]))
        return self.lines[0].rstrip("\r\n")


def _lines(chunks: Iterator[bytes]) -> Iterator[str]:
    """Yield lines with their ends; bytes that are no text come as lone surrogates."""
    decoder = codecs.getincrementaldecoder("utf-8")(errors="surrogateescape")
    pending = ""
    for chunk in chunks:
        lines = io.StringIO(pending + decoder.decode(chunk), newline="").readlines()
        # A chunk may end between CR and LF: such a line is not whole yet.
        whole = bool(lines) and lines[-1].endswith("\n")
        pending = "" if whole or not lines else lines.pop()
        yield from lines
    yield from io.StringIO(pending + decoder.decode(b"", final=True), newline="")


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _shown(cells: list[str]) -> tuple[str, ...]:
    return tuple(UNREADABLE.sub("\ufffd", cell) for cell in cells)
