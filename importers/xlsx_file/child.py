"""The child's side: a workbook becomes frames for the parent.

Frames: `H` the opening (JSON: header, sheet, total), `B` rows as an Arrow stream, `P` rows that
cannot be used (JSON). Nothing here may import Polars: it would cost half of the child's time.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from importers.xlsx_file.cells import Style, shows
from importers.xlsx_file.markup import elements, strings
from importers.xlsx_file.package import Bounds, Workbook, open_archive, workbook
from importers.xlsx_file.sheet import Row, column_letters, rows
from pim.errors import Refused

LAST_ROW = 1_048_576


def frames(request: Mapping[str, Any]) -> Iterator[tuple[bytes, bytes]]:
    """Yield the frames of one sheet."""
    bounds = Bounds(request["entries"], request["unpacked"])
    with open_archive(Path(request["path"]), bounds) as archive:
        book = workbook(archive)
        name, part = _sheet(book, request["sheet"])
        style = Style(request["decimal"], book.from_1904)
        source = rows(
            archive,
            part,
            strings=strings(archive, book.strings) if book.strings else [],
            shows=shows(archive, book.styles, style),
        )
        header = _header(source)
        yield b"H", _json(header=header, sheet=name, total=_total(book, part))
        yield from _batches(source, header, request)


def _sheet(book: Workbook, wanted: str | None) -> tuple[str, str]:
    """Return the name and part of the wanted sheet, or of the first one."""
    if wanted is None and book.sheets:
        return next(iter(book.sheets.items()))
    for name, part in book.sheets.items():
        if wanted is not None and name.casefold() == wanted.casefold():
            return name, part
    raise Refused(f'there is no sheet "{wanted}", only: {", ".join(book.sheets) or "none"}.')


def _header(source: Iterator[Row]) -> list[str]:
    """Return the texts of the first row that has any."""
    for row in source:
        filled = [column for column, text in row.cells.items() if text.strip()]
        if row.errors:
            column, error = next(iter(row.errors.items()))
            raise Refused(f"the header cell {column_letters(column)}{row.number} holds {error}.")
        if filled:
            if max(filled) >= 16_384:
                raise Refused("a cell of the header stands beyond column XFD.")
            return [row.cells.get(column, "") for column in range(max(filled) + 1)]
    raise Refused("the sheet is empty; its first row must name the columns.")


def _total(book: Workbook, part: str) -> int | None:
    """Return about how many rows the sheet says it has, if it says so credibly."""
    for tag, attributes in elements(book.archive, part):
        if tag == "dimension":
            last = re.search(r"[0-9]+$", attributes.get("ref", ""))
            rows_said = int(last[0]) - 1 if last else 0
            return rows_said if 0 < rows_said < LAST_ROW - 1 else None
        if tag == "sheetData":
            return None
    return None


def _batches(
    source: Iterator[Row], header: list[str], request: Mapping[str, Any]
) -> Iterator[tuple[bytes, bytes]]:
    table: list[list[str]] = []
    numbers: list[int] = []
    problems: list[dict[str, Any]] = []
    for row in source:
        cells = [row.cells.get(column, "") for column in range(len(header))]
        problem = _problem(row, header, request["cell_characters"])
        if problem:
            problems.append({"row": row.number, "raw": cells, **problem})
        elif any(cells):
            table.append(cells)
            numbers.append(row.number)
        if len(table) + len(problems) >= request["batch_rows"]:
            yield from _batch(table, numbers, problems, len(header))
            table, numbers, problems = [], [], []
    yield from _batch(table, numbers, problems, len(header))


def _problem(row: Row, header: list[str], longest: int) -> dict[str, Any] | None:
    """Return what keeps a row from being used, if anything."""
    for column, text in row.cells.items():
        place = f"{column_letters(column)}{row.number}"
        name = header[column] if column < len(header) else ""
        if column in row.errors:
            return {"code": "cell_error", "cell": place, "column": name, "found": text}
        if text and not name:
            return {"code": "cell_astray", "cell": place, "column": "", "found": text[:1000]}
        if len(text) > longest:
            return {"code": "cell_too_long", "cell": place, "column": name, "found": len(text)}
    return None


def _batch(
    table: list[list[str]], numbers: list[int], problems: list[dict[str, Any]], width: int
) -> Iterator[tuple[bytes, bytes]]:
    if problems:
        yield b"P", _json(problems=problems)
    if table or problems:
        columns = [pa.array(column, pa.string()) for column in zip(*table, strict=True)]
        columns = columns or [pa.array([], pa.string())] * width
        names = [str(position) for position in range(width)]
        batch = pa.record_batch([*columns, pa.array(numbers, pa.uint32())], [*names, "row"])
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, batch.schema) as writer:
            writer.write_batch(batch)
        yield b"B", sink.getvalue().to_pybytes()


def _json(**document: Any) -> bytes:
    return json.dumps(document).encode()
