"""Moments are spread over a run, and a row that is run again replaces the one before."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import orjson

from tests.torture.killing import Timeline, in_groups
from tests.torture.report import Report
from tests.torture.torture import Row


def test_all_moments_are_drawn_and_never_too_many_in_one_place() -> None:
    timeline = Timeline([(0.0, ""), *((9 + n / 8, str(n)) for n in range(8))], seconds=10.0)

    moments = timeline.moments(20, seed=1, in_one_place=4)

    assert len(moments) == 20
    assert moments == sorted(moments, key=lambda moment: (moment.mark, moment.after))
    assert max(Counter(moment.mark for moment in moments).values()) == 4
    assert in_groups(moments, chunked=True) == [moments]
    assert [len(group) for group in in_groups(moments, chunked=False)] == [4] * 5


def test_a_row_takes_the_place_of_the_one_before_and_rows_stand_in_the_order_of_operations(
    tmp_path: Path,
) -> None:
    path = tmp_path / "bench" / "torture.json"
    for operation, moments in (("undo", 1), ("import", 2), ("undo", 3)):
        Report(path).keep(Row(operation, "PostgreSQL", 100, moments=moments))

    rows = orjson.loads(path.read_bytes())["rows"]

    assert [(row["operation"], row["moments"]) for row in rows] == [("import", 2), ("undo", 3)]
    assert all(row["equal"] for row in rows)
