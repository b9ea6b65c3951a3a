"""Amounts of a measurement family, compared exactly in the standard unit at 10 decimals."""

from __future__ import annotations

from fractions import Fraction
from math import lcm
from typing import Final

import orjson

from pim.db.conditions.context import Compiler
from pim.domain import decimals, measurement
from pim.domain.conditions import Leaf
from pim.domain.structure import Attribute, MeasurementFamily, Unit

#: Whole numbers of the smallest step in one.
STEPS: Final = 10**decimals.FRACTION_DIGITS


def metric_sql(leaf: Leaf, data: str, attribute: Attribute, compiler: Compiler) -> str:
    """Return how a measurement compares; one whose unit is no longer there does not.

    Every unit leads to the standard one by (factor * amount + shift) / divisor with whole numbers.
    So the amount in smallest steps, halves away from zero, is a quotient of whole numbers, which
    PostgreSQL computes exactly: its own division of decimals is not exact.
    """
    family = measurement.family_of(attribute, compiler.structure)
    bound = measurement.standard_amount(leaf.value, attribute, compiler.structure)
    if family is None or bound is None:
        return "false"
    known = compiler.bind(orjson.dumps(_units(family)).decode(), "jsonb")
    unit = f"{known} -> lower({data} ->> 'unit')"
    factor, shift, divisor = (f"CAST({unit} ->> {place} AS numeric)" for place in range(3))
    steps = f"({factor} * CAST({data} ->> 'amount' AS numeric) + {shift}) * {STEPS}"
    rounded = f"sign({steps}) * div(abs({steps}) * 2 + {divisor}, {divisor} * 2)"
    sign = {"!=": "<>"}.get(leaf.operator, leaf.operator)
    return f"{rounded} {sign} {compiler.bind(str(int(bound * STEPS)), 'numeric')}"


def _units(family: MeasurementFamily) -> dict[str, list[str]]:
    """Return factor, shift and divisor of each unit, as text, by its code in lower case."""
    return {
        unit.code.lower(): [str(number) for number in _line(unit, family)] for unit in family.units
    }


def _line(unit: Unit, family: MeasurementFamily) -> tuple[int, int, int]:
    if unit.code == family.units[family.standard_unit].code:
        return 1, 0, 1
    shift = measurement.to_standard(Fraction(0), unit)
    factor = measurement.to_standard(Fraction(1), unit) - shift
    divisor = lcm(shift.denominator, factor.denominator)
    return int(factor * divisor), int(shift * divisor), divisor
