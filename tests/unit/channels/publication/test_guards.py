"""Guards speak up when a publication looks like an accident."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from channels.feeds.definition import Guards
from channels.publication.guards import reasons_to_hold, zero_prices

OFF = Guards(max_drop_percent=None, min_items=None, max_zero_prices=None, max_errors_percent=None)


def items(count: int, price: str = "1.00 EUR") -> pl.DataFrame:
    return pl.DataFrame({"id": [str(n) for n in range(count)], "price": [price] * count})


def reasons(guards: Guards, frame: pl.DataFrame, **facts: Any) -> list[str]:
    given = {"count": frame.height, "selected": frame.height, "before": None, **facts}
    return list(reasons_to_hold(guards, items=frame, price_targets=("price",), **given))


def test_an_ordinary_publication_is_not_held():
    assert reasons(Guards(), items(8), before=10) == []


def test_a_fall_to_the_limit_passes_and_below_it_is_held():
    assert reasons(Guards(), items(80), before=100) == []
    assert reasons(Guards(), items(79), before=100) == [
        "Items fall from 100 to 79 (21.0 %), more than 20 %."
    ]


def test_the_first_publication_cannot_fall():
    assert reasons(Guards(), items(1), before=None) == []
    assert reasons(Guards(), items(1), before=0) == []


def test_a_delta_is_judged_by_what_the_destination_will_have():
    assert reasons(Guards(), items(3), count=98, before=100) == []
    assert reasons(Guards(), items(0), count=50, before=100) == [
        "Items fall from 100 to 50 (50.0 %), more than 20 %."
    ]


def test_too_many_errors_are_counted_against_what_was_selected():
    assert reasons(Guards(max_errors_percent=Decimal(10)), items(8), selected=10) == [
        "Errors keep out 2 of 10 items (20.0 %), more than 10 %."
    ]


def test_several_reasons_are_all_named():
    found = reasons(Guards(), items(0), before=5, selected=4)

    assert len(found) == 3


def test_guards_that_are_off_hold_nothing():
    assert reasons(OFF, items(0), before=1000, selected=1000) == []


@pytest.mark.parametrize(
    "price", ["0", "0.00", "0,00 €", "EUR 0", "£0.00", "-0.00 GBP", "0.00 EUR", "000", " 0 "]
)
def test_a_price_of_zero_is_one_in_any_dress(price):
    assert zero_prices(items(1, price), ("price",)) == 1


@pytest.mark.parametrize("price", ["0.01", "10", "EUR 100.00", "1 000", "", "on request", "20,00"])
def test_other_prices_are_not_zero(price):
    assert zero_prices(items(1, price), ("price",)) == 0


def test_an_item_counts_once_however_many_of_its_prices_are_zero():
    frame = pl.DataFrame({"price": ["0", None], "sale_price": ["0", "0.00"]})

    assert zero_prices(frame, ("price", "sale_price", "not_mapped")) == 2
