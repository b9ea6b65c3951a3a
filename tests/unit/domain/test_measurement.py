from __future__ import annotations

from decimal import Decimal

import pytest

from pim.domain import measurement
from tests.factories.structure import TEMPERATURE, WEIGHT, footwear


@pytest.mark.parametrize(
    ("amount", "source", "target", "expected"),
    [
        ("1500", "GRAM", "KILOGRAM", "1.5"),
        ("1.5", "kilogram", "gram", "1500"),
        ("16", "OUNCE", "GRAM", "453.59237"),
        ("453.59237", "GRAM", "OUNCE", "16"),
        ("0.1", "GRAM", "GRAM", "0.1"),
    ],
)
def test_amounts_convert_exactly_through_the_standard_unit(
    amount: str, source: str, target: str, expected: str
) -> None:
    assert measurement.convert(Decimal(amount), source, target, WEIGHT) == Decimal(expected)


def test_units_may_add_and_divide() -> None:
    convert = measurement.convert
    assert convert(Decimal(212), "FAHRENHEIT", "CELSIUS", TEMPERATURE) == 100
    assert convert(Decimal(100), "CELSIUS", "FAHRENHEIT", TEMPERATURE) == 212


def test_the_last_step_alone_rounds_half_away_from_zero() -> None:
    third = measurement.convert(Decimal(1), "GRAM", "OUNCE", WEIGHT)
    assert third == Decimal("0.0352739619")
    step = Decimal("0.01")
    assert measurement.convert(Decimal(1), "GRAM", "OUNCE", WEIGHT, step=step) == Decimal("0.04")


def test_an_unknown_unit_is_a_programme_error() -> None:
    with pytest.raises(KeyError):
        measurement.convert(Decimal(1), "GRAM", "STONE", WEIGHT)


def test_a_measurement_compares_by_its_standard_amount() -> None:
    structure = footwear()
    weight = structure.attributes["weight"]
    grams = {"amount": "1500", "unit": "GRAM"}
    assert measurement.standard_amount(grams, weight, structure) == Decimal("1.5")
    gone = {"amount": "1500", "unit": "STONE"}
    assert measurement.standard_amount(gone, weight, structure) is None
