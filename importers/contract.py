"""What every import format is: a file becomes frames of text, row by row accounted for.

A format never interprets: cells arrive as a person typed them, and the catalogue's own types judge
them later. It knows no database and no catalogue. Formats are found through the entry point group
`pim.importers`; the built-in ones come through the same door as a stranger's.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from typing import ClassVar

import polars as pl

from pim.domain.violations import Violation
from pim.errors import Refused

ROW = "__row__"
GROUP = "pim.importers"


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Bounds beyond which a file is refused, in rows, columns, characters, bytes and seconds.

    `memory` and `seconds` bound the child process that parses a workbook; `seconds` is its time
    on the processor, and it may take ten times that by the clock.
    """

    columns: int = 16_384
    cell_characters: int = 4_000_000
    unpacked_bytes: int = 4 * 1024**3
    archive_entries: int = 10_000
    memory: int = 2 * 1024**3
    seconds: int = 600


@dataclass(frozen=True, kw_only=True)
class ReadOptions:
    """How to read a file; None means: find out, and say so in the sheet's dialect.

    `decimal` is the sign that numbers of a workbook are written with, so that they read like the
    texts beside them; its dates are always ISO 8601.
    A `quote` of None means that nothing is quoted.
    """

    encoding: str | None = None
    separator: str | None = None
    quote: str | None = '"'
    sheet: str | None = None
    decimal: str = "."
    batch_rows: int = 10_000
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True, kw_only=True, slots=True)
class RowProblem:
    """A row that could not be read as cells under the header, or (a warning) not quite.

    `row` counts as a person sees it, the header being row 1; `raw` is what stood there, as far as
    it could be told apart.
    """

    row: int
    raw: tuple[str, ...]
    violation: Violation


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Some rows of a sheet.

    `frame` has a text column per header, plus `__row__` (UInt32): the row as a person sees it, the
    header being row 1. An empty cell is "", a cell that the sheet does not have is null.
    `problems` are rows that are not in the frame, and warnings about rows that are. Rows without
    any content appear in neither.
    """

    frame: pl.DataFrame
    problems: list[RowProblem] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """An open sheet: its header and its rows, to be read once, in order.

    `dialect` says how it is read (encoding, separator, quote, sheet) and `guessed` which of these
    nobody named: both are shown to people. `total` is about how many rows there are, for progress.
    """

    header: tuple[str, ...]
    dialect: Mapping[str, str]
    batches: Iterator[Batch]
    guessed: frozenset[str] = frozenset()
    total: int | None = None


class Importer(ABC):
    """A file format that can be read.

    `code` names it in documents, `label` for people; `suffixes` are lower case, with the dot.
    """

    code: ClassVar[str]
    label: ClassVar[str]
    suffixes: ClassVar[tuple[str, ...]]

    @abstractmethod
    def open(self, path: Path, options: ReadOptions) -> AbstractContextManager[Sheet]:
        """Open a file for reading at constant memory.

        Raises Refused, in words for people, when the file as a whole cannot be read: here if it
        shows in time, else while the batches are read.
        """


@cache
def load_importers() -> Mapping[str, Importer]:
    """Return every installed format by its code."""
    formats = (entry.load()() for entry in entry_points(group=GROUP))
    return {each.code: each for each in sorted(formats, key=lambda one: one.code)}


def importer_for(path: Path) -> Importer:
    """Return the format of a file, told by its suffix; raises Refused when none reads it."""
    suffix = path.suffix.lower()
    for each in load_importers().values():
        if suffix in each.suffixes:
            return each
    known = ", ".join(suffix for each in load_importers().values() for suffix in each.suffixes)
    raise Refused(f"{path.name}: no importer reads {suffix or 'files without a suffix'} ({known}).")


def header_of(cells: Iterable[str], *, name: str, limits: Limits) -> tuple[str, ...]:
    """Return the header's names, trimmed, without nameless columns at its end.

    Raises Refused naming every column that is nameless, repeated or reserved.
    """
    names = [cell.strip() for cell in cells]
    while names and not names[-1]:
        names.pop()
    found = [
        Violation(code=code, path=path, message=text, mend=mend, parameters={"name": path})
        for code, path, text, mend in _reasons_against(names, limits)
    ]
    if found:
        reasons = " ".join(each.text for each in found)
        raise Refused(f"{name}: the header (row 1) cannot be used. {reasons}", found)
    return tuple(names)


def text_bytes(frame: pl.DataFrame) -> int:
    """Return how many bytes of text a frame holds."""
    sizes = frame.select(pl.col(pl.String).str.len_bytes().sum())
    return int(sizes.sum_horizontal().sum()) if sizes.width else 0


def _reasons_against(names: list[str], limits: Limits) -> Iterator[tuple[str, str, str, str]]:
    if not names:
        yield "header_missing", "", "There is no header.", "Name the columns in the first row."
    if len(names) > limits.columns:
        text = f"There are {len(names)} columns, more than {limits.columns}."
        yield "too_many_columns", "", text, "Split the file."
    places: dict[str, list[int]] = {}
    for position, name in enumerate(names, start=1):
        places.setdefault(name, []).append(position)
    for name, at in places.items():
        columns = ", ".join(map(str, at))
        if not name:
            yield "header_empty", "", f"No name over column {columns}.", "Name it or remove it."
        elif name == ROW:
            yield "header_reserved", name, "The name {name} is reserved.", "Rename the column."
        elif len(at) > 1:
            text = "The name {name} stands over the columns " + columns + "."
            yield "header_repeated", name, text, "Keep one of them or rename the others."
