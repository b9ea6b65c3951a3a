"""Take the first of several values that is not empty."""

from __future__ import annotations

from dataclasses import dataclass, replace

import polars as pl

from channels.steps.contract import EVERY_KIND, Cell, Context, Step, step
from channels.steps.parameters import param
from channels.steps.render import as_text_cell
from channels.steps.sources import Source


@step("coalesce")
@dataclass(frozen=True, kw_only=True)
class Coalesce(Step):
    """Take the first value that is not empty: the current one, then those of other fields.

    Behind `"from": [FIELDS]` it takes the first of these. Fills empty values.
    """

    accepts = EVERY_KIND

    fields: tuple[Source, ...] = param("Other fields, the preferred one first", ())

    def compile(self, cell: Cell, context: Context) -> Cell:
        """Return a cell of the same kind if all are, else text."""
        with context.stages.only_where(cell.expr.is_null()):
            others = [each.compile(context) for each in self.fields]
        return first_filled((*(cell.parts or (cell,)), *others), context)


def first_filled(cells: tuple[Cell, ...], context: Context) -> Cell:
    """Return the first cell that is not empty, in a common kind."""
    same = [cell for cell in cells if _alike(cell, cells[0])]
    if len(same) < len(cells):
        cells = tuple(_single(as_text_cell(cell, context)) for cell in cells)
    units = [cell.unit for cell in cells if cell.unit is not None]
    unit = None if not units else _unit_of_first(cells)
    return replace(
        cells[0], expr=pl.coalesce([cell.expr for cell in cells]), unit=unit, source=None, parts=()
    )


def _alike(cell: Cell, first: Cell) -> bool:
    if cell.kind in ("option", "options", "categories"):
        return cell.kind == first.kind and cell.choices is first.choices
    return cell.kind == first.kind and cell.currency == first.currency


def _single(cell: Cell) -> Cell:
    return cell.text(cell.expr.list.first()) if cell.kind == "list" else cell


def _unit_of_first(cells: tuple[Cell, ...]) -> pl.Expr:
    return pl.coalesce([pl.when(c.expr.is_not_null()).then(c.unit) for c in cells])
