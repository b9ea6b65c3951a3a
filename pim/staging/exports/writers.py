"""Flat rows to files: CSV, XLSX and JSON lines, streamed, and whole or not there."""

from __future__ import annotations

import csv
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
import xlsxwriter

from pim.errors import Refused
from pim.staging.formulas import guarded_cell

XLSX_ROWS = 1_048_575
XLSX_CELL = 32_767


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

    def __init__(self, path: Path, header: Sequence[str]) -> None:
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

    def __init__(self, path: Path, header: Sequence[str]) -> None:
        self._book = xlsxwriter.Workbook(str(path), {"constant_memory": True})
        self._sheet = self._book.add_worksheet()
        self._next = 0
        self.row(header)
        self._sheet.freeze_panes(1, 1)

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

    def __init__(self, path: Path, header: Sequence[str]) -> None:
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
    path: Path, file_format: str, header: Sequence[str], rows: Iterable[Sequence[str]]
) -> int:
    """Write a file beside its final name and move it there when it is whole; return the rows."""
    count = 0
    with _aside(path) as temporary:
        writer: RowWriter = WRITERS[file_format](temporary, header)
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
