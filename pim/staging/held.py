"""Leave out what rules make read-only: the cell stays, the row goes through, people are told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

import polars as pl
from sqlalchemy.orm import Session

from pim.db.conditions import Table
from pim.domain.values import Cell
from pim.products.models import MODEL, PRODUCT
from pim.rules.guard import Guards, Held, refusal
from pim.staging.differences import changed
from pim.staging.findings import Findings
from pim.staging.places import Placed


def hold_cells(
    session: Session,
    guards: Guards | None,
    kind: int,
    placed: Placed,
    cells: Mapping[Cell, pl.Series],
    asked: Mapping[Cell, str],
    findings: Findings,
) -> dict[Cell, pl.Series]:
    """Return cells without those that a rule holds; a warning for each that says something new."""
    columns = {cell.column: cell for cell in cells}
    held = _held(session, guards, kind, placed, columns)
    left = dict(cells)
    for column in {name for rules in held.values() for name in rules}:
        cell = columns[column]
        mask = _mask(placed, held, column)
        _, now = changed(placed.frame[asked[cell]], cells[cell])
        _warn(placed, held, column, mask & now.is_not_null(), findings)
        left[cell] = cells[cell].set(mask, None)
        if left[cell].null_count() == len(left[cell]):
            del left[cell]
    return left


def hold_enabled(
    session: Session,
    guards: Guards | None,
    kind: int,
    placed: Placed,
    enabled: pl.Series,
    findings: Findings,
) -> pl.Series:
    """Return whether rows enable products, null where a rule holds that."""
    if not enabled.is_not_null().any():
        return enabled
    held = _held(session, guards, kind, placed, ["enabled"])
    if not held:
        return enabled
    mask = _mask(placed, held, "enabled")
    differs = enabled.is_not_null() & enabled.ne_missing(placed.frame["stored_enabled"])
    _warn(placed, held, "enabled", mask & differs, findings)
    return enabled.set(mask, None)


def _held(
    session: Session, guards: Guards | None, kind: int, placed: Placed, columns: Iterable[str]
) -> Held:
    names = list(columns)
    if guards is None or not guards.over(names):
        return {}
    tables: Mapping[int, Table] = {PRODUCT: "product", MODEL: "product_model"}
    known = placed.frame["id"].drop_nulls().unique().sort().to_list()
    return guards.held(session, tables[kind], known, names)


def _mask(placed: Placed, held: Held, column: str) -> pl.Series:
    ids = [id_ for id_, rules in held.items() if column in rules]
    return placed.frame["id"].is_in(ids).fill_null(False)


def _warn(placed: Placed, held: Held, column: str, which: pl.Series, findings: Findings) -> None:
    for position in which.arg_true().to_list():
        rule = held[placed.frame["id"][position]][column]
        findings.add(position, replace(refusal(column, rule), severity="warning"))
