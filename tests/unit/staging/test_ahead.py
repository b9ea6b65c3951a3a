"""Work is done one piece ahead, in order, and its errors arrive where they belong."""

from __future__ import annotations

import threading
from functools import partial

import pytest

from pim.staging.ahead import one_ahead


def test_results_come_in_order_and_one_is_made_meanwhile() -> None:
    second = threading.Event()

    def tenfold(number: int) -> int:
        if number == 2:
            second.set()
        return number * 10

    found = []
    for number, made in one_ahead([1, 2, 3], lambda number: partial(tenfold, number)):
        assert second.wait(timeout=30)
        found.append((number, made))

    assert found == [(1, 10), (2, 20), (3, 30)]


def test_an_error_arrives_with_its_item_and_not_before() -> None:
    results = one_ahead([1, 0], lambda number: lambda: 1 // number)

    assert next(results) == (1, 1)
    with pytest.raises(ZeroDivisionError):
        next(results)
