"""Checks of prices against each other, and of the items of one group."""

from __future__ import annotations

from decimal import Decimal

import pytest

from exporters.contract import Requirement, Requirements

from .test_checking import broken, items, relate


def below_by(percent):
    return relate("below_by", "price", "old", percent=Decimal(percent))


@pytest.mark.parametrize(
    ("price", "old", "fails"),
    [
        ("95", "100", False),
        ("95.0000000001", "100", True),
        ("99.99", "100", True),
        ("100", "100", False),
        ("120", "100", False),
        ("0.95", "1", False),
        ("950000000000000000", "1000000000000000000", False),
        ("950000000000000000.01", "1000000000000000000", True),
        ("95.00 GBP", "100.00 GBP", False),
        ("96.00 GBP", "100.00 GBP", True),
        (None, "100", False),
        ("90", None, False),
        ("cheap", "100", False),
    ],
)
def test_a_price_is_below_another_by_a_share_of_it_exactly(price, old, fails):
    found = broken(items(price=[price], old=[old]), below_by("5"))
    assert found == ({"together": [0]} if fails else {})


def test_a_share_may_have_decimals():
    found = broken(items(price=["92.5", "92.51"], old=["100", "100"]), below_by("7.5"))
    assert found == {"together": [1]}


def test_items_of_a_group_share_their_values():
    frame = items(group=["a", "a", "b", "b", None, None], name=["x", "y", "x", "x", "x", "y"])
    assert broken(frame, relate("same_within", "name", group="group")) == {"together": [0, 1]}


def test_absent_counts_as_a_value_that_is_shared_or_not():
    frame = items(group=["a", "a", "b", "b"], name=["x", None, None, None])
    assert broken(frame, relate("same_within", "name", group="group")) == {"together": [0, 1]}


def test_a_group_has_at_most_so_many_items():
    frame = items(group=["a", "a", "a", "b", "b", None, None, None])
    assert broken(frame, relate("max_within", "group", group="group", limit=2)) == {
        "together": [0, 1, 2]
    }


def test_a_requirement_of_all_parts_has_one_code_and_blames_the_part():
    demands = Requirements(
        targets=(
            Requirement(target="param.*", max_length=3),
            Requirement(target="param.free"),
        )
    )
    frame = items(**{"param.size": ["38", "38.55"], "param.free": ["long enough", None]})

    assert broken(frame, demands) == {"param.*.max_length": [1]}
    (rule,) = [r for r in demands.rules_for(["param.size"]) if r.check == "max_length"]
    assert (rule.code, rule.target) == ("param.*.max_length", "param.size")
