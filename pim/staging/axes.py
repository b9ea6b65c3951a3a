"""Axes of variants: every variant tells itself from its siblings, and keeps doing so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from sqlalchemy.orm import Session

from pim.domain.values import Cell, get
from pim.domain.violations import Violation
from pim.products.lookups import siblings
from pim.staging.context import RowContext
from pim.staging.findings import Findings

Combination = tuple[int, tuple[Any, ...]]

#: What a row says of an axis when it says nothing.
SILENT: Any = object()


def check_axes(
    session: Session,
    kind: int,
    contexts: Sequence[RowContext],
    cells: Mapping[Cell, Sequence[str | None]],
    findings: Findings,
) -> None:
    """Reject rows without an axis value, with a changed one, or like a sibling."""
    concerned = [
        position
        for position, context in enumerate(contexts)
        if context.place.axes
        and context.parent
        and position not in findings.rejected
        and (context.stored is None or _speaks(cells, context.place.axes, position))
    ]
    taken = _stored_combinations(session, kind, [contexts[p] for p in concerned])
    for position in concerned:
        context = contexts[position]
        stored = orjson.loads(context.stored.values) if context.stored else {}
        held = {axis: get(stored, Cell(axis)) for axis in context.place.axes}
        given = {axis: _given(cells, axis, position) for axis in context.place.axes}
        problem = _own_problem(held, given) or _claim(taken, context, held | _said(given))
        if problem:
            findings.add(position, problem)


def _speaks(cells: Mapping[Cell, Sequence[str | None]], axes: Sequence[str], position: int) -> bool:
    return any(_given(cells, axis, position) is not SILENT for axis in axes)


def _given(cells: Mapping[Cell, Sequence[str | None]], axis: str, position: int) -> Any:
    """Return the data of an axis in a row: None where it is cleared, SILENT where left alone."""
    texts = cells.get(Cell(axis))
    text = texts[position] if texts is not None else None
    return SILENT if text is None else orjson.loads(text)


def _said(given: Mapping[str, Any]) -> dict[str, Any]:
    return {axis: value for axis, value in given.items() if value is not SILENT}


def _own_problem(held: Mapping[str, Any], given: Mapping[str, Any]) -> Violation | None:
    for axis, before in held.items():
        value = given[axis]
        if value is None or (value is SILENT and before is None):
            return _missing(axis)
        if before is not None and value not in (SILENT, before):
            return _changed(axis, before, value)
    return None


def _claim(
    taken: dict[Combination, str], context: RowContext, data: Mapping[str, Any]
) -> Violation | None:
    """Take a combination of axis values below a parent, unless somebody has it."""
    if context.parent is None:
        return None
    values = tuple(_plain(data[axis]) for axis in context.place.axes)
    owner = taken.setdefault((context.parent.id, values), context.name)
    if owner.casefold() == context.name.casefold():
        return None
    return Violation(
        code="axis_taken",
        path=context.place.axes[-1],
        message='"{owner}" below {parent} has the same {axes}: {values}.',
        parameters={
            "owner": owner,
            "parent": context.parent.code,
            "axes": " and ".join(context.place.axes),
            "values": ", ".join(str(v) for v in values),
        },
        value=", ".join(str(v) for v in values),
        mend="Give this row another value of an axis, or use the identifier of the existing one.",
    )


def _stored_combinations(
    session: Session, kind: int, contexts: Sequence[RowContext]
) -> dict[Combination, str]:
    axes = {c.parent.id: c.place.axes for c in contexts if c.parent}
    if not axes:
        return {}
    codes = {axis for each in axes.values() for axis in each}
    return {
        (parent, tuple(_plain(data[axis]) for axis in axes[parent])): name
        for name, parent, data in siblings(session, kind, axes, codes)
    }


def _plain(data: Any) -> Any:
    """Return data that can be a key: a metric becomes its amount and unit."""
    return tuple(sorted(data.items())) if isinstance(data, dict) else data


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
