"""Read a campaign's sheet: each cell by its attribute's own check, each row by its product.

A row with an error is left out as a whole; an empty cell lays nothing over its product.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import polars as pl
from sqlalchemy import text
from sqlalchemy.orm import Session

from importers.contract import ROW, Batch, ReadOptions, importer_for
from pim.campaigns.sheets import SCHEMA
from pim.domain.attribute_types import CellFormat
from pim.domain.structure import Structure
from pim.domain.violations import Violation
from pim.products.columns import as_violation, parse_column
from pim.products.frames import folded
from pim.staging.campaigns.columns import Columns, read_columns
from pim.staging.formulas import unguarded
from pim.staging.header import ValueColumns

#: Problems that an answer lists.
SHOWN: Final = 100

_KNOWN = text(
    "SELECT lower(identifier) AS key, id, family_id FROM product"
    " WHERE lower(identifier) = ANY(:names)"
)
_MODELS = text("SELECT lower(code) FROM product_model WHERE lower(code) = ANY(:names)")


@dataclass
class ReadSheet:
    """What a sheet says: `cells` (`pim.campaigns.sheets.SCHEMA`), counts, and what is wrong.

    rows = accepted + rejected. `found` are problems by row number, the header being row 1.
    """

    name: str
    cells: pl.DataFrame
    rows: int = 0
    rejected: int = 0
    found: list[tuple[int, Violation]] = field(default_factory=list)

    @property
    def products(self) -> int:
        """Return how many products it lays anything over."""
        return self.cells["id"].n_unique()

    def document(self) -> dict[str, Any]:
        """Return the JSON that the answer of an import carries."""
        shown = sorted(self.found, key=lambda pair: (pair[1].severity, pair[0]))[:SHOWN]
        return {
            "rows": self.rows,
            "accepted": self.rows - self.rejected,
            "rejected": self.rejected,
            "products": self.products,
            "cells": self.cells.height,
            "warnings": sum(v.severity == "warning" for _, v in self.found),
            "violations": [self._told(row, violation) for row, violation in shown],
        }

    def _told(self, row: int, violation: Violation) -> dict[str, Any]:
        return {
            "file": self.name,
            "row": row,
            "column": violation.path,
            "value": violation.value,
            "code": violation.code,
            "severity": violation.severity,
            "message": violation.text,
            "mend": violation.mend_text,
        }


def read_sheet(
    session: Session, path: Path, structure: Structure, *, fmt: CellFormat | None = None
) -> ReadSheet:
    """Return what a file (CSV, XLSX, JSON lines) says of products.

    Raises Refused when the file as a whole cannot be used.
    """
    read = ReadSheet(name=path.name, cells=pl.DataFrame(schema=SCHEMA))
    options = ReadOptions(decimal=(fmt or CellFormat()).decimal)
    named: list[pl.DataFrame] = []
    cells: list[pl.DataFrame] = []
    with importer_for(path).open(path, options) as sheet:
        columns = read_columns(path.name, sheet.header, structure)
        read.found += [(1, warning) for warning in columns.warnings]
        for batch in sheet.batches:
            frame = unguarded(batch.frame) if path.suffix.lower() == ".csv" else batch.frame
            _take_problems(read, batch)
            rows = _rows(session, frame, columns, read)
            named.append(rows)
            cells += _cells(frame, rows, columns, structure, fmt or CellFormat(), read)
    _reject_repeated(named, columns, read)
    wrong = {row for row, violation in read.found if violation.severity == "error"}
    read.rejected = len(wrong)
    if cells:
        bad = pl.Series("row", sorted(wrong), dtype=pl.UInt32).implode()
        read.cells = pl.concat(cells).filter(~pl.col("row").is_in(bad)).select(*SCHEMA)
    return read


def _take_problems(read: ReadSheet, batch: Batch) -> None:
    """Note rows that could not be read as cells; each was a row of the file too."""
    errors = {p.row for p in batch.problems if p.violation.severity == "error"}
    read.rows += batch.frame.height + len(errors)
    read.found += [(problem.row, problem.violation) for problem in batch.problems]


def _rows(session: Session, frame: pl.DataFrame, columns: Columns, read: ReadSheet) -> pl.DataFrame:
    """Return row, key, id and family of the rows; note those without a product."""
    names = frame[columns.key].fill_null("").str.strip_chars()
    keys = folded(names).alias("key")
    wanted = keys.filter(keys != "").unique().to_list()
    found = session.execute(_KNOWN, {"names": wanted}).all()
    schema = {"key": pl.String, "id": pl.Int64, "family": pl.Int64}
    known = pl.DataFrame([tuple(row) for row in found], schema=schema, orient="row")
    rows = pl.DataFrame([frame[ROW].alias("row"), names.alias("name"), keys]).join(
        known, on="key", how="left", maintain_order="left"
    )
    lost = rows.filter(pl.col("id").is_null())
    if lost.height:
        asked = {"names": lost["key"].unique().to_list()}
        models = set(session.execute(_MODELS, asked).scalars())
        read.found += [
            (row, _no_product(columns.key, name, model=key in models))
            for row, name, key in lost.select("row", "name", "key").rows()
        ]
    return rows


def _no_product(column: str, name: str, *, model: bool) -> Violation:
    message, mend = 'There is no product "{name}".', "Correct it, or import the product first."
    if model:
        message = '"{name}" is a model; campaigns lie over products.'
        mend = "Write a row for each of its products."
    if not name:
        message, mend = "The row does not say which product it means.", "Fill in its identifier."
    return Violation(
        code="campaign.no_product",
        path=column,
        message=message,
        parameters={"name": name},
        value=name,
        mend=mend,
    )


def _cells(
    frame: pl.DataFrame,
    rows: pl.DataFrame,
    columns: Columns,
    structure: Structure,
    fmt: CellFormat,
    read: ReadSheet,
) -> Iterator[pl.DataFrame]:
    """Yield the cells of each value with their row; note what is wrong with them."""
    numbers = frame[ROW]
    for value in columns.values:
        given = {suffix: frame[column] for suffix, column in value.columns.items()}
        path = value.cell.column
        result = parse_column(value.attribute, given, structure, fmt, path=path)
        read.found += [
            (numbers[row["index"]], as_violation(row))
            for row in result.violations.iter_rows(named=True)
        ]
        cells = rows.select("row", "id", "family").with_columns(
            *(pl.lit(code).alias(name) for name, code in _address(value).items()),
            result.json.alias("data"),
        )
        filled = cells.filter(pl.col("data").is_not_null() & pl.col("id").is_not_null())
        yield _of_family(filled, value, structure, read)


def _address(value: ValueColumns) -> dict[str, str]:
    attribute, scope, locale = value.cell
    return {"attribute": attribute, "scope": scope, "locale": locale}


def _of_family(
    cells: pl.DataFrame, value: ValueColumns, structure: Structure, read: ReadSheet
) -> pl.DataFrame:
    """Note cells of products whose family lacks the attribute; one without family has any."""
    code = value.attribute.code
    families = [family.id for family in structure.families if code in family.attributes]
    foreign = cells.filter(pl.col("family").is_not_null() & ~pl.col("family").is_in(families))
    read.found += [(row, _not_in_family(value)) for row in foreign["row"]]
    return cells.select("row", *SCHEMA)


def _not_in_family(value: ValueColumns) -> Violation:
    return Violation(
        code="not_in_family",
        path=value.cell.column,
        message="{field} is not an attribute of its family.",
        parameters={"field": value.attribute.code},
        mend="Leave the cell empty, or add the attribute to the family.",
    )


def _reject_repeated(named: list[pl.DataFrame], columns: Columns, read: ReadSheet) -> None:
    """Note rows about a product that an earlier row has spoken of."""
    if not named:
        return
    rows = pl.concat(named).filter(pl.col("id").is_not_null())
    first = pl.col("row").first().over("id").alias("first")
    again = rows.with_columns(first).filter(pl.col("row") != pl.col("first"))
    read.found += [
        (
            row,
            Violation(
                code="campaign.product_twice",
                path=columns.key,
                message='Row {first} speaks of "{name}" already.',
                parameters={"first": first_row, "name": name},
                value=name,
                mend="Put both into one row.",
            ),
        )
        for row, name, first_row in again.select("row", "name", "first").rows()
    ]
