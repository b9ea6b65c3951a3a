"""Segments: folders of uncompressed Arrow files that are written once and then only mapped.

`items.arrow` holds products with their own values and `owner`, a row of `owners.arrow`, which
holds models resolved against their root. `gone.arrow` lists ids that are no more. A later segment
wins over an earlier one, id by id.
"""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Mapping, Sequence
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
    """What a manifest knows of a segment; `files` maps file names to sizes in bytes."""

    name: str
    items: int
    owners: int
    gone: int
    files: Mapping[str, int] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        """Return how many ids the segment speaks about."""
        return self.items + self.owners + self.gone

    def whole(self, folder: Path) -> bool:
        """Tell whether every file is there in its full length."""
        return all(_size(folder / self.name / name) == size for name, size in self.files.items())


def write(
    folder: Path,
    *,
    items: list[pl.DataFrame],
    owners: pl.DataFrame,
    gone: Sequence[int] = (),
) -> Segment:
    """Write a segment into a new folder below `folder`, safe on disk when this returns.

    `items` come in chunks, in order of id; the list is emptied on the way to save memory.
    """
    name = secrets.token_hex(8)
    draft = folder / f".{name}"
    draft.mkdir(parents=True)
    heights = sum(frame.height for frame in items), owners.height, len(gone)
    try:
        write_file(draft / ITEMS, joined(items))
        write_file(draft / OWNERS, owners)
        write_file(draft / GONE, pl.DataFrame({"id": gone}, schema={"id": pl.Int64}))
        files = {path.name: path.stat().st_size for path in draft.iterdir()}
        sync_folder(draft)
        draft.rename(folder / name)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)  # a full disk wants its room back
        raise
    sync_folder(folder)
    return Segment(name=name, items=heights[0], owners=heights[1], gone=heights[2], files=files)


def joined(chunks: list[pl.DataFrame]) -> pl.DataFrame:
    """Return chunks as one frame of contiguous columns, null where a chunk lacks a column."""
    schema = {name: dtype for chunk in chunks for name, dtype in chunk.schema.items()}
    heights = [chunk.height for chunk in chunks]
    series = []
    for name, dtype in schema.items():
        parts = []
        for number, chunk in enumerate(chunks):
            if name in chunk.columns:
                parts.append(chunk[name])
                chunks[number] = chunk.drop(name)
            else:
                parts.append(
                    pl.Series(name, [], dtype=dtype).extend_constant(None, heights[number])
                )
        series.append(pl.concat(parts, rechunk=True))
    chunks.clear()
    return pl.DataFrame(series)


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


def collect(folder: Path, *, keep: set[str]) -> None:
    """Remove folders that nobody names, and drafts that a killed writer left."""
    for path in folder.iterdir() if folder.exists() else ():
        if path.name not in keep:
            shutil.rmtree(path, ignore_errors=True)


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
