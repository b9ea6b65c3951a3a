"""Choose a value by a condition."""

from __future__ import annotations

from dataclasses import dataclass, replace

import polars as pl

from channels.steps.coalesce import first_filled
from channels.steps.conditions import holds
from channels.steps.contract import EVERY_KIND, Cell, Context, Step, step
from channels.steps.parameters import param
from channels.steps.sources import Source, When


@step("if")
@dataclass(frozen=True, kw_only=True)
class If(Step):
    """Choose a value by a condition on fields, or on the current value as `@value`.

    `then` and `else` are sources: a field, `{"value": X}`, or `{"from": ..., "steps": [...]}`;
    the one that is left out keeps the current value, `{"value": null}` empties it. An `if` among
    the steps of `else` makes a waterfall in which the first match wins. Fills empty values.
    """

    accepts = EVERY_KIND

    when: When = param("The condition, as everywhere: field, operator, value; all, any, not")
    then: Source | None = param("The value where the condition holds", None)
    otherwise: Source | None = param("The value where it does not", None, alias="else")

    def compile(self, cell: Cell, context: Context) -> Cell:
        """Return a cell of the same kind if both branches are, else text."""
        test = context.stages.hold(holds(self.when.node, cell, context))
        yes = _branch(self.then, cell, test, context)
        no = _branch(self.otherwise, cell, test.not_(), context)
        return first_filled((yes, no), context)


def _branch(source: Source | None, cell: Cell, test: pl.Expr, context: Context) -> Cell:
    with context.stages.only_where(test):
        chosen = source.compile(context) if source else cell
    return replace(chosen, expr=pl.when(test).then(chosen.expr))
