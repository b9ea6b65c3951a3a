"""Tax and currency in columns are what exact fractions give, rounded once."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.steps.contract import DECIMAL, Cell, Context
from channels.steps.currency_rate import CurrencyRate
from channels.steps.decimals import Direction
from channels.steps.stages import Stages
from channels.steps.stages import computed as held
from channels.steps.tax import Tax
from pim.domain import decimals as exact
from pim.domain.structure import Channel, Codes, Currency, Structure

PRICES = st.decimals(min_value=-(10**6), max_value=10**8, places=4)
PERCENT = st.decimals(min_value=0, max_value=99, places=3)
RATES = st.decimals(min_value="0.0001", max_value=20_000, places=6)
STEPS = st.sampled_from([Decimal(s) for s in ("0.01", "0.05", "1", "100")])
DIRECTIONS = st.sampled_from(["nearest", "up", "down"])

STRUCTURE = Structure(
    currencies=Codes([Currency(id=1, code="GBP"), Currency(id=2, code="JPY", decimals=0)])
)


def computed(step, amounts):
    """Return what a step makes of prices in GBP."""
    context = Context(
        structure=STRUCTURE,
        channel=Channel(id=1, code="web"),
        as_of=None,  # type: ignore[arg-type]  # these steps have no use for a moment
        fields=None,  # type: ignore[arg-type]  # nor for other fields
        currency="GBP",
        country="GB",
        stages=Stages(),
    )
    cell = Cell(expr=pl.col("a"), kind="money", currency="GBP")
    after = step.compile(cell, context)
    frame = pl.DataFrame({"a": pl.Series(amounts, dtype=DECIMAL)}).lazy()
    return held(frame, [context.stages]).select(after.expr).collect().to_series().to_list()


def rounded(value: Fraction, step: Decimal, direction: Direction) -> Decimal:
    """Return a fraction rounded once, by the domain's rule, without any digit lost before."""
    # Thirty digits more than the step has, cut towards zero and marked as inexact by a last 1.
    scaled = abs(value) * 10**40
    digits = scaled.numerator // scaled.denominator
    kept = digits if scaled.denominator == 1 else digits * 10 + 1
    places = -40 if scaled.denominator == 1 else -41
    number = Decimal(f"{'-' if value < 0 else ''}{kept}E{places}")
    return exact.round_to(number, step, direction)


@settings(deadline=None)
@given(
    amounts=st.lists(PRICES, min_size=1, max_size=5),
    rate=PERCENT,
    to=STEPS,
    direction=DIRECTIONS,
    by_table=st.booleans(),
)
def test_tax_is_the_exact_product_rounded_once(amounts, rate, to, direction, by_table):
    how = {"rates": {"GB": str(rate)}} if by_table else {"rate": rate}
    factor = 1 + Fraction(rate) / 100

    add = Tax(do="add", to=to, direction=direction, **how)
    remove = Tax(do="remove", to=to, direction=direction, **how)

    assert computed(add, amounts) == [rounded(Fraction(a) * factor, to, direction) for a in amounts]
    assert computed(remove, amounts) == [
        rounded(Fraction(a) / factor, to, direction) for a in amounts
    ]


@settings(deadline=None)
@given(
    amounts=st.lists(PRICES, min_size=1, max_size=5),
    rate=RATES,
    to=STEPS,
    direction=DIRECTIONS,
)
def test_a_conversion_is_the_exact_product_rounded_once(amounts, rate, to, direction):
    step = CurrencyRate(to="JPY", rates={"GBP/JPY": str(rate)}, round_to=to, direction=direction)
    assert computed(step, amounts) == [
        rounded(Fraction(a) * Fraction(rate), to, direction) for a in amounts
    ]
