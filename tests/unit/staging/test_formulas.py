"""Cells that a spreadsheet would run are shown as text in CSV files for people."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pim.staging.formulas import guarded, guarded_cell, unguarded


@pytest.mark.parametrize(
    "cell",
    ["=1+1", "@sum(A1)", "+49 30", "-2+3", "\t=1", "\r=1", "'=1", "''@x", "=cmd|'/c calc'!A1"],
)
def test_what_looks_like_a_formula_gets_an_apostrophe(cell: str) -> None:
    assert guarded_cell(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["", "-5", "+5", "-5.50", "-1,25", "'tis", "a=1", "5-3", " =1"])
def test_numbers_and_plain_texts_stay_as_they_are(cell: str) -> None:
    assert guarded_cell(cell) == cell


@given(st.lists(st.text(alphabet="'=+-@\t\r5.a ", max_size=6), min_size=1))
def test_every_cell_comes_back_and_columns_agree_with_cells(cells: list[str]) -> None:
    frame = pl.DataFrame(
        {"n": range(len(cells)), "t": cells}, schema={"n": pl.UInt32, "t": pl.String}
    )

    shown = guarded(frame)

    assert shown["t"].to_list() == [guarded_cell(cell) for cell in cells]
    assert unguarded(shown).equals(frame)
