"""What compiled conditions are made of: leaves as tests, and comparisons of columns."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any

import polars as pl

from pim.db.conditions import Facts
from pim.domain.conditions import fold
from pim.domain.structure import Structure
from pim.projection import lowered
from pim.projection.columns import Column
from pim.projection.metrics import ORDER

#: Returns the ids of products and models that any of these change sets touched.
Members = Callable[[Sequence[int]], pl.Series]


@dataclass(frozen=True, kw_only=True)
class Test:
    """A compiled leaf: which columns it reads, and the expression that holds or does not.

    `cell` tells that the columns are parts of one value cell.
    """

    columns: tuple[Column, ...]
    holds: pl.Expr
    cell: bool = False


@dataclass(frozen=True, kw_only=True)
class Context:
    """What leaves are compiled against: a structure, an as-of, and the columns that exist.

    A column that does not exist is null everywhere; `known` serves prices, whose emptiness is that
    of every currency.
    """

    structure: Structure
    now: datetime
    known: Collection[str] = ()
    members: Members | None = None
    facts: Facts | None = None

    def lowered(self, column: Column) -> Column | None:
        """Return the column that holds a text in lower case, None if there is none."""
        name = lowered.name(column.name)
        return Column(name=name, dtype=column.dtype) if name in self.known else None


def compare(operator: str, left: pl.Expr, right: pl.Expr) -> pl.Expr:
    """Return left operator right."""
    holds: pl.Expr = ORDER[operator](left, right)
    return holds


def filled(part: Column) -> pl.Expr:
    """Return whether a column holds data; an empty text is none."""
    column = pl.col(part.name)
    return (column != "").fill_null(False) if part.dtype == pl.String else column.is_not_null()


def text_holds(column: pl.Expr, operator: str, value: Any) -> pl.Expr:
    """Compare text in lower case; an empty one meets no comparison."""
    return lowered_holds(column.str.to_lowercase(), operator, value)


def lowered_holds(text: pl.Expr, operator: str, value: Any) -> pl.Expr:
    """Compare text that is in lower case already."""
    match operator:
        case "=":
            holds = text == fold(value)
        case "!=":
            holds = text != fold(value)
        case "IN":
            holds = text.is_in([fold(v) for v in value])
        case "NOT IN":
            holds = ~text.is_in([fold(v) for v in value])
        case "STARTS WITH":
            holds = text.str.starts_with(fold(value))
        case "CONTAINS":
            holds = text.str.contains(fold(value), literal=True)
        case "DOES NOT CONTAIN":
            holds = ~text.str.contains(fold(value), literal=True)
        case _:
            raise KeyError(f"{operator} does not compare text")
    return holds & (text != "")


def any_of(ids: pl.Expr, wanted: Collection[int]) -> pl.Expr:
    """Tell whether a list of ids holds one of those wanted; null where there is no list."""
    if not wanted:
        return ids.list.len() < 0
    if len(wanted) <= 4:
        return reduce(or_, (ids.list.contains(number) for number in wanted), pl.lit(False))
    return ids.list.eval(pl.element().is_in(sorted(wanted))).list.any()


def signed(holds: pl.Expr, operator: str) -> pl.Expr:
    """Return whether something holds, or does not where the operator says NOT."""
    return ~holds if operator.startswith("NOT ") else holds
