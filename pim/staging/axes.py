"""Axes of variants: every variant tells itself from its siblings, and keeps doing so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from sqlalchemy.orm import Session

from pim.domain.violations import Violation
from pim.domain.values import Cell, get
from pim.products.lookups import siblings
from pim.staging.context import RowContext
from pim.staging.findings import Findings

Combination = tuple[int, tuple[Any, ...]]


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
        if context.place.axes and context.parent and position not in findings.rejected
    ]
    if not concerned:
        return
    taken = _stored_combinations(session, kind, [contexts[p] for p in concerned])
    for position in concerned:
        context = contexts[position]
        stored = orjson.loads(context.stored.values) if context.stored else {}
        given = {axis: _given(cells.get(Cell(axis)), position) for axis in context.place.axes}
        problem = _own_problem(context, stored, given)
        if problem is None:
            values = tuple(
                _plain(given[a] if given[a] is not None else get(stored, Cell(a)))
                for a in context.place.axes
            )
            problem = _claim(taken, context, values)
        if problem:
            findings.add(position, problem)


def _given(texts: Sequence[str | None] | None, position: int) -> Any:
    text = texts[position] if texts is not None else None
    return orjson.loads(text) if text is not None else None


def _own_problem(
    context: RowContext, stored: Mapping[str, Any], given: Mapping[str, Any]
) -> Violation | None:
    for axis, value in given.items():
        before = get(stored, Cell(axis))
        if value is None and before is None:
            return _missing(axis)
        if context.stored and value is not None and before is not None and value != before:
            return _changed(axis, before, value)
    return None


def _claim(
    taken: dict[Combination, str], context: RowContext, values: tuple[Any, ...]
) -> Violation | None:
    """Take a combination of axis values below a parent, unless somebody has it."""
    if context.parent is None:
        return None
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
    return {
        (parent, tuple(_plain(get(values, Cell(axis))) for axis in axes[parent])): name
        for _, name, parent, values in siblings(session, kind, axes)
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
