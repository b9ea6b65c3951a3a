"""Convert prices to another currency by a given rate."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

from channels.steps.contract import Cell, Context, Step, step
from channels.steps.decimals import Direction, rounded, scaled
from channels.steps.parameters import param
from channels.steps.reading import unknown_name
from channels.steps.tables import number_in, number_problems, table_of, table_problems
from pim.domain.violations import Violation


@step("currency_rate")
@dataclass(frozen=True, kw_only=True)
class CurrencyRate(Step):
    """Convert a price to another currency: times a rate, exactly, and rounded once.

    Rates stand in the feed's document, by the pair of currencies (`GBP/EUR`): nothing is fetched,
    so the same document gives the same prices. A rate is never turned round by itself.
    """

    accepts = frozenset({"money", "number"})

    to: str | None = param("The currency to convert to; the feed's by default", None)
    rate: Decimal | None = param("How much of it one unit of the price's currency is worth", None)
    rates: Mapping[str, str] | str | None = param(
        "The table of rates {FROM/TO: rate}, or the name of one, instead of `rate`", None
    )
    round_to: Decimal | None = param(
        "Rounded to multiples of this; the currency's decimals by default", None
    )
    direction: Direction = param(
        "nearest (halves away from zero), nearest_even, up or down", "nearest"
    )

    def problems(self, cell: Cell, context: Context) -> Iterator[Violation]:
        """Yield unknown currencies, none or both of rate and table, and a missing rate."""
        target = self._target(context)
        if target is None or target not in context.structure.currencies:
            known = [each.code for each in context.structure.currencies]
            yield unknown_name("currency", target or "", known, "to")
        if (self.rate is None) == (self.rates is None):
            yield _problem("rate", "A conversion needs either a rate or a table of rates")
        if self.rate is not None and self.rate <= 0:
            yield _problem("rate", "A rate is above zero")
        if self.round_to is not None and self.round_to <= 0:
            yield _problem("round_to", "Rounding goes to a positive number")
        if self.rates is not None:
            yield from table_problems(self.rates, context, "rates")
            yield from number_problems(table_of(self.rates, context), "rates")
            if not self._factor(cell, context):
                yield self._missing(cell, context)

    def compile(self, cell: Cell, context: Context) -> Cell:
        """Return the price in the other currency."""
        target = self._target(context)
        known = context.structure.currencies.get(target)
        code = known.code if known else target
        step = self.round_to or Decimal(1).scaleb(-context.decimals(code))
        exact = context.stages.hold(scaled(cell.expr, self._factor(cell, context)))
        return replace(cell, expr=rounded(exact, step, self.direction), kind="money", currency=code)

    def _target(self, context: Context) -> str | None:
        return self.to or context.currency

    def _factor(self, cell: Cell, context: Context) -> Fraction:
        """Return the rate; 1 between equal currencies, 0 if the table lacks it."""
        if self.rate is not None:
            return Fraction(self.rate)
        pair = self._pair(cell, context)
        if pair[0].casefold() == pair[1].casefold():
            return Fraction(1)
        found = table_of(self.rates or {}, context).get("/".join(pair).casefold(), "")
        return Fraction(number_in(found) or 0)

    def _pair(self, cell: Cell, context: Context) -> tuple[str, str]:
        return (cell.currency or context.currency or "", self._target(context) or "")

    def _missing(self, cell: Cell, context: Context) -> Violation:
        pair = "/".join(self._pair(cell, context))
        return Violation(
            code="mapping.no_rate",
            path="rates",
            message='The table has no rate for "{pair}"',
            parameters={"pair": pair},
            value=pair,
            mend='Add {{"{pair}": ...}}; a rate the other way round is not turned by itself',
        )


def _problem(path: str, message: str) -> Violation:
    return Violation(
        code="mapping.bad_operand", path=path, message=message, mend="Correct the step"
    )
