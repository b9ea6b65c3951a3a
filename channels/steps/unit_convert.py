"""Convert measures to the unit of a destination."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

import polars as pl

from channels.steps.contract import Cell, Context, Step, step
from channels.steps.decimals import ONE, affine, canonical, rounded
from channels.steps.parameters import param
from channels.steps.reading import unknown_name
from channels.steps.stages import Stages
from pim.domain.measurement import family_of, from_standard, to_standard
from pim.domain.structure import MeasurementFamily, Unit
from pim.domain.violations import Violation

_LARGEST = 10**18


@step("unit_convert")
@dataclass(frozen=True, kw_only=True)
class UnitConvert(Step):
    """Convert a measure to a unit of its family: a number, or text such as `12.5 kg`.

    Rounded once, halves away from zero. A measure in a unit that its family lacks becomes empty.
    """

    accepts = frozenset({"measure"})

    to: str = param("The unit's code, such as KILOGRAM")
    decimals: int = param("At most so many decimals", 10, at_least=0, at_most=10)
    pattern: str | None = param(
        "Gives text, such as {amount} {unit}, where {unit} is the unit's symbol", None
    )

    def problems(self, cell: Cell, context: Context) -> Iterator[Violation]:
        """Yield a unit that the measurement family lacks."""
        family = _family(cell, context)
        known = [unit.code for unit in family.units] if family else []
        if self.to.casefold() not in [code.casefold() for code in known]:
            yield unknown_name("unit", self.to, known, "to")

    def compile(self, cell: Cell, context: Context) -> Cell:
        """Return the measure in the unit, or text by the pattern."""
        family = _family(cell, context)
        if family is None or cell.unit is None:
            return cell
        unit = family.units[self.to]
        exact = context.stages.hold(_converted(cell, family, unit, context.stages))
        amount = rounded(exact, Decimal(1).scaleb(-self.decimals))
        if self.pattern is None:
            shown = pl.when(amount.is_not_null()).then(pl.lit(unit.code))
            return replace(cell, expr=amount, unit=shown)
        symbol = self.pattern.replace("{unit}", unit.symbol or unit.code)
        before, _, after = symbol.partition("{amount}")
        return cell.text(pl.lit(before) + canonical(amount) + pl.lit(after))


def _family(cell: Cell, context: Context) -> MeasurementFamily | None:
    return family_of(cell.attribute, context.structure) if cell.attribute else None


def _converted(cell: Cell, family: MeasurementFamily, target: Unit, stages: Stages) -> pl.Expr:
    """Return amounts by the exact fraction that leads from each row's unit to the target."""
    times, plus, over = {}, {}, {}
    for unit in family.units:
        offset = from_standard(to_standard(Fraction(0), unit), target)
        factor = from_standard(to_standard(Fraction(1), unit), target) - offset
        shift = offset * ONE
        common = factor.denominator * shift.denominator
        if max(abs(factor.numerator) * shift.denominator, common) < _LARGEST:
            times[unit.code] = factor.numerator * shift.denominator
            plus[unit.code] = shift.numerator * factor.denominator
            over[unit.code] = common
    held = [stages.hold(_by_unit(cell, numbers)) for numbers in (times, plus, over)]
    return affine(cell.expr, held[0], held[1], held[2])


def _by_unit(cell: Cell, numbers: dict[str, int]) -> pl.Expr:
    unit = pl.lit(None, dtype=pl.String) if cell.unit is None else cell.unit
    return unit.replace_strict(numbers, default=None, return_dtype=pl.Int128)
