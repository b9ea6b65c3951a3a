"""Amounts of measurement families, converted exactly through the standard unit."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from pim.domain.decimals import SMALLEST_STEP, round_half_away
from pim.domain.structure import Attribute, MeasurementFamily, Structure, Unit

OPERATORS: Final = ("mul", "div", "add", "sub")
INVERSE: Final = {"mul": "div", "div": "mul", "add": "sub", "sub": "add"}


def convert(
    amount: Decimal,
    from_unit: str,
    to_unit: str,
    family: MeasurementFamily,
    *,
    step: Decimal = SMALLEST_STEP,
) -> Decimal:
    """Return the amount in another unit of the family, rounded once to `step`, half away from zero.

    Units are found without regard to case; raises KeyError for a unit that the family lacks.
    """
    source, target = family.units[from_unit], family.units[to_unit]
    if source.code == target.code:
        return round_half_away(amount, step)
    return round_half_away(from_standard(to_standard(Fraction(amount), source), target), step)


def to_standard(amount: Fraction, unit: Unit) -> Fraction:
    """Return the exact amount in the family's standard unit."""
    for operator, number in unit.to_standard:
        amount = _apply(operator, amount, Fraction(number))
    return amount


def from_standard(amount: Fraction, unit: Unit) -> Fraction:
    """Return the exact amount in a unit, given in the standard unit."""
    for operator, number in reversed(unit.to_standard):
        amount = _apply(INVERSE[operator], amount, Fraction(number))
    return amount


def family_of(attribute: Attribute, structure: Structure) -> MeasurementFamily | None:
    """Return the measurement family of a metric attribute, if it exists."""
    return structure.measurement_families.get(attribute.properties.get("metric_family"))


def standard_amount(
    data: Mapping[str, Any], attribute: Attribute, structure: Structure
) -> Decimal | None:
    """Return a metric's amount in the standard unit, at 10 decimals: what conditions compare.

    None when the family or the unit is no longer there.
    """
    family = family_of(attribute, structure)
    if family is None or data.get("unit") not in family.units:
        return None
    return convert(Decimal(data["amount"]), data["unit"], family.standard_unit, family)


def _apply(operator: str, amount: Fraction, number: Fraction) -> Fraction:
    match operator:
        case "mul":
            return amount * number
        case "div":
            return amount / number
        case "add":
            return amount + number
        case "sub":
            return amount - number
    raise ValueError(f"{operator} is not one of {', '.join(OPERATORS)}")
