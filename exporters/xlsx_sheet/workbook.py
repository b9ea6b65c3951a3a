"""A workbook on its way into a pipe: one sheet after another, what lists them last."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from typing import IO, Any

import polars as pl

from exporters.contract.writing import Sink, without_control_characters
from exporters.xlsx_sheet import parts
from exporters.xlsx_sheet.cells import header
from exporters.xlsx_sheet.options import XlsxOptions

#: Rows of a sheet, the header's included. Source: Excel specifications and limits.
MOST_ROWS = 1_048_576
#: A sheet's XML stays below the 2 GB up to which an archive needs no extension.
MOST_BYTES = 1_500_000_000

#: The earliest date that an archive can hold: a file names no time.
NO_TIME = (1980, 1, 1, 0, 0, 0)
UNIX = 3


class Pipe:
    """Where the archive goes: it can be written only, so its bytes do not depend on the target."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink

    def write(self, data: Any) -> int:
        """Take bytes."""
        self._sink.write(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Do nothing: nothing is held back."""


class Workbook:
    """Write sheets of rows; a sheet that is full is followed by the next."""

    def __init__(self, sink: Sink, options: XlsxOptions, names: Sequence[str]) -> None:
        method = zipfile.ZIP_DEFLATED if options.compress else zipfile.ZIP_STORED
        self._zip = zipfile.ZipFile(Pipe(sink), "w", method, compresslevel=1)  # type: ignore[call-overload]  # a pipe cannot be sought in, which zipfile is made for
        self._method = method
        self._name = options.sheet
        self._names = names
        self._sheets: list[int] = []
        self._stream: IO[bytes] | None = None
        self._bytes = 0
        self.widths: Sequence[int] = ()
        self.removed_characters = 0

    def room(self) -> int:
        """Return how many rows the sheet still takes, at least one: a full one is closed."""
        if self._stream is None or self._sheets[-1] >= MOST_ROWS or self._bytes > MOST_BYTES:
            self._open()
        return MOST_ROWS - self._sheets[-1]

    @property
    def next_row(self) -> int:
        """Return the number of the next row."""
        return self._sheets[-1] + 1

    def write(self, rows: pl.Series) -> None:
        """Write rows into the open sheet."""
        self._put("".join(rows.to_list()).encode())
        self._sheets[-1] += len(rows)

    def close(self) -> None:
        """Write what lists the sheets, and the archive's end."""
        self.room()
        self._end()
        counted = [(self._title(n), rows) for n, rows in enumerate(self._sheets)]
        self._part("xl/workbook.xml", parts.workbook(counted, len(self._names)))
        self._part("xl/_rels/workbook.xml.rels", parts.workbook_relations(len(counted)))
        self._part("xl/styles.xml", parts.styles())
        self._part("_rels/.rels", parts.RELATIONS)
        self._part("[Content_Types].xml", parts.content_types(len(counted)))
        self._zip.close()

    def _title(self, number: int) -> str:
        return f"{self._name} {number + 1}" if number else self._name

    def _open(self) -> None:
        self._end()
        number = len(self._sheets)
        info = self._info(f"xl/worksheets/sheet{number + 1}.xml")
        self._stream = self._zip.open(info, "w")
        self._sheets.append(0)
        self._bytes = 0
        self._put(parts.sheet_head(self.widths, first=not number).encode())
        if self._names:
            self._put(header(self._names).encode())
        self._sheets[-1] = 1

    def _put(self, data: bytes) -> None:
        clean = without_control_characters(data)
        self.removed_characters += len(data) - len(clean)
        self._bytes += len(clean)
        if self._stream is not None:
            self._stream.write(clean)

    def _end(self) -> None:
        if self._stream is not None:
            self._put(parts.sheet_tail(len(self._names), self._sheets[-1]).encode())
            self._stream.close()
            self._stream = None

    def _part(self, name: str, text: str) -> None:
        self._zip.writestr(self._info(name), text)

    def _info(self, name: str) -> zipfile.ZipInfo:
        info = zipfile.ZipInfo(name, NO_TIME)
        info.compress_type = self._method
        info.create_system = UNIX
        info.external_attr = 0o644 << 16
        return info
