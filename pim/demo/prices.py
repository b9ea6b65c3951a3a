"""Prices in four currencies, each with the ending that its market is used to."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

#: Rates are the shop's own calculation rates, not the market's.
RATES = {"GBP": Decimal(1), "EUR": Decimal("1.18"), "RUB": Decimal(118), "JPY": Decimal(196)}
#: Prices are rounded to a step, then this much is added (less than nothing: taken away).
ENDINGS = {
    "GBP": (Decimal(1), Decimal("0.00")),
    "EUR": (Decimal(5), Decimal("-0.05")),
    "RUB": (Decimal(100), Decimal(-10)),
    "JPY": (Decimal(100), Decimal(0)),
}


def regular(pounds: int) -> dict[str, str]:
    """Return amounts by currency for a price in pounds, as decimal strings."""
    return {currency: _amount(Decimal(pounds), currency) for currency in RATES}


def reduced(pounds: int, *, percent: int) -> dict[str, str]:
    """Return amounts by currency for a price that is reduced by per cent."""
    left = Decimal(pounds) * (100 - percent) / 100
    return {currency: _amount(left, currency) for currency in RATES}


def cost(price: dict[str, str]) -> dict[str, str]:
    """Return what a shoe costs us, in pounds and euros."""
    return {c: f"{Decimal(price[c]) * Decimal('0.38'):.2f}" for c in ("GBP", "EUR") if c in price}


def _amount(pounds: Decimal, currency: str) -> str:
    step, ending = ENDINGS[currency]
    steps = (pounds * RATES[currency] / step).quantize(Decimal(1), ROUND_HALF_UP)
    amount = steps * step + ending
    return f"{amount:f}" if currency == "JPY" else f"{amount:.2f}"
