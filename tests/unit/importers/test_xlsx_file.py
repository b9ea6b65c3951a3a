"""Workbooks: what a person sees in the cells, and no harm from hostile files."""

from __future__ import annotations

import time
import zipfile
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from pathlib import Path
from random import Random

import polars as pl
import pytest
import xlsxwriter

from importers.contract import Limits, ReadOptions, RowProblem
from importers.testing import ImporterTests
from importers.xlsx_file.importer import XlsxImporter
from pim.errors import Refused

NAMESPACE = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


class TestXlsx(ImporterTests):
    importer = XlsxImporter()

    def write(self, path: Path, rows: Iterable[Sequence[str]]) -> None:
        with xlsxwriter.Workbook(str(path), {"constant_memory": True}) as book:
            sheet = book.add_worksheet("Products")
            for number, row in enumerate(rows):
                for column, cell in enumerate(row):
                    if cell:
                        sheet.write_string(number, column, cell)


def read(path: Path, options: ReadOptions | None = None) -> tuple[pl.DataFrame, list[RowProblem]]:
    return TestXlsx().read(path, options)


def handmade(folder: Path, rows: str, *, extra: str = "") -> Path:
    """Write a workbook whose sheet has the given XML for its rows, the header aside."""
    model, path = folder / "model.xlsx", folder / "handmade.xlsx"
    TestXlsx().write(model, [("sku",)])
    header = '<row r="1"><c r="A1" t="inlineStr"><is><t>sku</t></is></c></row>'
    sheet = (
        f'{extra}<worksheet xmlns="{NAMESPACE}"><sheetData>{header}{rows}</sheetData></worksheet>'
    )
    with zipfile.ZipFile(model) as source, zipfile.ZipFile(path, "w") as made:
        for entry in source.infolist():
            is_sheet = entry.filename == "xl/worksheets/sheet1.xml"
            content = sheet.encode() if is_sheet else source.read(entry)
            made.writestr(entry.filename, content, zipfile.ZIP_DEFLATED)
    return path


@pytest.mark.parametrize(
    ("written", "read_as"),
    [
        ("1111111217", "1111111217"),
        ("1111111217.0", "1111111217"),
        ("4.0E+12", "4000000000000"),
        ("12345678901234567890", "12345678901234567890"),
        ("0.1", "0.1"),
        ("1.1000000000000001", "1.1"),
        ("-12.50", "-12.5"),
        ("1E-7", "0.0000001"),
        ("0", "0"),
    ],
)
def test_numbers_keep_their_digits(tmp_path: Path, written: str, read_as: str) -> None:
    path = handmade(tmp_path, f'<row r="2"><c r="A2"><v>{written}</v></c></row>')

    frame, _ = read(path)

    assert frame["sku"].to_list() == [read_as]


def test_cells_arrive_as_a_person_sees_them(tmp_path: Path) -> None:
    path = tmp_path / "typed.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet()
        formats = {code: book.add_format({"num_format": code}) for code in (
            "dd.mm.yyyy", "yyyy-mm-dd hh:mm", "0000000000000", '#,##0.00 "days"', "[Red]0.00",
            "h:mm",
        )}  # fmt: skip
        sheet.write_row(0, 0, ["date", "moment", "ean", "price", "red", "time", "yes", "formula"])
        sheet.write_datetime(1, 0, date(2026, 3, 1), formats["dd.mm.yyyy"])
        sheet.write_datetime(
            1, 1, datetime.fromisoformat("2026-03-01T13:30"), formats["yyyy-mm-dd hh:mm"]
        )
        sheet.write_number(1, 2, 12345678, formats["0000000000000"])
        sheet.write_number(1, 3, 0.1, formats['#,##0.00 "days"'])
        sheet.write_number(1, 4, 1234.5, formats["[Red]0.00"])
        sheet.write_number(1, 5, 0.5, formats["h:mm"])
        sheet.write_boolean(1, 6, True)
        sheet.write_formula(1, 7, "=A1", None, "stored result")

    frame, problems = read(path)

    assert problems == []
    assert frame.rows() == [
        ("2026-03-01", "2026-03-01T13:30:00", "0000012345678", "0.1", "1234.5", "12:00:00", "1",
         "stored result", 2)
    ]  # fmt: skip


def test_numbers_are_written_with_the_named_sign_and_dates_in_iso_8601(tmp_path: Path) -> None:
    path = tmp_path / "typed.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["price", "date"])
        sheet.write_number(1, 0, 12.5)
        sheet.write_datetime(1, 1, date(2026, 3, 1), book.add_format({"num_format": 14}))

    frame, _ = read(path, ReadOptions(decimal=","))

    assert frame.rows() == [("12,5", "2026-03-01", 2)]


