"""Columns of decimals compute what exact arithmetic in plain Python does."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from channels.steps.decimals import (
    DECIMAL,
    canonical,
    divided,
    multiplied,
    rounded,
    scaled,
    to_ending,
)
from pim.domain import decimals as exact

AMOUNTS = st.decimals(min_value=-(10**7), max_value=10**7, places=10)
PRICES = st.decimals(min_value=-(10**7), max_value=10**7, places=3)
STEPS = st.sampled_from([Decimal(s) for s in ("0.01", "0.05", "0.25", "1", "3", "100")])
ENDINGS = st.sampled_from([Decimal(s) for s in ("0.99", "0.5", "9.95", "9", "99")])
DIRECTIONS = st.sampled_from(["nearest", "up", "down"])


def computed(make, *amounts):
    frame = pl.DataFrame({str(n): pl.Series([a], dtype=DECIMAL) for n, a in enumerate(amounts)})
    return frame.select(make(*(pl.col(str(n)) for n in range(len(amounts))))).item()


def kept(value):
    """Return a fraction at ten decimals by the rule that survives another rounding."""
    size = abs(value) * 10**10
    whole = size.numerator // size.denominator
    if size.denominator != 1 and whole % 5 == 0:
        whole += 1
    return Decimal(whole if value >= 0 else -whole).scaleb(-10)


@given(amount=PRICES, step=STEPS, direction=DIRECTIONS)
def test_columns_round_like_the_domain(amount, step, direction):
    assert computed(lambda a: rounded(a, step, direction), amount) == exact.round_to(
        amount, step, direction
    )


@given(amount=PRICES, ending=ENDINGS, direction=DIRECTIONS)
def test_columns_find_price_endings_like_the_domain(amount, ending, direction):
    assert computed(lambda a: to_ending(a, ending, direction), amount) == exact.to_ending(
        amount, ending, direction
    )


@given(amount=AMOUNTS)
def test_columns_spell_numbers_like_the_domain(amount):
    assert computed(canonical, amount) == exact.canonical(amount)


@given(left=AMOUNTS, right=AMOUNTS)
def test_products_and_quotients_are_exact_to_ten_decimals(left, right):
    product = Fraction(left) * Fraction(right)

    assert computed(multiplied, left, right) == kept(product)
    if right:
        quotient = Fraction(left) / Fraction(right)
        assert computed(divided, left, right) == kept(quotient)


@given(amount=PRICES, factor=st.fractions(max_denominator=10**6, min_value=-9, max_value=9))
def test_rounding_after_a_calculation_is_as_of_the_exact_result(amount, factor):
    step = Decimal("0.01")

    found = computed(lambda a: rounded(scaled(a, factor), step), amount)

    assert found == exact.round_half_away(Fraction(amount) * factor, step)
