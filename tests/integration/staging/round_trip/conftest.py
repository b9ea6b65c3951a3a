"""Sheets that go out and come back."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from pim.db.unit_of_work import unit_of_work
from pim.projection import Projection
from pim.staging.exports import ExportOptions, export
from pim.staging.imports import ImportResult
from pim.structure.queries import current
from tests.factories.catalogue import Catalogue

Cells = Mapping[tuple[str, str], Any]


@dataclass
class Desk:
    """Somebody who exports a sheet, edits it, and imports it again."""

    catalogue: Catalogue
    made: int = field(default=0)

    def export(self, entity: str = "products", suffix: str = "csv", **options: Any) -> Path:
        """Write the sheet of an entity."""
        self.made += 1
        folder = self.catalogue.folder / f"desk{self.made}"
        path = folder / f"{entity}.{suffix}"
        projection = Projection(self.catalogue.settings.projection, self.catalogue.engine)
        with unit_of_work(self.catalogue.engine) as work:
            chosen = ExportOptions(round_trip=True, **options)
            structure = current(work.session)
            export(work.session, structure, projection, entity, path, chosen, now=work.clock())
        projection.close()
        return path

    def edit(self, path: Path, cells: Cells, *, add: tuple[Mapping[str, str], ...] = ()) -> Path:
        """Change cells of a sheet by identifier and column, adding columns where there are none."""
        edit = _edit_csv if path.suffix == ".csv" else _edit_xlsx
        edit(path, cells, add)
        return path

    def take(self, path: Path, **options: Any) -> ImportResult:
        """Import a sheet."""
        return self.catalogue.take(path, **options)


def read(path: Path) -> list[dict[str, str]]:
    """Return the rows of a CSV file."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter=";"))


def _edit_csv(path: Path, cells: Cells, add: tuple[Mapping[str, str], ...]) -> None:
    rows = read(path)
    key = next(iter(rows[0]))
    header = list(dict.fromkeys([*rows[0], *(column for _, column in cells)]))
    for (name, column), text in cells.items():
        row = next(row for row in rows if row[key] == name)
        row[column] = text
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, header, delimiter=";", restval="")
        writer.writeheader()
        writer.writerows([*rows, *add])


def _edit_xlsx(path: Path, cells: Cells, add: tuple[Mapping[str, str], ...]) -> None:
    book = openpyxl.load_workbook(path)
    sheet = book.active
    header = [cell.value for cell in sheet[1]]
    names = [cell.value for cell in sheet["A"]]
    for (name, column), value in cells.items():
        if column not in header:
            header.append(column)
            sheet.cell(1, len(header), column)
        cell = sheet.cell(names.index(name) + 1, header.index(column) + 1)
        cell.value = value
        if not isinstance(value, str):
            cell.number_format = "General"
    assert not add
    book.save(path)


@pytest.fixture
def desk(catalogue: Catalogue) -> Desk:
    return Desk(catalogue)


@pytest.fixture
def other(catalogue: Catalogue) -> Callable[..., ImportResult]:
    """Return what lets somebody else change cells: other(name, column=text)."""

    def change(name: str, entity: str = "products", **cells: str) -> ImportResult:
        key = "sku" if entity == "products" else "code"
        row = {column.replace("__", "-"): text for column, text in cells.items()}
        result = catalogue.rows(entity, {key: name, **row}, blank="clear")
        assert result.counts.updated == 1, result
        return result

    return change


def as_a_spreadsheet_would(path: Path) -> None:
    """Turn every text of a workbook that looks like a number or a day into one."""
    book = openpyxl.load_workbook(path)
    for row in book.active.iter_rows(min_row=2):
        for cell in row:
            text = str(cell.value or "")
            if re.fullmatch(r"\d{1,15}(\.\d+)?", text):
                cell.value, cell.number_format = float(text), "General"
            elif re.fullmatch(r"\d{4}-\d\d-\d\d", text):
                cell.value, cell.number_format = datetime.fromisoformat(text), "dd/mm/yyyy"
    book.save(path)
