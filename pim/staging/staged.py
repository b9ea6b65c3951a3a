"""Rows on their way in: a file's rows kept as segments in the run's folder.

A run that was interrupted reads them again from where it stopped, whatever became of the file.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import orjson
import polars as pl

from importers.contract import ROW, RowProblem, text_bytes

#: The file of a stage that tells what its segments are.
PLAN = "plan.json"

#: Text that one segment holds: a segment is decided and written at once, with some copies of it.
SEGMENT_BYTES = 8 * 1024 * 1024


@dataclass
class StagedFile:
    """One entity's rows from one file: `segments` are file names in the run's folder.

    `name` is the file as the person gave it, `original` the header for its error file (it differs
    from `header` when a profile translated the file). `heights` are the segments' rows, `dialect`
    how the file was read, `guessed` what of it nobody had named. `resolves` marks choices between
    conflicting values: a product may stand in several rows, and an empty cell clears.
    """

    entity: str
    name: str
    header: list[str]
    original: list[str]
    media_root: str | None = None
    segments: list[str] = field(default_factory=list)
    heights: list[int] = field(default_factory=list)
    raw_segments: list[str] = field(default_factory=list)
    translated: bool = False
    dialect: dict[str, str] = field(default_factory=dict)
    guessed: list[str] = field(default_factory=list)
    format: dict[str, Any] = field(default_factory=dict)
    resolves: bool = False

    @property
    def rows(self) -> int:
        """Return how many rows are staged."""
        return sum(self.heights)

    @property
    def as_given(self) -> list[str]:
        """Return the segments that hold the rows as they stood in the file."""
        return self.raw_segments if self.translated else [*self.segments, *self.raw_segments]


@dataclass
class StagePlan:
    """The files of a run, source by source; `notes` say what was left aside."""

    sources: list[list[StagedFile]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    complete: bool = False

    @property
    def files(self) -> list[StagedFile]:
        """Return the staged files in the order of their sources."""
        return [file for source in self.sources for file in source]


class Stage:
    """The folder of a run's staged rows, with a plan that a later process can read."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def add(self, staged: StagedFile, frame: pl.DataFrame) -> None:
        """Append rows to a staged file: fewer to a segment where they hold much text."""
        parts = 1 + text_bytes(frame) // SEGMENT_BYTES
        for part in frame.iter_slices(max(1, -(-frame.height // parts))):
            staged.segments.append(self._write(part))
            staged.heights.append(part.height)

    def add_raw(self, staged: StagedFile, frame: pl.DataFrame) -> None:
        """Keep rows as they stood in the file, for its error file."""
        staged.raw_segments.append(self._write(frame))

    def _write(self, frame: pl.DataFrame) -> str:
        name = f"{sum(1 for _ in self.folder.glob('*.arrow')):06}.arrow"
        frame.write_ipc(self.folder / name, compression="lz4")
        return name

    def read(self, segment: str, columns: list[str] | None = None) -> pl.DataFrame:
        """Return the rows of a segment, all columns or some."""
        return pl.read_ipc(self.folder / segment, columns=columns)

    def frames(self, segments: Sequence[str]) -> Iterator[pl.DataFrame]:
        """Yield the rows of segments, one at a time."""
        for segment in segments:
            yield self.read(segment)

    def names(self, staged: StagedFile, key: str | None) -> Iterator[pl.DataFrame]:
        """Yield row number and name of every staged row, a segment at a time."""
        for segment in staged.segments if key is not None else ():
            yield self.read(segment, [ROW, str(key)]).select(
                ROW, pl.col(str(key)).fill_null("").str.strip_chars().alias("name")
            )

    def save(self, plan: StagePlan) -> None:
        """Write the plan as far as it is known, whole or not at all: a later process goes by it."""
        draft = self._plan.with_name(f".{PLAN}")
        try:
            draft.write_bytes(orjson.dumps(asdict(plan)))
            draft.replace(self._plan)
        except BaseException:
            draft.unlink(missing_ok=True)  # a full disk
            raise

    def load(self) -> StagePlan:
        """Return the plan of an earlier process, an empty one if there was none."""
        if not self._plan.exists():
            return StagePlan()
        document = orjson.loads(self._plan.read_bytes())
        sources = [[StagedFile(**file) for file in source] for source in document.pop("sources")]
        return StagePlan(sources=sources, **document)

    @property
    def _plan(self) -> Path:
        return self.folder / PLAN


def unreadable(problems: Sequence[RowProblem], header: Sequence[str]) -> pl.DataFrame:
    """Return unreadable rows as a frame under the header, as far as they could be told apart."""
    width = len(header)
    rows = [(*p.raw[:width], *[""] * (width - len(p.raw)), p.row) for p in problems]
    schema = {**dict.fromkeys(header, pl.String), ROW: pl.UInt32}
    return pl.DataFrame(rows, schema=schema, orient="row")
