"""Measurement families: units that convert into each other through the standard unit."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from pim.domain import structure as domain
from pim.domain.codes import CODE
from pim.domain.structure import Codes, Structure
from pim.structure import models
from pim.structure.schemas import MeasurementFamilySchema
from pim.structure.service import usage
from pim.structure.service.findings import Findings
from pim.structure.service.noun import Document, Draft, Noun, check_labels, table_of

IDENTITY = [{"operator": "mul", "value": "1"}]


class MeasurementFamilies(Noun):
    """Measurement families; once an attribute measures in one, its conversions stay."""

    code = "measurement_family"
    name = "measurement family"
    schema = MeasurementFamilySchema
    table = table_of(models.MeasurementFamily)
    defaults = {"labels": {}, "standard_unit": None, "units": []}  # noqa: RUF012 - a constant
    fixed = ("standard_unit",)

    def stored(self, structure: Structure) -> Codes[domain.MeasurementFamily]:
        """Return all measurement families."""
        return structure.measurement_families

    def document(self, thing: domain.MeasurementFamily) -> Document:
        """Return the document of a stored family."""
        return {
            "code": thing.code,
            "labels": dict(thing.labels),
            "standard_unit": thing.standard_unit,
            "units": [_unit(unit) for unit in thing.units],
        }

    def check(self, draft: Draft, old: Document | None, new: Document) -> Findings:
        """Check codes, the standard unit, and conversions that are in use."""
        findings = Findings()
        if old is None:
            findings.check_code(new["code"], CODE)
        findings.require(new, "standard_unit", "units")
        check_labels(findings, draft, new)
        new["units"] = [_complete(unit) for unit in new["units"]]
        units = {unit["code"].casefold(): unit for unit in new["units"]}
        self._check_units(findings, new, units)
        if old is not None and self._measured(draft.structure, new["code"]):
            _check_kept(findings, old["units"], units)
        return findings

    def _check_units(
        self, findings: Findings, new: Document, units: dict[str, dict[str, Any]]
    ) -> None:
        for unit in new["units"]:
            findings.check_code(unit["code"], CODE, path="units")
            _check_conversion(findings, unit)
        if len(units) < len(new["units"]):
            findings.add(
                "duplicate",
                "units",
                "Two units have the same code.",
                mend="Give every unit a code of its own; capitals make no difference.",
            )
        standard = units.get((new["standard_unit"] or "").casefold())
        if standard is None or standard["convert"] != IDENTITY:
            findings.add(
                "invalid_standard_unit",
                "standard_unit",
                'The standard unit "{value}" must be one of the units, and convert by mul 1.',
                value=new["standard_unit"],
                mend="List it among the units with the conversion mul 1.",
            )
        else:
            new["standard_unit"] = standard["code"]

    def _measured(self, structure: Structure, code: str) -> list[str]:
        """Return the attributes that measure in a family."""
        return [
            a.code
            for a in structure.attributes
            if str(a.properties.get("metric_family") or "").casefold() == code.casefold()
        ]

    def columns(self, draft: Draft, new: Document) -> Document:
        """Return the columns."""
        return {name: new[name] for name in ("code", "labels", "standard_unit", "units")}

    def uses(
        self, session: Session, structure: Structure, thing: domain.MeasurementFamily
    ) -> Findings:
        """Refuse while an attribute measures in it."""
        findings = Findings()
        usage.note_names(findings, "attributes", self._measured(structure, thing.code))
        return findings


def _unit(unit: domain.Unit) -> dict[str, Any]:
    return {
        "code": unit.code,
        "symbol": unit.symbol,
        "labels": dict(unit.labels),
        "convert": [
            {"operator": op, "value": format(value, "f")} for op, value in unit.to_standard
        ],
    }


def _complete(unit: dict[str, Any]) -> dict[str, Any]:
    """Return a unit with every key, its labels without blanks."""
    return {
        "code": unit["code"],
        "symbol": unit.get("symbol", ""),
        "labels": {k: v for k, v in (unit.get("labels") or {}).items() if v},
        "convert": unit.get("convert") or IDENTITY,
    }


def _check_conversion(findings: Findings, unit: dict[str, Any]) -> None:
    for step in unit["convert"]:
        if step["operator"] in ("mul", "div") and Decimal(step["value"]) == 0:
            findings.add(
                "invalid_conversion",
                "units",
                'The unit "{value}" converts by zero, so nothing could be converted back.',
                value=unit["code"],
                mend="Correct the factor.",
            )


def _check_kept(
    findings: Findings, old: list[dict[str, Any]], units: dict[str, dict[str, Any]]
) -> None:
    """Note units that attributes may hold and that would go or change their meaning."""
    for unit in old:
        new = units.get(unit["code"].casefold())
        if new is None or new["convert"] != unit["convert"]:
            findings.add(
                "in_use",
                "units",
                'The unit "{value}" cannot go or convert differently: attributes measure in it.',
                value=unit["code"],
                mend="Leave it, and add a unit with the new conversion under another code.",
            )
