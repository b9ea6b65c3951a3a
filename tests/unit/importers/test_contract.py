"""Formats are found by their entry points, headers judged in one place."""

from __future__ import annotations

from pathlib import Path

import pytest

from importers.contract import Limits, header_of, importer_for, load_importers
from pim.errors import Refused


def test_the_built_in_formats_come_through_the_common_door() -> None:
    assert {"csv", "xlsx"} <= load_importers().keys()


@pytest.mark.parametrize(
    ("name", "code"), [("a.csv", "csv"), ("A.TSV", "csv"), ("b.xlsx", "xlsx"), ("c.XLSM", "xlsx")]
)
def test_a_format_is_told_by_the_suffix(name: str, code: str) -> None:
    assert importer_for(Path(name)).code == code


def test_a_suffix_that_nothing_reads_is_refused_with_those_that_are() -> None:
    with pytest.raises(Refused, match=r"old\.xls: no importer reads \.xls .*\.csv.*\.xlsx"):
        importer_for(Path("old.xls"))


def test_every_fault_of_a_header_is_told_at_once() -> None:
    with pytest.raises(Refused) as refusal:
        header_of(["a", "", "b", "a", "{x}", "{x}"], name="f.csv", limits=Limits(columns=5))

    assert [violation.code for violation in refusal.value.violations] == [
        "too_many_columns",
        "header_repeated",
        "header_empty",
        "header_repeated",
    ]
    assert "The name {x} stands over the columns 5, 6." in str(refusal.value)


def test_a_header_without_any_name_is_refused() -> None:
    with pytest.raises(Refused, match="There is no header"):
        header_of(["", " "], name="f.csv", limits=Limits())
