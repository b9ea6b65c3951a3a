"""Runs: what differs from the row before, and work that is done once for rows that do not."""

from __future__ import annotations

from decimal import Decimal

import polars as pl
import pytest

from exporters.contract import runs
from exporters.contract.runs import Told, changes, once, runs_of

COLUMNS = [
    pl.Series([None, None, "a", "a", "", None], dtype=pl.String),
    pl.Series([1, 1, None, None, 2, 2]),
    pl.Series([Decimal("1.5"), Decimal("1.5"), None, Decimal(0), Decimal(0), None]),
    pl.Series([True, True, False, False, None, None]),
    pl.Series([None, None, ["a", "b"], ["a", "b"], ["b", "a"], []], dtype=pl.List(pl.String)),
    pl.Series([[1, 2], [1, 2], [12], [None], [], None], dtype=pl.List(pl.Int64)),
]


@pytest.fixture(autouse=True)
def few_rows_count(monkeypatch):
    """Look for runs in small frames too."""
    monkeypatch.setattr(runs, "MANY", 0)


@pytest.mark.parametrize("column", COLUMNS)
def test_a_change_is_where_a_value_differs_from_the_row_before(column):
    values = [None if v is None else v for v in column.to_list()]
    differs = [n == 0 or values[n] != values[n - 1] for n in range(len(values))]

    assert changes(column.alias("v")).to_list() == differs


def test_runs_are_picked_and_spread_again():
    column = pl.Series("v", ["a", "a", "b", "b", "b", "a"])

    found = runs_of([changes(column)])

    assert found is not None
    assert found.pick(column).to_list() == ["a", "b", "a"]
    assert found.spread(found.pick(column)).equals(column)


def test_too_many_runs_and_no_rows_are_none():
    assert runs_of([changes(pl.Series("v", [1, 2, 3, 3]))]) is None
    assert runs_of([changes(pl.Series("v", [], dtype=pl.String))]) is None


def test_work_is_done_once_per_run():
    seen = []

    def shout(column):
        seen.extend(column.to_list())
        return column.str.to_uppercase()

    shouted = once(pl.Series("v", ["a", "a", "a", None, None, "b"]), shout)

    assert shouted.to_list() == ["A", "A", "A", None, None, "B"]
    assert seen == ["a", None, "b"]


def test_a_frame_finds_no_runs_when_it_is_small(monkeypatch):
    monkeypatch.setattr(runs, "MANY", 10)

    assert Told(pl.DataFrame({"v": ["a"] * 10})).runs(["v"]) is None


def test_expressions_come_back_in_order_whatever_they_read():
    told = Told(pl.DataFrame({"style": ["a"] * 5 + ["b"] * 5, "n": range(10)}))

    style, both, constant = told.columns(
        [
            pl.col("style").str.to_uppercase().alias("style"),
            (pl.col("style") + pl.col("n").cast(pl.String)).alias("both"),
            pl.lit("x").alias("constant"),
        ]
    )

    assert style.to_list() == ["A"] * 5 + ["B"] * 5
    assert both[9] == "b9"
    assert constant.to_list() == ["x"] * 10


def test_texts_of_rows_are_joined_and_null_adds_nothing():
    frame = pl.DataFrame({"style": ["a"] * 4 + [None] * 4, "n": list("01234567")})
    parts = [pl.lit("<"), pl.col("style"), "=" + pl.col("style"), pl.col("n"), pl.lit(">\n")]

    assert Told(frame).joined(parts).to_list() == [
        *(f"<a=a{n}>\n" for n in range(4)),
        *(f"<{n}>\n" for n in range(4, 8)),
    ]


def test_constants_alone_are_as_long_as_the_frame():
    assert Told(pl.DataFrame({"n": [1, 2]})).joined([pl.lit("x"), pl.lit("\n")]).to_list() == [
        "x\n",
        "x\n",
    ]
    assert Told(pl.DataFrame({"n": []})).joined([pl.lit("x")]).to_list() == []
