"""Canonical data stays itself: through its own check, through flat files, through arithmetic."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from pim.domain import decimals, measurement
from pim.domain.attribute_types import CellFormat, check, type_of
from pim.domain.structure import Attribute
from tests.factories.conditions import data_of
from tests.factories.structure import ATTRIBUTES, TEMPERATURE, WEIGHT, footwear

STRUCTURE = footwear()

amounts = st.decimals(
    min_value=-(10**12), max_value=10**12, allow_nan=False, allow_infinity=False, places=4
)
steps = st.sampled_from([Decimal(step) for step in ("0.01", "0.05", "0.1", "1", "2.5", "10")])


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(ATTRIBUTES), st.data())
def test_canonical_data_survives_its_check_and_a_flat_file(
    attribute: Attribute, data: st.DataObject
) -> None:
    drawn = data.draw(data_of(attribute, STRUCTURE))
    canonical, violations = check(drawn, attribute, STRUCTURE)
    if violations:
        assert canonical is None
        return
    again = check(canonical, attribute, STRUCTURE)
    assert (again.data, list(again.violations)) == (canonical, [])
    kind = type_of(attribute)
    cells = kind.to_cells(canonical, attribute, STRUCTURE)
    assert kind.from_cells(cells, attribute, STRUCTURE, CellFormat()).data == canonical


@given(amounts)
def test_a_canonical_number_is_the_same_number_spelt_once(number: Decimal) -> None:
    text = decimals.canonical(number)
    assert Decimal(text) == number
    assert decimals.canonical(text) == text
    assert "E" not in text
    assert text == "0" or not text.startswith("-0.") or number < 0


@given(amounts, steps)
def test_rounding_lands_on_the_nearest_step(number: Decimal, step: Decimal) -> None:
    near = decimals.round_half_away(number, step)
    assert near % step == 0
    assert abs(near - number) * 2 <= step
    assert decimals.round_half_away(-number, step) == -near
    assert (
        decimals.round_to(number, step, "down") <= number <= decimals.round_to(number, step, "up")
    )


@given(amounts, st.sampled_from(["0.99", "0.95", "0", "9.95", "99"]))
def test_an_ending_is_reached_from_both_sides(number: Decimal, ending: str) -> None:
    end = Decimal(ending)
    low, high = (decimals.to_ending(abs(number), end, d) for d in ("down", "up"))
    period = Decimal(100 if end >= 10 else 10 if end >= 1 else 1)
    assert (low - end) % period == (high - end) % period == 0
    assert low <= max(abs(number), end) <= max(high, end)
    assert high - low in (0, period)
    assert decimals.to_ending(abs(number), end, "nearest") in (low, high)


@given(amounts, st.sampled_from([WEIGHT, TEMPERATURE]), st.data())
def test_there_and_back_is_where_one_began(
    number: Decimal, family: object, data: st.DataObject
) -> None:
    assert isinstance(family, type(WEIGHT))
    units = st.sampled_from([unit.code for unit in family.units])
    one, other = data.draw(units), data.draw(units)
    there = measurement.convert(number, one, other, family)
    back = measurement.convert(there, other, one, family, step=Decimal("0.0001"))
    assert abs(back - number) <= Decimal("0.0001")