def test_dates_of_1904_and_before_march_1900_are_right(tmp_path: Path) -> None:
    found = []
    for early in (False, True):
        path = tmp_path / f"{early}.xlsx"
        with xlsxwriter.Workbook(str(path), {"date_1904": early}) as book:
            sheet = book.add_worksheet()
            sheet.write(0, 0, "date")
            style = book.add_format({"num_format": "yyyy-mm-dd"})
            sheet.write_datetime(1, 0, date(2026, 3, 1), style)
            sheet.write_number(2, 0, 31, style)
        found.append(read(path)[0]["date"].to_list())

    assert found == [["2026-03-01", "1900-01-31"], ["2026-03-01", "1904-02-01"]]


def test_an_error_cell_is_a_problem_that_names_the_cell(tmp_path: Path) -> None:
    path = tmp_path / "errors.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["sku", "price"])
        sheet.write_row(1, 0, ["good", "#N/A"])
        sheet.write(2, 0, "bad")
        sheet.write_formula(2, 1, "=NA()", None, "#N/A")

    frame, problems = read(path)

    assert frame.rows() == [("good", "#N/A", 2)]
    assert [(each.row, each.raw, each.violation.path) for each in problems] == [
        (3, ("bad", "#N/A"), "price")
    ]
    assert problems[0].violation.text == "The cell B3 holds the error #N/A."


def test_a_sheet_is_chosen_by_name(tmp_path: Path) -> None:
    path = tmp_path / "two.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        book.add_worksheet("First").write(0, 0, "a")
        second = book.add_worksheet("Цены")
        second.write_column(0, 0, ["sku", "x"])

    frame, _ = read(path, ReadOptions(sheet="цены"))

    assert frame.rows() == [("x", 2)]
    with pytest.raises(Refused, match=r'two\.xlsx: there is no sheet "Third", only: First, Цены'):
        read(path, ReadOptions(sheet="Third"))


def test_a_cell_in_the_last_corner_costs_nothing(tmp_path: Path) -> None:
    path = handmade(
        tmp_path,
        '<row r="2"><c r="A2"><v>1</v></c></row>'
        '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>',
    )
    start = time.monotonic()

    frame, problems = read(path)

    assert path.stat().st_size < 8_000
    assert frame.rows() == [("1", 2)]
    assert [each.row for each in problems] == [1_048_576]
    assert time.monotonic() - start < 10


def test_document_types_are_refused(tmp_path: Path) -> None:
    entity = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    path = handmade(tmp_path, "", extra=entity)

    with pytest.raises(Refused, match="document type"):
        read(path)


def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    path = handmade(tmp_path, " " * 80_000_000)

    with pytest.raises(Refused, match="zip bomb"):
        read(path)


def test_memory_beyond_the_limit_is_a_refusal_that_names_it(tmp_path: Path) -> None:
    path = tmp_path / "wide.xlsx"
    noise = Random(7)
    TestXlsx().write(path, [("sku",), *((noise.randbytes(15_000).hex(),) for _ in range(1_000))])

    with pytest.raises(Refused, match=r"wide\.xlsx: reading it takes more than 300 MB of memory"):
        read(path, ReadOptions(limits=Limits(memory=300 * 1024**2), batch_rows=1_000_000))


def test_time_beyond_the_limit_is_a_refusal_that_names_it(tmp_path: Path) -> None:
    path = handmade(tmp_path, "<row><c><v>1</v></c></row>" * 1_500_000)

    with pytest.raises(Refused, match="more than 1 seconds of processor time"):
        read(path, ReadOptions(limits=Limits(seconds=1)))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\xd0\xcf\x11\xe0 an old workbook", "password"),
        (b"sku;name\n1;2\n", "no workbook"),
        (b"PK\x03\x04 cut off", "no workbook"),
    ],
)
def test_what_is_no_workbook_is_refused(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "fake.xlsx"
    path.write_bytes(content)

    with pytest.raises(Refused, match=words):
        read(path)


def test_a_truncated_workbook_is_refused(tmp_path: Path) -> None:
    path = handmade(tmp_path, '<row r="2"><c r="A2"><v>1</v></c>')

    with pytest.raises(Refused, match="not well-formed"):
        read(path)


def test_phonetic_hints_are_no_text(tmp_path: Path) -> None:
    path = handmade(
        tmp_path,
        '<row r="2"><c r="A2" t="inlineStr"><is><r><t>革</t></r><r><t>靴</t></r>'
        "<rPh><t>かわぐつ</t></rPh></is></c></row>",
    )

    assert read(path)[0]["sku"].to_list() == ["革靴"]


def test_closing_early_ends_the_child(tmp_path: Path) -> None:
    path = tmp_path / "many.xlsx"
    TestXlsx().write(path, [("sku",), *((f"x{n}",) for n in range(20_000))])

    with XlsxImporter().open(path, ReadOptions(batch_rows=100)) as sheet:
        first = next(sheet.batches)

    assert first.frame.height == 100
    with pytest.raises((Refused, ValueError, OSError)):
        list(sheet.batches)
