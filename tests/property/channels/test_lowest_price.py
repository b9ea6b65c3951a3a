"""The lowest price before a reduction: columns agree with the rule told day by day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.past_prices.lowest import lowest
from channels.steps.past_price import PastPrice, Place

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
PRICE = Place(column="price-EUR", path=("price", "<all>", "<all>"), currency="EUR")
SALE = Place(column="sale-EUR", path=("sale", "<all>", "<all>"), currency="EUR")
SCHEMA = {"entity": pl.Int64, "at": pl.Int64, "old": pl.String, "new": pl.String}

AMOUNTS = st.one_of(st.none(), st.integers(1, 6))
HISTORIES = st.lists(st.tuples(st.integers(1, 90), AMOUNTS), max_size=6, unique_by=lambda e: e[0])


def states(first, changes):
    """Return [(days ago from which, amount)], the oldest first."""
    return [(10**6, first), *sorted(changes, reverse=True)]


def at(line, ago):
    """Return the amount that held so many days ago."""
    return [amount for since, amount in line if since >= ago][-1]


def told(prices, sales, *, days, before, by_sale):
    """Return the lowest price by going back half day by half day: the rule in plain words."""
    halves = [half / 2 for half in range(2 * 200)]  # changes fall on whole days

    def applied(ago):
        sale = at(sales, ago) if by_sale else None
        return at(prices, ago) if sale is None else sale

    end = 0.0
    if before == "reduction":
        end = _began(applied, sales, halves, by_sale=by_sale)
        if end is None:
            return None
    counted = [applied(ago) for ago in halves if end < ago < end + days]
    return min((amount for amount in counted if amount is not None), default=None)


def _began(applied, sales, halves, *, by_sale):
    if by_sale:
        if at(sales, 0) is None:
            return 0.0
        without = [ago for ago in halves if at(sales, ago) is None]
        return None if not without else without[0] - 0.5
    now = applied(0)
    others = [ago for ago in halves if applied(ago) != now]
    if not others or now is None or applied(others[0]) is None or applied(others[0]) < now:
        return 0.0
    return others[0] - 0.5


def events(entity, first, changes):
    """Return history's events of one entity; a change to the same amount is none."""
    line = states(first, changes)
    found = []
    for (_, old), (ago, new) in pairwise(line):
        moment = int((NOW - timedelta(days=ago)).timestamp()) * 1_000_000
        found.append((entity, moment, old and str(old), new and str(new)))
    return pl.DataFrame(found, schema=SCHEMA, orient="row")


@settings(deadline=None)
@given(
    first=AMOUNTS,
    prices=HISTORIES,
    first_sale=AMOUNTS,
    sales=HISTORIES,
    owners=st.sampled_from([(1, 1), (2, 2), (3, 3), (1, 3), (2, 1)]),
    days=st.integers(1, 60),
    before=st.sampled_from(["reduction", "now"]),
    by_sale=st.booleans(),
)
def test_columns_find_what_the_rule_says(
    first, prices, first_sale, sales, owners, days, before, by_sale
):
    price_line, sale_line = states(first, prices), states(first_sale, sales)
    price, sale = at(price_line, 0), at(sale_line, 0)
    products = pl.DataFrame(
        {
            "id": [1],
            "parent": [2],
            "root": [3],
            "created": [NOW - timedelta(days=900)],
            PRICE.column: pl.Series([price and Decimal(price)], dtype=pl.Decimal(38, 10)),
            SALE.column: pl.Series([sale and Decimal(sale)], dtype=pl.Decimal(38, 10)),
        }
    )
    request = PastPrice(
        price=PRICE,
        sale=SALE if by_sale else None,
        days=days,
        before=before,
        young="shorter",
        look_back=1_000,
    )
    of_sale = events(owners[1], first_sale, sales) if by_sale else pl.DataFrame(schema=SCHEMA)
    found = lowest(products, request, events(owners[0], first, prices), of_sale, NOW)

    expected = told(price_line, sale_line, days=days, before=before, by_sale=by_sale)
    assert found.to_list() == [None if expected is None else Decimal(expected)]
