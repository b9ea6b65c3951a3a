"""Axes of variants: every variant tells itself from its siblings, and keeps doing so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
import polars as pl
from sqlalchemy.orm import Session

from pim.domain.values import Cell
from pim.domain.violations import Violation
from pim.products.frames import find_children
from pim.staging.differences import canonical
from pim.staging.findings import Findings
from pim.staging.places import Placed

#: What a cell says that takes the value away.
CLEARED = "null"


def check_axes(
    session: Session,
    kind: int,
    placed: Placed,
    cells: Mapping[Cell, pl.Series],
    findings: Findings,
) -> None:
    """Reject rows without an axis value, with a changed one, or like a sibling.

    `cells` hold JSON text; a row that says nothing of its axes keeps what it has.
    """
    axes = list(dict.fromkeys(axis for place in placed.places for axis in place.axes))
    if not axes:
        return
    given = pl.DataFrame(
        [_given(cells, placed, axis).alias(f"given {n}") for n, axis in enumerate(axes)]
    )
    rows = _concerned(placed, given, findings)
    if rows.is_empty():
        return
    children = find_children(session, kind, rows["parent_id"], axes)
    children = children.with_columns(canonical(children[name]) for name in _columns(axes))
    held = children.select("id", pl.col(_columns(axes)).name.prefix("held "))
    rows = rows.join(held, on="id", how="left", maintain_order="left")
    free = rows.filter(~_note_own(rows, axes, placed, findings))
    _note_taken(free, children, axes, placed, findings)


def _given(cells: Mapping[Cell, pl.Series], placed: Placed, axis: str) -> pl.Series:
    """Return the JSON text of an axis in each row that it tells apart, null elsewhere."""
    texts = cells.get(Cell(axis))
    if texts is None:
        return pl.repeat(None, placed.frame.height, dtype=pl.String, eager=True)
    return canonical(texts.set(~placed.on_axis(axis), None))


def _concerned(placed: Placed, given: pl.DataFrame, findings: Findings) -> pl.DataFrame:
    """Return the rows that are new or say something of their axes, with their positions."""
    varies = placed.told(pl.Series([bool(p.axes) for p in placed.places], dtype=pl.Boolean))
    rows = placed.frame.select("id", "name", "key", "parent_id", "parent_code", "place")
    speaks = pl.any_horizontal(pl.col(given.columns).is_not_null())
    return (
        rows.hstack(given)
        .with_row_index("position")
        .filter(
            varies & ~findings.mask,
            pl.col("parent_id").is_not_null(),
            pl.col("id").is_null() | speaks,
        )
    )


def _note_own(
    rows: pl.DataFrame, axes: Sequence[str], placed: Placed, findings: Findings
) -> pl.Series:
    """Reject rows that lack an axis or change one; return which these are."""
    settled = pl.repeat(value=False, n=rows.height, eager=True, dtype=pl.Boolean)
    for n, axis in enumerate(axes):
        given, held = pl.col(f"given {n}"), pl.col(f"held {n}")
        applies = placed.on_axis(axis).gather(rows["position"]) & ~settled
        gone = pl.coalesce(given == CLEARED, held.is_null())
        wrong = rows.with_columns(gone.alias("gone"), applies.alias("applies")).with_columns(
            (pl.col("applies") & (pl.col("gone") | (given != held).fill_null(value=False))).alias(
                "wrong"
            )
        )
        for position, is_gone, text, before in (
            wrong.filter("wrong").select("position", "gone", given, held).iter_rows()
        ):
            problem = (
                _missing(axis)
                if is_gone
                else _changed(axis, orjson.loads(before), orjson.loads(text))
            )
            findings.add(position, problem)
        settled |= wrong["wrong"]
    return settled


def _note_taken(
    rows: pl.DataFrame,
    children: pl.DataFrame,
    axes: Sequence[str],
    placed: Placed,
    findings: Findings,
) -> None:
    """Reject rows whose combination a stored child or an earlier row of the parent has."""
    columns = _columns(axes)
    claims = rows.select(
        "position",
        "parent_id",
        pl.col("name").alias("owner"),
        *(pl.coalesce(f"given {n}", f"held {n}").alias(n) for n in columns),
    )
    axes_of = pl.DataFrame(
        {
            "parent_id": rows["parent_id"],
            **{
                str(n): placed.on_axis(axis).gather(rows["position"]) for n, axis in enumerate(axes)
            },
        }
    ).unique("parent_id")
    stored = children.join(
        axes_of, on="parent_id", suffix=" applies", maintain_order="left"
    ).select(
        pl.lit(None, dtype=pl.UInt32).alias("position"),
        "parent_id",
        "owner",
        *(pl.when(f"{n} applies").then(n).alias(n) for n in columns),
    )
    first = pl.col("owner").first().over("parent_id", *columns)
    taken = pl.concat([stored, claims]).with_columns(first.alias("first"))
    differ = pl.col("owner").str.to_lowercase() != pl.col("first").str.to_lowercase()
    for position, owner in (
        taken.filter(pl.col("position").is_not_null() & differ).select("position", "first").rows()
    ):
        row = placed.frame.row(position, named=True)
        claim = rows.row(by_predicate=pl.col("position") == position, named=True)
        own = placed.place_of(position).axes
        values = [_shown(claim, axes.index(axis)) for axis in own]
        findings.add(position, _taken(owner, row["parent_code"], own, values))


def _columns(axes: Sequence[str]) -> list[str]:
    return [str(n) for n in range(len(axes))]


def _shown(row: Mapping[str, Any], number: int) -> str:
    """Return an axis value of a row as people read it: a measure as its parts."""
    data = orjson.loads(row[f"given {number}"] or row[f"held {number}"])
    return str(tuple(sorted(data.items())) if isinstance(data, dict) else data)


def _taken(owner: str, parent: str, axes: Sequence[str], values: Sequence[str]) -> Violation:
    return Violation(
        code="axis_taken",
        path=axes[-1],
        message='"{owner}" below {parent} has the same {axes}: {values}.',
        parameters={
            "owner": owner,
            "parent": parent,
            "axes": " and ".join(axes),
            "values": ", ".join(values),
        },
        value=", ".join(values),
        mend="Give this row another value of an axis, or use the identifier of the existing one.",
    )


def _missing(axis: str) -> Violation:
    return Violation(
        code="axis_missing",
        path=axis,
        message="The axis {axis} has no value.",
        parameters={"axis": axis},
        mend="Fill it in: a variant is told from its siblings by its axes.",
    )


def _changed(axis: str, before: Any, value: Any) -> Violation:
    return Violation(
        code="axis_changed",
        path=axis,
        message='The axis {axis} is "{before}" and cannot become "{value}".',
        parameters={"axis": axis, "before": before, "value": value},
        value=str(value),
        mend="Leave the cell empty or as it is, and add a new variant for the new value.",
    )
