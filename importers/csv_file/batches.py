"""Batches of one size, whatever sizes the blocks had."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import polars as pl

from importers.contract import Batch, RowProblem, text_bytes

#: A batch is handed on before it has its rows when it holds this much text.
MOST_BYTES = 32 * 1024 * 1024


def evened(batches: Iterable[Batch], *, rows: int) -> Iterator[Batch]:
    """Yield the same rows in the same order, `rows` at a time; problems stay near their rows.

    Where rows are long there are fewer of them, so that memory does not depend on their length.
    """
    frames: list[pl.DataFrame] = []
    problems: list[RowProblem] = []
    held = 0
    for batch in batches:
        frames.append(batch.frame)
        problems.extend(batch.problems)
        held += text_bytes(batch.frame)
        while (
            sum(frame.height for frame in frames) >= rows
            or len(problems) >= rows
            or held > MOST_BYTES
        ):
            together = pl.concat(frames)
            yield Batch(frame=together.head(rows), problems=problems)
            frames, problems = [together.slice(rows)], []
            held = text_bytes(frames[0])
    if problems or any(frame.height for frame in frames):
        yield Batch(frame=pl.concat(frames), problems=problems)
