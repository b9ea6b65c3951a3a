"""Where a value comes from: fields or a constant, then steps, one after another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from channels.steps.contract import Cell, Context, FieldRef, Step, literal_cell
from channels.steps.render import as_text_cell, fitted
from channels.steps.stages import Stages
from pim.domain.conditions import Node
from pim.domain.violations import Violation


@dataclass(frozen=True, kw_only=True)
class When:
    """A condition on fields, or on the current value where the field is `@value`."""

    node: Node


@dataclass(frozen=True, kw_only=True)
class Source:
    """One field, several (a list of those that are not empty), or a constant; then steps."""

    fields: tuple[FieldRef, ...] = ()
    several: bool = False
    constant: Any = None
    steps: tuple[Step, ...] = ()

    def start(self, context: Context) -> Cell:
        """Return the cell before the first step."""
        if self.several:
            return gathered(tuple(context.fields.resolve(ref) for ref in self.fields), context)
        if self.fields:
            return context.fields.resolve(self.fields[0])
        return literal_cell(self.constant)

    def stages(self, context: Context) -> Iterator[Cell]:
        """Yield the cell before the first step and after each."""
        cell = self.start(context)
        yield cell
        for step in self.steps:
            cell = compile_step(step, cell, context)
            yield cell

    def compile(self, context: Context) -> Cell:
        """Return the cell after the last step."""
        *_, last = self.stages(context)
        return last


def compile_step(step: Step, cell: Cell, context: Context) -> Cell:
    """Return the cell after a step that has no problems with it."""
    ready = fitted(cell, step, context)
    if ready is None:
        raise TypeError(f"step {step.name} cannot take {cell.kind}")
    after = step.compile(ready, context)
    return replace(
        after,
        expr=context.stages.hold(after.expr),
        unit=None if after.unit is None else context.stages.hold(after.unit),
        source=None,
    )


def gathered(cells: tuple[Cell, ...], context: Context) -> Cell:
    """Return the list of what is not empty in several cells, in their order."""
    lists = [_as_list(as_text_cell(cell, context)) for cell in cells]
    joined = pl.concat_list(lists).list.drop_nulls()
    return Cell(expr=joined, kind="list", parts=cells)


def _as_list(cell: Cell) -> pl.Expr:
    if cell.kind == "list":
        return cell.expr.fill_null(pl.lit(pl.Series([[]], dtype=pl.List(pl.String))).first())
    return pl.concat_list(cell.expr)


def compile_checked(
    source: Source, context: Context, path: str, problems: list[Violation]
) -> Cell | None:
    """Return what `source.compile` returns, or None where a step cannot take what reaches it.

    What each step has against its cell is added to `problems`, up to the first that has any.
    """
    aside = replace(context, stages=Stages())  # asking holds nothing in the target's own stages
    cell = source.start(context)
    for number, step in enumerate(source.steps):
        place = f"{path}[{number}]"
        ready = fitted(cell, step, aside)
        if ready is None:
            problems.append(_wrong_kind(step, cell, place))
            return None
        found = [replace(each, path=f"{place}.{each.path}") for each in step.problems(ready, aside)]
        problems += found
        if found:
            return None
        cell = compile_step(step, cell, context)
    return cell


def _wrong_kind(step: Step, cell: Cell, path: str) -> Violation:
    return Violation(
        code="mapping.wrong_kind",
        path=path,
        message="The step {step} takes {accepts}, and what reaches it is {kind}",
        parameters={
            "step": step.name,
            "accepts": ", ".join(sorted(step.accepts)),
            "kind": cell.kind,
        },
        mend="Choose another field, or put a step between that turns {kind} into one of these",
    )
