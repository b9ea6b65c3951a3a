"""Write segments: column by column into a locked draft, which then appears under its name.

Of a big segment never more than a group of columns is in memory: chunks of rows are laid aside as
files, mapped, and put together one column after the other.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import polars as pl

from pim.projection import segments
from pim.projection.segments import GONE, ITEMS, OWNERS, Segment, sync_folder

#: Bytes of columns that are written into one file.
GROUP: Final = 64 << 20


class Draft:
    """A segment that is being written; it appears with `publish`, or not at all.

    The lock on its folder keeps others from taking it for what a killed writer left. Hold the
    draft open until a manifest names the segment.
    """

    def __init__(self, folder: Path) -> None:
        self.name = secrets.token_hex(8)
        self._folder = folder
        self.path = folder / f".{self.name}"

    def __enter__(self) -> Self:
        """Make the folder and lock it."""
        self.path.mkdir(parents=True)
        self._descriptor = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
        fcntl.flock(self._descriptor, fcntl.LOCK_SH)
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        """Let the lock go; a draft that was not published goes: a full disk wants its room back."""
        if self.path.name != self.name:
            shutil.rmtree(self.path, ignore_errors=True)
        os.close(self._descriptor)

    def write(self, side: str, columns: Iterable[pl.Series]) -> None:
        """Write the columns of a side (ITEMS, OWNERS), some to a file."""
        group: list[pl.Series] = []
        number = 0
        for column in columns:
            group.append(column)
            if sum(series.estimated_size() for series in group) >= GROUP:
                self._file(side, number, group)
                number, group = number + 1, []
        if group or not number:
            self._file(side, number, group)

    def write_gone(self, gone: Sequence[int]) -> None:
        """Write the ids that are no more."""
        segments.write_file(self.path / GONE, pl.DataFrame({"id": gone}, schema={"id": pl.Int64}))

    def publish(
        self, *, items: int = 0, owners: int = 0, gone: int = 0, of: str | None = None
    ) -> Segment:
        """Give the folder its name; all of it is safe on disk when this returns."""
        files = {path.name: path.stat().st_size for path in self.path.iterdir()}
        sync_folder(self.path)
        self.path = self.path.rename(self._folder / self.name)
        sync_folder(self._folder)
        return Segment(name=self.name, items=items, owners=owners, gone=gone, files=files, of=of)

    def _file(self, side: str, number: int, group: list[pl.Series]) -> None:
        stem = side.removesuffix(".arrow")
        segments.write_file(
            self.path / (f"{stem}-{number}.arrow" if number else side), pl.DataFrame(group)
        )


def write(
    folder: Path,
    *,
    items: Iterable[pl.DataFrame],
    owners: pl.DataFrame,
    gone: Sequence[int] = (),
) -> Segment:
    """Write a segment into a new folder below `folder`, safe on disk when this returns.

    `items` come in chunks, in order of id; no two of them are in memory at once.
    """
    with Draft(folder) as draft:
        draft.write(OWNERS, owners)
        draft.write_gone(gone)
        height = write_chunks(draft, items)
        return draft.publish(items=height, owners=owners.height, gone=len(gone))


def write_chunks(draft: Draft, chunks: Iterable[pl.DataFrame]) -> int:
    """Write products that come in chunks of rows; return how many there are."""
    source = iter(chunks)
    first = next(source, pl.DataFrame())
    second = next(source, None)
    if second is None:
        draft.write(ITEMS, first)
        return first.height
    aside = _Aside(draft.path)
    aside.add(first)
    aside.add(second)
    del first, second  # one chunk in memory at a time
    for chunk in source:
        aside.add(chunk)
    draft.write(ITEMS, aside.columns())
    aside.remove()
    return sum(aside.heights)


class _Aside:
    """Chunks of rows that lie in files until they are put together column by column."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._schema: dict[str, pl.DataType] = {}
        self._sizes: dict[str, float] = {}
        self._paths: list[Path] = []
        self.heights: list[int] = []

    def add(self, chunk: pl.DataFrame) -> None:
        """Lay a chunk aside."""
        path = self._folder / f"chunk-{len(self._paths)}"
        chunk.rechunk().write_ipc(
            path,
            compression="uncompressed",
            compat_level=pl.CompatLevel.newest(),
            record_batch_size=max(chunk.height, 1),
        )
        self._paths.append(path)
        self.heights.append(chunk.height)
        self._schema |= chunk.schema
        for column in chunk:
            size = self._sizes.get(column.name, 0) + column.estimated_size()
            self._sizes[column.name] = size

    def columns(self) -> Iterator[pl.Series]:
        """Yield every column, in one piece, null where a chunk lacks it."""
        tables, read = [segments.open_file(path) for path in self._paths], 0.0
        for name, dtype in self._schema.items():
            parts = [
                segments.mapped(table, name)
                if name in table.column_names
                else pl.repeat(None, height, dtype=dtype, eager=True)
                for table, height in zip(tables, self.heights, strict=True)
            ]
            yield pl.concat(parts, rechunk=True).alias(name)
            read += self._sizes[name]
            if read > GROUP:  # mapped anew, pages that have been read do not pile up
                tables, read = [segments.open_file(path) for path in self._paths], 0.0

    def remove(self) -> None:
        """Remove the files."""
        for path in self._paths:
            path.unlink()
