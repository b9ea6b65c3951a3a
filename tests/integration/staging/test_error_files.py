"""Rejected rows come back in a file of the original's kind, which imports again once mended."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import openpyxl  # type: ignore[import-untyped]
import pytest
import xlsxwriter

from pim.db.unit_of_work import unit_of_work
from pim.staging.imports import ImportResult
from pim.staging.profiles import save
from tests.factories.catalogue import Catalogue

HEADER = ["sku", "family", "name-en_GB", "price-EUR"]
ROWS = [
    ["good", "care", "Fine", "1"],
    ["bad", "boats", "Größe; «Ёлка»\nzwei", "2"],
    ["worse", "care", 'say "hi"', "1O"],
]


def csv_file(folder: Path, *, separator: str, encoding: str, name: str = "products.csv") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file, delimiter=separator).writerows([HEADER, *ROWS])
    return path


def workbook(folder: Path, rows: list[list[Any]], name: str = "products.xlsx") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    with xlsxwriter.Workbook(str(folder / name), {"strings_to_formulas": False}) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    return folder / name


def error_file(result: ImportResult) -> Path:
    [path] = result.error_files
    return Path(path)


@pytest.mark.parametrize(
    ("separator", "encoding"), [(";", "utf-8"), ("\t", "utf-8-sig"), (",", "utf-16")]
)
def test_a_csv_file_keeps_its_dialect_and_imports_again_once_mended(
    catalogue: Catalogue, separator: str, encoding: str
) -> None:
    path = csv_file(catalogue.folder, separator=separator, encoding=encoding)
    result = catalogue.take(path)

    errors = error_file(result)
    with errors.open(encoding=encoding, newline="") as file:
        header, *rows = csv.reader(file, delimiter=separator)
    assert header == [*HEADER, "errors"]
    assert [row[:4] for row in rows] == ROWS[1:]
    assert 'family: There is no family "boats".' in rows[0][4]

    text = errors.read_text(encoding=encoding).replace("boats", "care").replace("1O", "10")
    errors.write_text(text, encoding=encoding)
    again = catalogue.take(errors, entity="products")
    assert (again.counts.created, again.counts.rejected, again.violations) == (2, 0, [])
    assert catalogue.value("bad", "name", locale="en_GB") == "Größe; «Ёлка»\nzwei"


def test_what_is_still_wrong_comes_back_with_one_column_of_errors(catalogue: Catalogue) -> None:
    first = error_file(catalogue.take(csv_file(catalogue.folder, separator=";", encoding="utf-8")))

    second = error_file(catalogue.take(first, entity="products"))

    assert second.read_text(encoding="utf-8") == first.read_text(encoding="utf-8")


def test_rows_that_cannot_be_read_come_back_too(catalogue: Catalogue) -> None:
    path = catalogue.sheet({"sku": "x"}, name="products.csv")
    path.write_text("sku;family\na;care;surplus\nb;care\n", encoding="utf-8")

    result = catalogue.take(path)

    assert (result.counts.created, result.counts.rejected) == (1, 1)
    assert result.violations[0]["value"] == "a | care | surplus"
    assert error_file(result).read_text(encoding="utf-8").startswith("sku;family;errors\na;care;")


def test_a_workbook_comes_back_as_one_with_text_cells(catalogue: Catalogue) -> None:
    path = workbook(catalogue.folder, [HEADER, ["007", "boats", "=1+1", 1111111217]])

    errors = error_file(catalogue.take(path))

    sheet = openpyxl.load_workbook(errors).active
    assert sheet is not None
    header, row = ([cell.value for cell in cells] for cells in sheet.iter_rows())
    assert header == [*HEADER, "errors"]
    assert row[:4] == ["007", "boats", "=1+1", "1111111217"]


@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
def test_the_person_says_where_rejected_rows_go_and_as_what(
    catalogue: Catalogue, suffix: str
) -> None:
    target = catalogue.folder / f"mend{suffix}"

    result = catalogue.take(
        csv_file(catalogue.folder, separator=";", encoding="utf-8"), errors=target
    )

    assert error_file(result) == target
    assert (target.read_bytes()[:2] == b"PK") == (suffix == ".xlsx")
    assert catalogue.take(target, entity="products").counts.rejected == 2


def test_several_files_that_lost_rows_get_one_each(catalogue: Catalogue) -> None:
    folders = [catalogue.folder / name for name in ("a", "b")]
    paths = [csv_file(folder, separator=";", encoding="utf-8") for folder in folders]

    beside = catalogue.take(*paths, errors=catalogue.folder / "mend.csv")
    own = catalogue.take(*paths)

    assert [Path(p).name for p in beside.error_files] == [
        "mend-products.csv",
        "mend-products-2.csv",
    ]
    assert len(set(own.error_files)) == 2


def test_a_structure_file_gives_its_rejected_rows_back_and_takes_them_again(
    catalogue: Catalogue,
) -> None:
    path = catalogue.sheet(
        {"code": "summer", "parent": "nowhere"}, {"code": "winter", "parent": "master"},
        name="categories.csv",
    )  # fmt: skip
    errors = error_file(catalogue.take(path))
    errors.write_text(errors.read_text(encoding="utf-8").replace("nowhere", "master"), "utf-8")

    again = catalogue.take(errors, entity="categories")

    assert (again.counts.created, again.violations) == (1, [])


def test_a_sheet_read_through_a_profile_comes_back_in_its_own_columns(
    catalogue: Catalogue,
) -> None:
    profile = {
        "code": "supplier",
        "format": {"encoding": "cp1251", "separator": ";", "decimal": ","},
        "columns": {
            "Артикул": {"field": "sku"},
            "Имя": {"field": "name", "locale": "en_GB"},
            "Цена": {"field": "price", "currency": "EUR"},
        },
        "constants": {"family": "care"},
    }
    with unit_of_work(catalogue.engine) as work:
        save(work, profile)
    path = catalogue.sheet({"x": "y"}, name="price.csv")
    path.write_text("Артикул;Имя;Цена\nК1;Крем;12,90\nК2;Воск;12,9O\n", encoding="cp1251")

    result = catalogue.take(path, profile="supplier")

    assert (result.counts.created, result.counts.rejected) == (1, 1)
    errors = error_file(result)
    text = errors.read_text(encoding="cp1251")
    assert text.startswith("Артикул;Имя;Цена;errors\nК2;Воск;12,9O;")
    errors.write_text(text.replace("12,9O", "12,90", 1), encoding="cp1251")
    again = catalogue.take(errors, profile="supplier")
    assert (again.counts.created, again.violations) == (1, [])
    assert catalogue.value("К2", "price") == {"EUR": "12.9"}


def test_a_rejected_row_with_a_formula_is_shown_as_text_and_imports_once_mended(
    catalogue: Catalogue,
) -> None:
    result = catalogue.rows("products", {"sku": "new", "family": "boats", "name-en_GB": "=1+1"})
    path = error_file(result)
    shown = path.read_text("utf-8")
    path.write_text(shown.replace("boats", "care"), "utf-8")

    again = catalogue.take(path, entity="products")

    assert "'=1+1" in shown
    assert again.counts.created == 1
    assert catalogue.value("new", "name", locale="en_GB") == "=1+1"


def test_many_rejected_rows_come_back_in_their_order(
    catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pim.staging.error_file.SPAN", 3)
    rows = [{"sku": f"n{n}", "family": "care" if n % 4 == 0 else "boats"} for n in range(12)]

    path = error_file(catalogue.rows("products", *rows))

    with path.open(encoding="utf-8", newline="") as file:
        found = [row["sku"] for row in csv.DictReader(file, delimiter=";")]
    assert found == [row["sku"] for row in rows if row["family"] == "boats"]
