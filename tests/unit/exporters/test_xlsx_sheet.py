"""Workbooks, read back by openpyxl, and by the archive's own reader where bytes matter."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import datetime
from typing import Any

import openpyxl
import polars as pl
import pytest

from exporters.contract import parse_options
from exporters.testing import AWKWARD, CONTEXT, ExporterTests, Item
from exporters.xlsx_sheet import XlsxOptions, XlsxSheet, exporter, workbook
from exporters.xlsx_sheet.cells import LONGEST, letters
from pim.errors import Refused
from tests.unit.exporters.mutants import found

FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def written(frame: pl.DataFrame, *, cut: int = 2, **document: Any) -> tuple[bytes, dict[str, int]]:
    out = io.BytesIO()
    options = parse_options(XlsxOptions, document)
    told = XlsxSheet().write(frame.iter_slices(cut), out, options, context=CONTEXT)
    return out.getvalue(), told.notes


def book(frame: pl.DataFrame, **document: Any):
    return openpyxl.load_workbook(io.BytesIO(written(frame, **document)[0]))


class XlsxTests(ExporterTests):
    """Read rows back."""

    exporter = XlsxSheet()
    options = XlsxOptions()

    def as_read(self, text: str) -> str:
        return FORBIDDEN.sub("", text[:LONGEST])

    def read(self, data: bytes) -> list[Item]:
        sheet = openpyxl.load_workbook(io.BytesIO(data), read_only=True).worksheets[0]
        names, *rows = sheet.iter_rows(values_only=True)
        lists = {self.list_target}
        return [
            {
                name: value.split("|") if name in lists else [value]
                for name, value in zip(names, row, strict=False)
                if value is not None and name != "_action"
            }
            for row in rows
        ]

    def read_removed(self, data: bytes) -> tuple[list[Item], list[str]]:
        sheet = openpyxl.load_workbook(io.BytesIO(data)).active
        words = [row[-1] for row in sheet.iter_rows(min_row=2, values_only=True)]
        items = self.read(data)
        gone = [
            item[self.key][0] for item, word in zip(items, words, strict=True) if word == "delete"
        ]
        return [i for i, word in zip(items, words, strict=True) if word == "upsert"], gone


class TestCompressed(XlsxTests):
    pass


class TestPlain(XlsxTests):
    options = XlsxOptions(compress=False, item_id="id")


del XlsxTests, ExporterTests  # they are bases: only what derives from them is a test

SHOES = pl.DataFrame(
    {
        "sku": ["007", "4006381333931", "c"],
        "price": ["129.00", "1234567890123.45", "12,50"],
        "stock": ["12", "-3", "007"],
        "ean": ["4006381333931", None, ""],
        "drop": ["2026-12-26", "1899-01-01", "2026-02-30"],
        "colours": [["black", "brown"], [], ["a|b"]],
    }
)


def test_numbers_are_numbers_where_no_digit_is_lost_and_text_elsewhere():
    sheet = book(SHOES, numbers=["price", "stock"]).active
    price, stock = ([cell.value for cell in column][1:] for column in list(sheet.columns)[1:3])

    assert price == [129, 1234567890123.45, "12,50"]
    assert stock == [12, -3, "007"]
    assert [sheet.cell(2, 2).number_format, sheet.cell(2, 3).number_format] == ["0.00", "0"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0.1", 0.1),
        ("0.000000000123456", "0.000000000123456"),
        ("123456789012345", 123456789012345),
        ("1234567890123456", "1234567890123456"),
        ("0.123456789012345", "0.123456789012345"),
        ("-0.5", -0.5),
        ("1e5", "1e5"),
        ("+5", "+5"),
        (" 5", " 5"),
        ("00", "00"),
        ("1.", "1."),
    ],
)
def test_a_number_keeps_its_digits_or_stays_text(text, expected):
    frame = pl.DataFrame({"sku": ["a"], "n": [text]})
    assert book(frame, numbers=["n"]).active.cell(2, 2).value == expected


def test_identifiers_stay_text_with_their_zeros_and_all_their_digits():
    sheet = book(SHOES).active
    assert [sheet.cell(row, 1).value for row in (2, 3)] == ["007", "4006381333931"]
    assert sheet.cell(2, 4).value == "4006381333931"
    assert sheet.cell(2, 1).number_format == "@"


def test_dates_are_dates_and_what_is_none_stays_text():
    sheet = book(SHOES, dates=["drop"]).active
    assert [sheet.cell(row, 5).value for row in (2, 3, 4)] == [
        datetime(2026, 12, 26),  # noqa: DTZ001 - a workbook knows no time zones
        "1899-01-01",
        "2026-02-30",
    ]
    assert sheet.cell(2, 5).number_format == "yyyy\\-mm\\-dd"


def test_no_cell_is_a_formula():
    frame = pl.DataFrame({"sku": ["=1+1", "+A1", "@SUM(A1)"], "x": [AWKWARD["formula"]] * 3})
    data, _ = written(frame, compress=False)

    assert {cell.data_type for row in book(frame).active for cell in row} == {"s"}
    assert book(frame).active.cell(2, 2).value == AWKWARD["formula"]
    assert b"<f>" not in data


def test_the_header_is_frozen_filtered_and_as_wide_as_its_column():
    sheet = book(SHOES.with_columns(description=pl.lit("word " * 50))).active

    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == "A1:G4"
    assert sheet.cell(1, 1).font.b
    assert sheet.column_dimensions["A"].width == 14
    assert sheet.column_dimensions["G"].width == 60


def test_rows_beyond_a_sheet_go_on_in_the_next(monkeypatch):
    monkeypatch.setattr(workbook, "MOST_ROWS", 4)
    frame = pl.DataFrame({"sku": [str(n) for n in range(8)]})
    sheets = book(frame, sheet="Range").worksheets

    assert [each.title for each in sheets] == ["Range", "Range 2", "Range 3"]
    rows = [[cell.value for (cell,) in sheet.iter_rows()] for sheet in sheets]
    assert rows == [["sku", "0", "1", "2"], ["sku", "3", "4", "5"], ["sku", "6", "7"]]
    assert [each.auto_filter.ref for each in sheets] == ["A1:A4", "A1:A4", "A1:A3"]


def test_one_sheet_only_is_a_limit_of_items():
    assert XlsxSheet().limits(XlsxOptions()).max_items is None
    assert XlsxSheet().limits(XlsxOptions(overflow="refuse")).max_items == 1_048_575


def test_texts_that_a_cell_cannot_hold_are_cut_and_counted():
    frame = pl.DataFrame({"sku": ["a", "b", "c"], "x": ["x" * 32_767, "👞" * 32_000, "é" * 40_000]})
    _, notes = written(frame)
    texts = [book(frame).active.cell(row, 2).value for row in (2, 3, 4)]

    assert notes == {"shortened_cells": 2}
    assert [len(text.encode("utf-16-le")) // 2 <= LONGEST for text in texts] == [True] * 3
    assert texts[0] == "x" * 32_767
    assert texts[2] == "é" * 32_767


def test_what_spreadsheets_would_decode_is_kept_as_it_stands():
    data, _ = written(pl.DataFrame({"sku": ["_x0041_ and _x00G1_"]}), compress=False)
    assert b"_x005F_x0041_ and _x00G1_" in data


def test_ambiguous_lists_and_removed_characters_are_noted():
    _, notes = written(SHOES.with_columns(note=pl.lit("bell\x07")))
    assert notes == {"ambiguous_lists": 1, "removed_characters": 3}


def test_a_workbook_names_no_time_and_no_program():
    parts = zipfile.ZipFile(io.BytesIO(written(SHOES)[0])).infolist()
    assert {part.date_time for part in parts} == {(1980, 1, 1, 0, 0, 0)}
    assert not [part.filename for part in parts if part.filename.startswith("docProps")]


def test_the_way_it_is_cut_does_not_show_in_the_widths(monkeypatch):
    monkeypatch.setattr(exporter, "MEASURED", 2)
    frame = pl.DataFrame({"sku": ["a" * 20, "b" * 30, "c" * 40]})
    assert written(frame, cut=1) == written(frame, cut=3)


def test_columns_are_named_as_spreadsheets_name_them():
    assert [letters(n) for n in (0, 25, 26, 51, 52, 701, 702, 16_383)] == [
        "A", "Z", "AA", "AZ", "BA", "ZZ", "AAA", "XFD",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "document",
    [
        {"sheet": ""},
        {"sheet": "a/b"},
        {"sheet": "x" * 28},
        {"list_separator": ""},
        {"action_column": ""},
        {"numbers": ["sku"]},
        {"numbers": ["a"], "dates": ["a"]},
    ],
)
def test_senseless_options_are_refused(document):
    with pytest.raises(Refused):
        parse_options(XlsxOptions, document)


def test_typed_columns_report_what_is_written_as_text():
    options = XlsxOptions(numbers=("price",), dates=("drop",))
    good = {"sku": "a", "price": "1.5", "drop": "2026-12-26"}

    assert found(XlsxSheet(), options, [good]) == set()
    assert found(XlsxSheet(), options, [{**good, "price": "1,5", "drop": "26.12.2026"}]) == {
        "price.format",
        "drop.format",
    }
    assert found(XlsxSheet(), options, [good, good]) == {"sku.unique"}
    assert found(XlsxSheet(), options, [{**good, "sku": None}]) == {"sku.required"}


def test_a_removal_needs_the_column_that_identifies():
    with pytest.raises(ValueError, match="needs the column sku"):
        XlsxSheet().write(
            [pl.DataFrame({"other": ["a"]})],
            io.BytesIO(),
            XlsxOptions(),
            context=CONTEXT,
            delta=True,
            removed=["x"],
        )
