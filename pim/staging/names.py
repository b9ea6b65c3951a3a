"""What a row is about: its identifier or code, there, well formed, once, and as the mode wants."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from importers.contract import ROW
from pim.domain.attribute_types import CellFormat
from pim.domain.structure import Attribute, Structure
from pim.domain.violations import Violation
from pim.products.columns import as_violation, parse_column
from pim.products.frames import folded
from pim.products.models import PRODUCT
from pim.staging.counts import Mode
from pim.staging.findings import Findings
from pim.staging.places import Placed

FIRST = "first"

#: Codes of models follow the rules of identifiers: both stand in lists.
MODEL_CODE = Attribute(id=0, code="code", type="pim_catalog_identifier", group="")


def check_names(
    placed: Placed, findings: Findings, *, column: str, mode: Mode, repeated: pl.DataFrame
) -> None:
    """Reject rows without a name, with one that stood before, or against the mode.

    `repeated` is what `repeated_rows` found in the whole file.
    """
    rows = placed.frame.select(ROW, "name", "id").join(
        repeated, on=ROW, how="left", maintain_order="left"
    )
    new = pl.col("id").is_null()
    against = {"create": ~new, "update": new}.get(mode, pl.lit(False))
    wrong = (pl.col("name") == "") | pl.col(FIRST).is_not_null() | against
    for position, _, name, _, first in (
        rows.with_row_index().filter(wrong).select("index", ROW, "name", "id", FIRST).iter_rows()
    ):
        findings.add(position, _name_problem(column, name, first, mode))


def _name_problem(column: str, name: str, first: int | None, mode: Mode) -> Violation:
    if not name:
        return _nameless(column)
    if first is not None:
        return _repeated(column, name, first)
    return _exists(column, name) if mode == "create" else _absent(column, name)


def check_new_names(
    placed: Placed, findings: Findings, *, column: str, kind: int, structure: Structure
) -> None:
    """Reject new rows whose name breaks the rules of identifiers."""
    attribute = structure.identifier if kind == PRODUCT else None
    names = placed.frame["name"].set(placed.known, None)
    result = parse_column(
        attribute or MODEL_CODE, {"": names}, structure, CellFormat(), path=column
    )
    for row in result.violations.iter_rows(named=True):
        findings.add(row["index"], as_violation(row))


def repeated_rows(parts: Iterable[pl.DataFrame]) -> pl.DataFrame:
    """Return `__row__` and `first` of the rows whose name stood in the file before.

    `parts` have `__row__` and `name` of the file's rows, in order. Of each name only a hash is
    kept, and the names themselves only of those whose hash occurs twice.
    """
    rows, hashes = [pl.Series(ROW, [], dtype=pl.UInt32)], [pl.Series("h", [], dtype=pl.UInt64)]
    for part in parts:
        named = part.filter(pl.col("name") != "")
        rows.append(named[ROW])
        hashes.append(folded(named["name"]).hash())
    marks = pl.DataFrame({ROW: pl.concat(rows), "h": pl.concat(hashes)})
    doubled = marks.filter(pl.col("h").is_duplicated())
    first = doubled.with_columns(pl.col(ROW).first().over("h").alias(FIRST))
    return first.filter(pl.col(ROW) != pl.col(FIRST)).select(ROW, FIRST)


def _nameless(column: str) -> Violation:
    return Violation(
        code="identifier_missing",
        path=column,
        message="The row has no {column}.",
        parameters={"column": column},
        mend="Fill it in: it tells which product the row speaks about.",
    )


def _repeated(column: str, name: str, first: int) -> Violation:
    return Violation(
        code="identifier_repeated",
        path=column,
        message='"{name}" stands in row {first} of this file already.',
        parameters={"name": name, "first": first},
        value=name,
        mend="Keep one of the two rows.",
    )


def _exists(column: str, name: str) -> Violation:
    return Violation(
        code="exists_already",
        path=column,
        message='"{name}" exists, and this import only creates.',
        parameters={"name": name},
        value=name,
        mend='Choose the mode "create_or_update" or leave the row out.',
    )


def _absent(column: str, name: str) -> Violation:
    return Violation(
        code="not_found",
        path=column,
        message='"{name}" does not exist, and this import only updates.',
        parameters={"name": name, "column": column},
        value=name,
        mend='Choose the mode "create_or_update" or correct the {column}.',
    )
