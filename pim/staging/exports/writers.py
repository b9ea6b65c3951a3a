"""Flat rows to files: CSV, XLSX and JSON lines, streamed, and whole or not there."""

from __future__ import annotations

import csv
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import xlsxwriter

from pim.errors import Refused
from pim.staging.formulas import guarded_cell

XLSX_ROWS = 1_048_575
XLSX_CELL = 32_767

#: What a protected sheet still lets people do.
ALLOWED = (
    "format_cells", "format_columns", "format_rows", "insert_rows", "delete_rows", "sort",
    "autofilter",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Layout:
    """What a workbook that comes back needs: columns that nobody may edit, columns of numbers.

    Of the others every cell is formatted as text, so that typed barcodes and dates stay as typed.
    """

    kept: frozenset[str]
    numbers: frozenset[str]


class RowWriter(ABC):
    """Write rows of texts under a header."""

    @abstractmethod
    def row(self, cells: Sequence[str]) -> None:
        """Write one row, cells in the order of the header."""

    @abstractmethod
    def close(self) -> None:
        """Finish the file."""


class CsvWriter(RowWriter):
    """UTF-8, separated by semicolons as in the field's files; no cell is a formula."""

    def __init__(self, path: Path, header: Sequence[str], _layout: Layout | None = None) -> None:
        self._file = path.open("w", encoding="utf-8", newline="")
        self._writer = csv.writer(self._file, delimiter=";", lineterminator="\n")
        # The usual way of quoting forgets that a carriage return also ends a line.
        self._careful = csv.writer(
            self._file, delimiter=";", lineterminator="\n", quoting=csv.QUOTE_ALL
        )
        self.row(header)

    def row(self, cells: Sequence[str]) -> None:
        """Write one row."""
        cells = [guarded_cell(cell) for cell in cells]
        broken = any("\r" in cell for cell in cells)
        (self._careful if broken else self._writer).writerow(cells)

    def close(self) -> None:
        """Finish the file."""
        self._file.close()


class XlsxWriter(RowWriter):
    """One sheet of text cells: identifiers keep their zeros, nothing becomes a formula."""

    def __init__(self, path: Path, header: Sequence[str], layout: Layout | None = None) -> None:
        self._book = xlsxwriter.Workbook(str(path), {"constant_memory": True})
        self._sheet = self._book.add_worksheet()
        self._next = 0
        if layout:
            self._protect(header, layout)
        self.row(header)
        self._sheet.freeze_panes(1, 1)

    def _protect(self, header: Sequence[str], layout: Layout) -> None:
        """Hide and lock what must come back as it is; everything else can be edited."""
        number = self._book.add_format({"locked": False})
        words = self._book.add_format({"locked": False, "num_format": "@"})
        last = self._sheet.xls_colmax - 1
        self._sheet.set_column(len(header), last, None, words)
        for column, name in enumerate(header):
            if name in layout.kept:
                self._sheet.set_column(column, column, None, None, {"hidden": True})
            else:
                chosen = number if name in layout.numbers else words
                self._sheet.set_column(column, column, None, chosen)
        self._sheet.protect("", dict.fromkeys(ALLOWED, True))

    def row(self, cells: Sequence[str]) -> None:
        """Write one row; raises Refused past the rows and characters that a sheet can hold."""
        if self._next > XLSX_ROWS:
            raise Refused(f"A sheet holds {XLSX_ROWS} rows: narrow the export, or choose CSV.")
        for column, cell in enumerate(cells):
            if len(cell) > XLSX_CELL:
                raise Refused(
                    f"A cell of a sheet holds {XLSX_CELL} characters, and a text in row"
                    f" {self._next + 1} has {len(cell)}: choose CSV."
                )
            if cell:
                self._sheet.write_string(self._next, column, cell)
        self._next += 1

    def close(self) -> None:
        """Finish the file."""
        self._book.close()


class JsonLinesWriter(RowWriter):
    """One object per row, keyed by the header; empty cells are left out."""

    def __init__(self, path: Path, header: Sequence[str], _layout: Layout | None = None) -> None:
        self._file = path.open("wb")
        self._header = header

    def row(self, cells: Sequence[str]) -> None:
        """Write one row."""
        named = {n: c for n, c in zip(self._header, cells, strict=True) if c}
        self._file.write(orjson.dumps(named) + b"\n")

    def close(self) -> None:
        """Finish the file."""
        self._file.close()


WRITERS: dict[str, Any] = {"csv": CsvWriter, "xlsx": XlsxWriter, "jsonl": JsonLinesWriter}


def write_rows(
    path: Path,
    file_format: str,
    header: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    layout: Layout | None = None,
) -> int:
    """Write a file beside its final name and move it there when it is whole; return the rows."""
    count = 0
    with _aside(path) as temporary:
        writer: RowWriter = WRITERS[file_format](temporary, header, layout)
        try:
            for cells in rows:
                writer.row(cells)
                count += 1
        finally:
            writer.close()
    return count


@contextmanager
def _aside(path: Path) -> Iterator[Path]:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.part")
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
