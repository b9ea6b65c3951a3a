from __future__ import annotations

from decimal import Decimal, InvalidOperation

import pytest

from pim.domain import decimals


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("12.50", "12.5"),
        ("1E+1", "10"),
        ("-0.00", "0"),
        ("007", "7"),
        ("+1", "1"),
        (Decimal("0.0000000001"), "0.0000000001"),
        ("9" * 28 + ".1234567890", "9" * 28 + ".123456789"),
        (42, "42"),
    ],
)
def test_a_number_has_one_spelling(given: str | int | Decimal, expected: str) -> None:
    assert decimals.canonical(given) == expected


@pytest.mark.parametrize("given", ["9" * 29, "0.00000000001", "NaN", "Infinity", "1E+1000000"])
def test_numbers_beyond_the_kept_digits_are_refused(given: str) -> None:
    with pytest.raises(ValueError, match="more digits"):
        decimals.canonical(given)


def test_text_that_is_no_number_is_refused() -> None:
    with pytest.raises(InvalidOperation):
        decimals.canonical("12,5")


@pytest.mark.parametrize("text", ["1e5", "1_000", "\u0661", "", ".", "-", "1.2.3", " 1", "0x1"])
def test_only_plain_digits_spell_a_number(text: str) -> None:
    assert decimals.parse(text) is None


@pytest.mark.parametrize(
    ("value", "step", "expected"),
    [
        ("2.5", "1", "3"),
        ("-2.5", "1", "-3"),
        ("0.125", "0.01", "0.13"),
        ("0.124999", "0.01", "0.12"),
        ("12.37", "0.05", "12.35"),
        ("12.38", "0.05", "12.40"),
        ("149", "10", "150"),
    ],
)
def test_halves_go_away_from_zero(value: str, step: str, expected: str) -> None:
    assert decimals.round_half_away(Decimal(value), Decimal(step)) == Decimal(expected)


@pytest.mark.parametrize(
    ("direction", "expected"), [("nearest", "12.35"), ("up", "12.40"), ("down", "12.35")]
)
def test_rounding_has_a_direction(direction: decimals.Direction, expected: str) -> None:
    rounded = decimals.round_to(Decimal("12.36"), Decimal("0.05"), direction)
    assert rounded == Decimal(expected)


@pytest.mark.parametrize(
    ("value", "ending", "direction", "expected"),
    [
        ("12.30", "0.99", "nearest", "11.99"),
        ("12.49", "0.99", "nearest", "12.99"),
        ("12.30", "0.99", "up", "12.99"),
        ("12.30", "0.99", "down", "11.99"),
        ("12.99", "0.99", "up", "12.99"),
        ("12.99", "0.99", "down", "12.99"),
        ("47", "9.95", "nearest", "49.95"),
        ("230", "99", "up", "299"),
        ("12.6", "0", "nearest", "13"),
        ("0.30", "0.99", "down", "0.99"),
        ("-12.30", "0.99", "up", "-11.99"),
    ],
)
def test_prices_get_an_ending(
    value: str, ending: str, direction: decimals.Direction, expected: str
) -> None:
    assert decimals.to_ending(Decimal(value), Decimal(ending), direction) == Decimal(expected)


def test_amounts_take_the_decimals_of_their_currency() -> None:
    assert str(decimals.to_currency(Decimal("1234.5"), 0)) == "1235"
    assert str(decimals.to_currency(Decimal("1234.5"), 2)) == "1234.50"
    assert str(decimals.to_currency(Decimal("1.2345"), 3)) == "1.235"
