"""Segments: folders of uncompressed Arrow files that are written once and then only mapped.

`items.arrow` holds products with their own values and `owner`, a row of `owners.arrow`, which
holds models resolved against their root. Of a big segment each holds some of the columns, and
`items-1.arrow`, `items-2.arrow` the others. `gone.arrow` lists ids that are no more. A later
segment wins over an earlier one, id by id.

A segment that is `of` another one is a patch: some columns of that segment anew, row for row.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import polars as pl
import pyarrow as pa

ITEMS: Final = "items.arrow"
OWNERS: Final = "owners.arrow"
GONE: Final = "gone.arrow"


@dataclass(frozen=True, kw_only=True)
class Segment:
    """What a manifest knows of a segment; `files` maps file names to sizes in bytes.

    A patch names the segment that it is `of`, and speaks about no ids of its own.
    """

    name: str
    items: int
    owners: int
    gone: int
    files: Mapping[str, int] = field(default_factory=dict)
    of: str | None = None

    @property
    def rows(self) -> int:
        """Return how many ids the segment speaks about."""
        return self.items + self.owners + self.gone

    def whole(self, folder: Path) -> bool:
        """Tell whether every file is there in its full length."""
        return all(_size(folder / self.name / name) == size for name, size in self.files.items())


def write_file(path: Path, frame: pl.DataFrame) -> None:
    """Write a frame as one uncompressed record batch, safe on disk when this returns."""
    with path.open("wb") as file:
        frame.rechunk().write_ipc(
            file,
            compression="uncompressed",
            compat_level=pl.CompatLevel.newest(),
            record_batch_size=max(frame.height, 1),
        )
        file.flush()
        os.fsync(file.fileno())


def open_file(path: Path) -> pa.Table:
    """Map a file into memory; its columns are read from disk when touched, shared by processes."""
    with pa.memory_map(str(path)) as source:
        return pa.ipc.open_file(source).read_all()


def mapped(table: pa.Table, name: str) -> pl.Series:
    """Return a column of a mapped table without copying it."""
    series = pl.from_arrow(table.column(name), rechunk=False)
    assert isinstance(series, pl.Series)
    return series.alias(name)


def open_side(folder: Path, segment: Segment, side: str) -> dict[str, pa.Table]:
    """Map every column of a segment's side (ITEMS, OWNERS) to the mapped table that holds it."""
    stem = side.removesuffix(".arrow")
    columns: dict[str, pa.Table] = {}
    for name in sorted(segment.files):
        if name == side or name.startswith(f"{stem}-"):
            table = open_file(folder / segment.name / name)
            columns |= dict.fromkeys(table.column_names, table)
    return columns


def collect(folder: Path, *, keep: set[str]) -> None:
    """Remove folders that nobody names, and drafts that a killed writer left.

    Whoever writes a segment holds a lock on its folder, which the kernel takes back from the dead.
    """
    for path in folder.iterdir() if folder.exists() else ():
        if path.name not in keep and not _is_locked(path):
            shutil.rmtree(path, ignore_errors=True)


def _is_locked(path: Path) -> bool:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def sync_folder(folder: Path) -> None:
    """Make renames in a folder safe on disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except OSError:
        return None
