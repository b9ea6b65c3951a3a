"""Say one thing about all variants of a style."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

import polars as pl

from channels.steps.contract import DECIMAL, EVERY_KIND, Cell, Context, Kind, Step, step
from channels.steps.parameters import param
from channels.steps.render import as_text_cell
from pim.domain.violations import Violation

Over = Literal["root", "colourway", "parent"]
Function = Literal["first", "min", "max", "count", "sum", "list"]

#: Simple products and lone variants are a group of their own: ids are unique over all levels.
KEYS: Mapping[Over, pl.Expr] = {
    "root": pl.coalesce("root", "id"),
    "colourway": pl.coalesce("colourway", "id"),
    "parent": pl.coalesce("parent", "id"),
}
_IS_PRODUCT = pl.col("level").is_in(["simple", "variant"])

ADDABLE: frozenset[Kind] = frozenset({"number", "money"})
ORDERED: frozenset[Kind] = ADDABLE | {"text", "date", "datetime"}
TAKES: Mapping[Function, frozenset[Kind]] = {"min": ORDERED, "max": ORDERED, "sum": ADDABLE}


@step("aggregate")
@dataclass(frozen=True, kw_only=True)
class Aggregate(Step):
    """Say one thing about all variants of the same style, colourway or parent.

    `first`, `min`, `max` keep the kind; `count` counts variants with a value, `sum` adds numbers,
    `list` lists distinct values in their order. Fills empty values. Needs all variants at hand,
    so a delta is taken by whole groups.
    """

    accepts = EVERY_KIND

    function: Function = param("first, min, max, count, sum or list")
    over: Over = param("Which variants belong together", "root")

    def problems(self, cell: Cell, context: Context) -> Iterator[Violation]:
        """Yield a kind that cannot be ordered or added."""
        if cell.kind not in TAKES.get(self.function, EVERY_KIND):
            yield Violation(
                code="mapping.wrong_kind",
                path="function",
                message="There is no {function} of {kind}",
                parameters={"function": self.function, "kind": cell.kind},
                mend="Convert the value first (option_label, unit_convert), or choose first",
            )

    def groups(self) -> frozenset[str]:
        """Return the one group that is looked at."""
        return frozenset({self.over})

    def compile(self, cell: Cell, context: Context) -> Cell:
        """Return the group's value on each of its items."""
        key = KEYS[self.over]
        if self.function == "list":
            return _listed(as_text_cell(cell, context), key)
        value = FUNCTIONS[self.function](_of_products(cell.expr)).over(key)
        if self.function == "count":
            return Cell(expr=value.cast(DECIMAL), kind="number")
        unit = None if cell.unit is None else _first_unit(cell, key)
        return replace(cell, expr=value, unit=unit, parts=(), source=None)


def _of_products(value: pl.Expr) -> pl.Expr:
    return value.filter(_IS_PRODUCT & value.is_not_null())


def _first_unit(cell: Cell, key: pl.Expr) -> pl.Expr:
    unit = cell.expr if cell.unit is None else cell.unit
    kept = _IS_PRODUCT & cell.expr.is_not_null()
    return unit.filter(kept).first().over(key)


def _listed(cell: Cell, key: pl.Expr) -> Cell:
    values = _of_products(cell.expr)
    single = values.explode().drop_nulls() if cell.kind == "list" else values
    distinct = single.unique(maintain_order=True)
    return cell.list(distinct.over(key, mapping_strategy="join"))


FUNCTIONS: Mapping[Function, Callable[[pl.Expr], pl.Expr]] = {
    "first": lambda values: values.first(),
    "min": lambda values: values.min(),
    "max": lambda values: values.max(),
    "count": lambda values: values.len(),
    "sum": lambda values: pl.when(values.len() > 0).then(values.sum()),
}
