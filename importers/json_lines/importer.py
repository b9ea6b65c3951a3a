"""Open a file of JSON lines: its columns first, which may stand in any line, then its rows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl

from importers.contract import (
    ROW,
    Batch,
    Importer,
    Limits,
    ReadOptions,
    RowProblem,
    Sheet,
    header_of,
)
from importers.json_lines.lines import Line, read_line
from pim.errors import Refused


class JsonLinesImporter(Importer):
    """One JSON object per line, UTF-8; a key that a line does not have is a cell that is not there.

    Rows count as lines do, from 1: there is no header.
    """

    code = "json_lines"
    label = "JSON lines"
    suffixes = (".jsonl", ".ndjson")

    @contextmanager
    def open(self, path: Path, options: ReadOptions) -> Iterator[Sheet]:
        """Open a file of JSON lines; see `Importer.open`."""
        if path.stat().st_size == 0:
            raise Refused(f"{path.name}: the file is empty.")
        names, total = _names(path, options.limits)
        header = header_of(names, name=path.name, limits=options.limits)
        yield Sheet(
            header=header,
            dialect={"encoding": "utf-8"},
            batches=_batches(path, header, options),
            total=total,
        )


def _lines(path: Path, limits: Limits) -> Iterator[Line]:
    """Yield the lines that say anything."""
    with path.open("rb") as file:
        for row, raw in enumerate(file, start=1):
            text = raw.removeprefix(b"\xef\xbb\xbf") if row == 1 else raw
            if text.strip():
                yield read_line(text, row, limits)


def _names(path: Path, limits: Limits) -> tuple[list[str], int]:
    """Return every key of the file in the order of appearance, and how many lines say anything."""
    names: dict[str, None] = {}
    total = 0
    for line in _lines(path, limits):
        names.update(dict.fromkeys(name.strip() for name in line.cells))
        total += 1
    return list(names), total


def _batches(path: Path, header: tuple[str, ...], options: ReadOptions) -> Iterator[Batch]:
    lines: list[Line] = []
    for line in _lines(path, options.limits):
        lines.append(line)
        if len(lines) == options.batch_rows:
            yield _batch(lines, header)
            lines = []
    if lines:
        yield _batch(lines, header)


def _batch(lines: list[Line], header: tuple[str, ...]) -> Batch:
    good = [line for line in lines if line.violation is None and any(line.cells.values())]
    named = [{name.strip(): cell for name, cell in line.cells.items()} for line in good]
    columns = [
        pl.Series(name, [cells.get(name) for cells in named], dtype=pl.String) for name in header
    ]
    rows = pl.Series(ROW, [line.row for line in good], dtype=pl.UInt32)
    return Batch(
        frame=pl.DataFrame([*columns, rows]),
        problems=[
            RowProblem(row=line.row, raw=(line.raw,), violation=line.violation)
            for line in lines
            if line.violation is not None
        ],
    )
