from __future__ import annotations

from decimal import Decimal
from itertools import pairwise

import pytest

from pim.demo import sizes


@pytest.mark.parametrize(
    ("eu", "scale", "uk", "us", "cm"),
    [
        ("36", "women", "3.5", "5.5", "22.5"),
        ("38", "women", "5", "7", "24"),
        ("42", "men", "8", "9", "26.5"),
        ("44", "men", "9.5", "10.5", "28"),
        ("28", "kids", "10", "11C", "17"),
        ("32", "kids", "13", "1Y", "20"),
        ("33", "kids", "1", "2Y", "20.5"),
    ],
)
def test_sizes_agree_with_the_tables_that_shops_print(eu, scale, uk, us, cm):
    size = Decimal(eu)

    assert (sizes.uk(size, scale), sizes.us(size, scale), sizes.jp_cm(size)) == (uk, us, cm)


@pytest.mark.parametrize(("scale", "low", "high"), [("women", "35", "42"), ("men", "39", "47")])
def test_larger_sizes_are_never_called_smaller(scale, low, high):
    for smaller, larger in pairwise(sizes.steps(low, high, halves=True)):
        for convert in (sizes.uk, sizes.us):
            assert Decimal(convert(smaller, scale)) <= Decimal(convert(larger, scale))
        assert Decimal(sizes.jp_cm(smaller)) <= Decimal(sizes.jp_cm(larger))


def test_half_sizes_have_codes_without_a_dot():
    assert [sizes.code(s) for s in sizes.steps("39", "40", halves=True)] == ["39", "39_5", "40"]
