"""Translate values by a table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

import polars as pl

from channels.steps.contract import Cell, Context, Step, step
from channels.steps.parameters import param
from channels.steps.reading import unknown_name
from pim.domain.violations import Violation


@step("lookup")
@dataclass(frozen=True, kw_only=True)
class Lookup(Step):
    """Translate a value by a table: our codes to the destination's words.

    Capitals do not matter in the keys. Of an option the code is looked up, of a list every
    element. What the table lacks is kept, emptied or reported as a violation of the item.
    """

    table: Mapping[str, str] | str = param("The table {ours: theirs}, or the name of one")
    default: str | None = param("What stands for values that the table lacks", None)
    unmapped: Literal["keep", "empty", "violation"] = param(
        "What happens to a value that the table lacks, where there is no default", "violation"
    )

    def problems(self, cell: Cell, context: Context) -> Iterator[Violation]:
        """Yield a table that does not exist."""
        if isinstance(self.table, str) and self.table not in context.lookups:
            yield unknown_name("lookup", self.table, context.lookups, "table")

    def compile(self, cell: Cell, context: Context) -> Cell:
        """Return the translated value; what the table lacks is noted with the stages."""
        table = context.lookups[self.table] if isinstance(self.table, str) else self.table
        folded = {ours.casefold(): theirs for ours, theirs in table.items()}
        if self.default is None and self.unmapped == "violation":
            context.stages.lack(_lacks(cell, folded))
        if cell.kind == "list":
            return cell.list(cell.expr.list.eval(self._one(pl.element(), folded).drop_nulls()))
        return cell.text(self._one(cell.expr, folded))

    def _one(self, value: pl.Expr, table: Mapping[str, str]) -> pl.Expr:
        found = _translated(value, table)
        if self.default is not None:
            return pl.when(value.is_not_null()).then(found.fill_null(pl.lit(self.default)))
        return pl.coalesce(found, value) if self.unmapped == "keep" else found


def _translated(value: pl.Expr, table: Mapping[str, str]) -> pl.Expr:
    if not table:
        return pl.when(False).then(value)
    folded = value.str.to_lowercase()
    return folded.replace_strict(dict(table), default=None, return_dtype=pl.String)


def _lacking(value: pl.Expr, table: Mapping[str, str]) -> pl.Expr:
    return pl.when(_translated(value, table).is_null()).then(value)


def _lacks(cell: Cell, table: Mapping[str, str]) -> pl.Expr:
    """Return the value, or the first element of a list, that the table lacks."""
    if cell.kind == "list":
        return cell.expr.list.eval(_lacking(pl.element(), table).drop_nulls()).list.first()
    return _lacking(cell.expr, table)
