"""An amount in a unit of measurement."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from pim.domain import measurement
from pim.domain.attribute_types import amounts, properties
from pim.domain.attribute_types.contract import EMPTY, AttributeType, CellFormat, Checked, Parts
from pim.domain.attribute_types.problems import listed, problem, wrong_type
from pim.domain.attribute_types.properties import Settings
from pim.domain.structure import Attribute, Structure
from pim.domain.violations import Violation


class Metric(AttributeType):
    """{"amount": canonical number, "unit": stored unit code}; the unit stays as it was given.

    In flat files the unit stands in the column with "-unit" at its end; without that column the
    attribute's default unit is meant, or the one written after the amount ("12 KILOGRAM").
    """

    code = "pim_catalog_metric"
    name = "Measurement"
    kind = "metric"
    axis_allowed = True
    settings: ClassVar[Settings] = {
        **amounts.PROPERTIES,
        "metric_family": properties.TEXT,
        "default_metric_unit": properties.TEXT,
    }

    def check(self, data: Any, attribute: Attribute, structure: Structure) -> Checked:
        """Return amount and unit in canonical form, or why they are refused."""
        if data is None:
            return EMPTY
        if not isinstance(data, Mapping) or not set(data) <= {"amount", "unit", "symbol"}:
            return Checked(None, [wrong_type(attribute.code, data, "an object of amount and unit")])
        if data.get("amount") in (None, ""):
            return EMPTY
        number, violations = amounts.check(data["amount"], attribute, attribute.code)
        return _joined(number, violations, data.get("unit"), attribute, structure)

    def read(
        self, text: str, attribute: Attribute, structure: Structure, fmt: CellFormat
    ) -> Checked:
        """Return the measurement that one cell spells, the default unit if it names none."""
        amount, _, unit = text.strip().partition(" ")
        if not any(letter.isalpha() for letter in unit):
            amount, unit = text, properties.text(attribute, "default_metric_unit")
        number, violations = amounts.read(amount, attribute, attribute.code, fmt.decimal)
        return _joined(number, violations, unit, attribute, structure)

    def from_cells(
        self, parts: Parts, attribute: Attribute, structure: Structure, fmt: CellFormat
    ) -> Checked:
        """Return the measurement in the cells "" and "unit"; a unit without amount is empty."""
        amount = parts.get("") or ""
        if not amount.strip():
            return EMPTY
        if "unit" not in parts:
            return self.read(amount, attribute, structure, fmt)
        number, violations = amounts.read(amount, attribute, attribute.code, fmt.decimal)
        return _joined(number, violations, parts["unit"] or "", attribute, structure)

    def to_cells(self, data: Any, attribute: Attribute, structure: Structure) -> Mapping[str, str]:
        """Return amount and unit, both blank for empty data."""
        if self.is_empty(data):
            return {"": "", "unit": ""}
        return {"": data["amount"], "unit": data["unit"]}

    def suffixes(self, attribute: Attribute, structure: Structure) -> tuple[str, ...]:
        """Return the amount's own column and the unit's."""
        return ("", "unit")

    def check_definition(self, attribute: Attribute, structure: Structure) -> list[Violation]:
        """Demand a measurement family that exists and a default unit of it."""
        return [*amounts.empty_range(attribute), *_family_faults(attribute, structure)]


def _joined(
    number: str | None,
    violations: list[Violation],
    unit: Any,
    attribute: Attribute,
    structure: Structure,
) -> Checked:
    stored, faults = stored_unit(unit, attribute, structure)
    if violations or faults:
        return Checked(None, [*violations, *faults])
    return Checked({"amount": number, "unit": stored})


def stored_unit(
    unit: Any, attribute: Attribute, structure: Structure
) -> tuple[str | None, list[Violation]]:
    """Return the stored spelling of a unit of the attribute's family, or why it is refused."""
    path = f"{attribute.code}-unit"
    family = measurement.family_of(attribute, structure)
    if family is None:
        return None, [_unknown_family(attribute, attribute.code)]
    if unit is not None and not isinstance(unit, str):
        return None, [wrong_type(path, unit, "a unit's code as text")]
    if not unit or not unit.strip():
        return None, [_missing_unit(attribute, path)]
    found = family.units.get(unit.strip())
    if found is not None:
        return found.code, []
    message = '"{value}" is not a unit of {family}.'
    known = listed((u.code for u in family.units), most=20)
    mend = "Choose one of {known}."
    return None, [
        problem("unknown_unit", path, message, unit, family=family.code, known=known, mend=mend)
    ]


def _missing_unit(attribute: Attribute, path: str) -> Violation:
    return problem(
        "missing_unit",
        path,
        "The amount has no unit.",
        "",
        unit=properties.text(attribute, "default_metric_unit"),
        mend="Write a unit, for example {unit}.",
    )


def _unknown_family(attribute: Attribute, path: str) -> Violation:
    return problem(
        "unknown_measurement_family",
        path,
        'The measurement family "{value}" of {attribute} does not exist.',
        properties.text(attribute, "metric_family"),
        attribute=attribute.code,
        mend="Create the measurement family, or name another in the attribute's metric_family.",
    )


def _family_faults(attribute: Attribute, structure: Structure) -> list[Violation]:
    family = measurement.family_of(attribute, structure)
    if family is None:
        return [_unknown_family(attribute, "metric_family")]
    unit = properties.text(attribute, "default_metric_unit")
    if unit in family.units:
        return []
    return [
        problem(
            "unknown_unit",
            "default_metric_unit",
            'The default unit "{value}" is not a unit of {family}.',
            unit,
            family=family.code,
            known=listed((u.code for u in family.units), most=20),
            mend="Choose one of {known}.",
        )
    ]
