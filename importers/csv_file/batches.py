"""Batches of one size, whatever sizes the blocks had."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import polars as pl

from importers.contract import Batch, RowProblem


def evened(batches: Iterable[Batch], *, rows: int) -> Iterator[Batch]:
    """Yield the same rows in the same order, `rows` at a time; problems stay near their rows."""
    frames: list[pl.DataFrame] = []
    problems: list[RowProblem] = []
    for batch in batches:
        frames.append(batch.frame)
        problems.extend(batch.problems)
        while sum(frame.height for frame in frames) >= rows or len(problems) >= rows:
            together = pl.concat(frames)
            yield Batch(frame=together.head(rows), problems=problems)
            frames, problems = [together.slice(rows)], []
    if problems or any(frame.height for frame in frames):
        yield Batch(frame=pl.concat(frames), problems=problems)
