"""Add a tax to prices, or take it out of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import Literal

import polars as pl

from channels.steps.contract import Cell, Context, Step, step
from channels.steps.decimals import Direction, affine, rounded, scaled
from channels.steps.parameters import param
from channels.steps.render import as_text_cell
from channels.steps.sources import Source
from channels.steps.tables import (
    keys,
    looked_up,
    number_in,
    number_problems,
    table_of,
    table_problems,
)
from pim.domain.violations import Violation


@step("tax")
@dataclass(frozen=True, kw_only=True)
class Tax(Step):
    """Add a tax to a price, or take it out of one: exactly, and rounded once.

    The rate is one number, or comes from a table by country (`GB`), by the product's tax class
    (`reduced`) or by both (`GB/reduced`), the most particular first. A product whose rate the
    table lacks has no price, and is reported as `TARGET.unmapped`.
    """

    accepts = frozenset({"money", "number"})

    do: Literal["add", "remove"] = param("add (net to gross) or remove (gross to net)")
    rate: Decimal | None = param("The rate in percent: 20, 5.5", None)
    rates: Mapping[str, str] | str | None = param(
        "The table of rates in percent, or the name of one, instead of `rate`", None
    )
    country: str | None = param("The country in the table; the feed's by default", None)
    tax_class: Source | None = param("The product's tax class in the table", None)
    to: Decimal | None = param("Rounded to multiples of this; the currency's by default", None)
    direction: Direction = param(
        "nearest (halves away from zero), nearest_even, up or down", "nearest"
    )

    def problems(self, cell: Cell, context: Context) -> Iterator[Violation]:
        """Yield none or both of rate and table, rates below zero, a table that says nothing."""
        if (self.rate is None) == (self.rates is None):
            yield _problem("rate", "A tax needs either a rate or a table of rates")
        if self.rate is not None and self.rate < 0:
            yield _problem("rate", "A tax is not below zero")
        if self.to is not None and self.to <= 0:
            yield _problem("to", "Rounding goes to a positive number")
        if self.rates is not None:
            yield from table_problems(self.rates, context, "rates")
            yield from number_problems(table_of(self.rates, context), "rates")
            if not (self.tax_class or self._country(context)):
                yield _problem("country", "The table needs a country or a tax class to look for")

    def compile(self, cell: Cell, context: Context) -> Cell:
        """Return the price, of the same kind and currency."""
        step = self.to or Decimal(1).scaleb(-context.decimals(cell.currency or context.currency))
        if self.rate is not None:
            exact = scaled(cell.expr, self._factor(self.rate))
        else:
            exact = context.stages.hold(self._by_table(cell, context))
        return replace(cell, expr=rounded(exact, step, self.direction))

    def _by_table(self, cell: Cell, context: Context) -> pl.Expr:
        table = table_of(self.rates or {}, context)
        found = [context.stages.hold(key) for key in keys(self._parts(context))]
        numbers = {key: number_in(rate) or Decimal(0) for key, rate in table.items()}
        factors = {key: self._factor(rate) for key, rate in numbers.items()}
        times = {key: factor.numerator for key, factor in factors.items()}
        over = {key: factor.denominator for key, factor in factors.items()}
        known = context.stages.hold(looked_up(found, times, pl.Int128))
        by = context.stages.hold(looked_up(found, over, pl.Int128))
        lacks = known.is_null() & cell.expr.is_not_null()
        context.stages.lack(pl.when(lacks).then(found[0].fill_null("")))
        return affine(cell.expr, known, pl.lit(0, dtype=pl.Int128), by)

    def _parts(self, context: Context) -> list[pl.Expr | str]:
        parts: list[pl.Expr | str] = []
        if country := self._country(context):
            parts.append(country)
        if self.tax_class:
            parts.append(as_text_cell(self.tax_class.compile(context), context).expr)
        return parts

    def _country(self, context: Context) -> str | None:
        return self.country or context.country

    def _factor(self, rate: Decimal) -> Fraction:
        gross = 1 + Fraction(rate) / 100
        return gross if self.do == "add" else 1 / gross


def _problem(path: str, message: str) -> Violation:
    return Violation(
        code="mapping.bad_operand", path=path, message=message, mend="Correct the step"
    )
