"""Staged rows lie in segments of bounded size and come back whole and in order."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import polars as pl

from importers.contract import ROW
from pim.staging.staged import SEGMENT_BYTES, Stage, StagedFile, StagePlan


def frame(rows: int, text: str) -> pl.DataFrame:
    numbers = pl.int_range(2, rows + 2, dtype=pl.UInt32, eager=True).alias(ROW)
    return pl.DataFrame({"sku": [f"s{n}" for n in range(rows)], "text": [text] * rows}).hstack(
        [numbers]
    )


def staged() -> StagedFile:
    return StagedFile(entity="products", name="a.csv", header=["sku", "text"], original=[])


def test_short_rows_stay_together(tmp_path: Path) -> None:
    file = staged()
    Stage(tmp_path).add(file, frame(100, "x"))

    assert file.heights == [100]


def test_long_rows_are_spread_over_segments(tmp_path: Path) -> None:
    stage, file, rows = Stage(tmp_path), staged(), frame(10, "x" * (SEGMENT_BYTES // 4))
    stage.add(file, rows)

    assert len(file.segments) > 2
    assert pl.concat(stage.frames(file.segments)).equals(rows)


def test_whoever_takes_a_run_over_finds_a_whole_plan_whenever_the_other_was_cut_off(
    tmp_path: Path,
) -> None:
    stage, plan = Stage(tmp_path), StagePlan(notes=["x" * 1_000_000])
    stage.save(plan)

    with ThreadPoolExecutor(1) as other:
        saved = other.submit(lambda: [stage.save(plan) for _ in range(50)])
        while not saved.done():
            assert stage.load() == plan
