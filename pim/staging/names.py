"""What a row is about: its identifier or code, there, well formed, once, and as the mode wants."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from pim.domain.attribute_types import CellFormat
from pim.domain.structure import Attribute, Structure
from pim.domain.violations import Violation
from pim.products.columns import as_violation, parse_column
from pim.products.lookups import fold
from pim.products.models import PRODUCT
from pim.staging.context import RowContext
from pim.staging.counts import Mode
from pim.staging.findings import Findings

#: Codes of models follow the rules of identifiers: both stand in lists.
MODEL_CODE = Attribute(id=0, code="code", type="pim_catalog_identifier", group="")


def check_names(
    names: Sequence[str],
    contexts: Sequence[RowContext],
    findings: Findings,
    *,
    column: str,
    mode: Mode,
    repeated: Mapping[int, int],
) -> None:
    """Reject rows without a name, with one that stood before, or against the mode."""
    for position, name in enumerate(names):
        row = findings.rows[position]
        stored = contexts[position].stored
        if not name:
            findings.add(position, _nameless(column))
        elif row in repeated:
            findings.add(position, _repeated(column, name, repeated[row]))
        elif mode == "create" and stored:
            findings.add(position, _exists(column, name))
        elif mode == "update" and not stored:
            findings.add(position, _absent(column, name))


def check_new_names(
    names: Sequence[str],
    contexts: Sequence[RowContext],
    findings: Findings,
    *,
    column: str,
    kind: int,
    structure: Structure,
) -> None:
    """Reject new rows whose name breaks the rules of identifiers."""
    attribute = structure.identifier if kind == PRODUCT else None
    new = [None if c.stored else name for name, c in zip(names, contexts, strict=True)]
    result = parse_column(
        attribute or MODEL_CODE,
        {"": pl.Series(new, dtype=pl.String)},
        structure,
        CellFormat(),
        path=column,
    )
    for row in result.violations.iter_rows(named=True):
        findings.add(row["index"], as_violation(row))


def repeated_rows(names: pl.DataFrame) -> dict[int, int]:
    """Return row -> first row for rows whose name stood in the file before.

    `names` has `__row__` and `name` of every row, in order.
    """
    folded = names.with_columns(
        pl.when(pl.col("name").str.contains(r"^[\x00-\x7f]*$"))
        .then(pl.col("name").str.to_lowercase())
        .otherwise(pl.col("name").map_elements(fold, return_dtype=pl.String))
        .alias("folded")
    ).filter(pl.col("name") != "")
    doubled = folded.filter(pl.col("folded").is_duplicated()).with_columns(
        pl.col("__row__").first().over("folded").alias("first")
    )
    later = doubled.filter(pl.col("__row__") != pl.col("first"))
    return dict(zip(later["__row__"].to_list(), later["first"].to_list(), strict=True))


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
