"""The chunks of an import, in the order in which rows may refer to each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from pim.staging.staged import StagedFile

PHASES = (
    ("product_models", "root models"),
    ("product_models", "sub models"),
    ("products", "products"),
    ("product_models", "associations"),
    ("products", "associations"),
)


@dataclass(frozen=True)
class Task:
    """One chunk of work: a phase over a segment of a staged file, and the rows it completes."""

    file: int
    phase: str
    segment: int
    rows: int


def tasks(files: Sequence[StagedFile]) -> Iterator[Task]:
    """Yield the chunks; associations come last, for they may name any product of the import."""
    for entity, phase in PHASES:
        for number, staged in enumerate(files):
            if staged.entity == entity:
                for segment, height in enumerate(staged.heights):
                    counted = phase in {"root models", "products"}
                    yield Task(number, phase, segment, height if counted else 0)


def of_phase(frame: pl.DataFrame, phase: str, parent: str | None) -> pl.DataFrame:
    """Return the rows that a phase takes: models with a parent after those without."""
    if phase not in {"root models", "sub models"}:
        return frame
    below = pl.col(parent).fill_null("").str.strip_chars() != "" if parent else pl.lit(False)
    return frame.filter(below if phase == "sub models" else ~below)
