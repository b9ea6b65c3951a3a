"""What spreadsheets do by themselves is seen through; what people do is not."""

from __future__ import annotations

import polars as pl
import pytest

from pim.staging.round_trip.spreadsheets import either_sign, reformatted


@pytest.mark.parametrize(
    ("was", "text"),
    [
        ("0012", "12"),
        ("4006381333931", "4.00638E+12"),
        ("4006381333931", "4,00638133E+12"),
        ("400638133393112345", "400638133393112000"),
        ("12.50", "12,5"),
        ("38", "38.0"),
        ("-2.5", "-2,50"),
        ("1.234", "1,234"),
        ("0", "0.0"),
        ("2026-03-01", "01.03.2026"),
        ("2026-03-01", "3/1/2026"),
        ("2026-03-01", "01/03/26"),
        ("2026-03-01", "2026-03-01T00:00:00"),
        ("a\nb", "a\r\nb"),
        (" same ", " same "),
    ],
)
def test_what_a_spreadsheet_makes_of_a_cell_counts_as_untouched(was: str, text: str) -> None:
    assert reformatted(was, text)


@pytest.mark.parametrize(
    ("was", "text"),
    [
        ("0012", "13"),
        ("", "0"),
        ("12", ""),
        ("12.5", "1.25"),
        ("1234", "1,234"),
        ("4006381333931", "4.00639E+12"),
        ("4006381333931", "4006381333932"),
        ("2026-03-01", "2026-03-02"),
        ("2026-03-01", "99.99.2026"),
        ("Wax", "wax"),
        ("Wax", "Wax "),
        ("1e5", "100000"),
    ],
)
def test_what_a_person_makes_of_a_cell_counts(was: str, text: str) -> None:
    assert not reformatted(was, text)


def test_either_decimal_sign_is_read_where_there_is_no_doubt() -> None:
    cells = pl.Series(["12,5", "12.5", "1,234", "1,2345", None, "x,5", "-3,50 "])

    assert either_sign(cells, ".").to_list() == [
        "12.5", "12.5", "1,234", "1.2345", None, "x,5", "-3.50 "
    ]  # fmt: skip
    assert either_sign(pl.Series(["12.5", "1.234"]), ",").to_list() == ["12,5", "1.234"]
