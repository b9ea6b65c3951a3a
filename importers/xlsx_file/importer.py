"""Open a workbook: the child reads, this side turns its frames into batches."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa

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
from importers.sandbox import Bounds, Frames, frames_from
from pim.domain.violations import Violation
from pim.errors import Refused

PROBLEMS: Mapping[str, tuple[str, str]] = {
    "cell_error": (
        "The cell {cell} holds the error {found}.",
        "Mend the formula, or type the value itself.",
    ),
    "cell_astray": (
        "The cell {cell} holds a text but stands under no column name.",
        "Name its column in the header row, or empty the cell.",
    ),
    "cell_too_long": (
        "The cell {cell} has {found} characters, more than {limit}.",
        "Shorten it.",
    ),
}


class XlsxImporter(Importer):
    """Workbooks in Office Open XML: one sheet of one workbook, formulas by their stored results."""

    code = "xlsx"
    label = "Excel"
    suffixes = (".xlsx", ".xlsm")

    @contextmanager
    def open(self, path: Path, options: ReadOptions) -> Iterator[Sheet]:
        """Open a sheet of a workbook; see `Importer.open`."""
        limits = options.limits
        bounds = Bounds(limits.memory, limits.seconds)
        request = _request(path, options)
        with frames_from(
            "importers.xlsx_file.child:frames", request, name=path.name, bounds=bounds
        ) as frames:
            opening = _opening(frames, path.name)
            header = header_of(opening["header"], name=path.name, limits=limits)
            yield Sheet(
                header=header,
                dialect={"sheet": opening["sheet"]},
                guessed=frozenset() if options.sheet else frozenset({"sheet"}),
                batches=_batches(frames, header, limits),
                total=opening["total"],
            )


def _request(path: Path, options: ReadOptions) -> dict[str, Any]:
    return {
        "path": str(path.absolute()),
        "sheet": options.sheet,
        "decimal": options.decimal,
        "batch_rows": options.batch_rows,
        "entries": options.limits.archive_entries,
        "unpacked": options.limits.unpacked_bytes,
        "cell_characters": options.limits.cell_characters,
    }


def _opening(frames: Frames, name: str) -> dict[str, Any]:
    kind, body = next(frames, (b"", b""))
    if kind != b"H":
        raise Refused(f"{name}: the workbook could not be opened.")
    opening: dict[str, Any] = json.loads(body)
    return opening


def _batches(frames: Frames, header: tuple[str, ...], limits: Limits) -> Iterator[Batch]:
    problems: list[RowProblem] = []
    for kind, body in frames:
        if kind == b"P":
            problems = [_problem(each, limits) for each in json.loads(body)["problems"]]
        else:
            frame = pl.from_arrow(pa.ipc.open_stream(body).read_all())
            assert isinstance(frame, pl.DataFrame)
            frame.columns = [*header, ROW]
            yield Batch(frame=frame, problems=problems)
            problems = []


def _problem(found: dict[str, Any], limits: Limits) -> RowProblem:
    message, mend = PROBLEMS[found["code"]]
    parameters = {
        "cell": found["cell"],
        "found": found["found"],
        "limit": limits.cell_characters,
    }
    violation = Violation(
        code=found["code"],
        path=found["column"],
        message=message,
        mend=mend,
        parameters=parameters,
        value=str(found["found"]),
    )
    return RowProblem(row=found["row"], raw=tuple(found["raw"]), violation=violation)
