"""Write prices the way a destination reads them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from channels.steps.contract import Cell, Context, Step, step
from channels.steps.number_format import written
from channels.steps.parameters import param
from pim.domain.violations import Violation


@step("price_format")
@dataclass(frozen=True, kw_only=True)
class PriceFormat(Step):
    """Write a price with its currency's decimals: `120.00 GBP`, `15000 JPY`.

    A plain number takes the feed's currency. Rounds halves away from zero.
    """

    accepts = frozenset({"money", "number"})

    pattern: str = param("Where {amount} and {currency} stand", "{amount} {currency}")
    decimals: int | None = param(
        "So many decimals instead of the currency's", None, at_least=0, at_most=10
    )
    sign: str = param("The decimal sign", ".")
    grouping: str = param("What stands between thousands; nothing by default", "")

    def problems(self, cell: Cell, context: Context) -> Iterator[Violation]:
        """Yield a pattern without amount, and a price without currency."""
        if "{amount}" not in self.pattern:
            yield Violation(
                code="mapping.bad_pattern",
                path="pattern",
                message='The pattern "{value}" has no place for the amount',
                parameters={"value": self.pattern},
                mend="Put {{amount}} where the number belongs",
            )
        if "{currency}" in self.pattern and not self._currency(cell, context):
            yield Violation(
                code="mapping.no_currency",
                path="pattern",
                message="The price has no currency, and neither has the feed",
                mend="Give the feed a currency, or leave {{currency}} out of the pattern",
            )

    def compile(self, cell: Cell, context: Context) -> Cell:
        """Return the price as text."""
        currency = self._currency(cell, context)
        decimals = context.decimals(currency) if self.decimals is None else self.decimals
        amount = written(cell.expr, decimals, self.sign, self.grouping, "nearest")
        before, _, after = self.pattern.replace("{currency}", currency or "").partition("{amount}")
        return cell.text(pl.lit(before) + amount + pl.lit(after))

    def _currency(self, cell: Cell, context: Context) -> str | None:
        return cell.currency or context.currency
