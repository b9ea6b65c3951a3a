"""What a destination demands of one target, as data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

from exporters.contract.checks import CHECKS, EXPECTED, FORMATS, Check, Kind
from exporters.contract.rules import Names, Rule, base_target
from pim.domain.conditions import Node
from pim.domain.violations import Severity

Need = Literal["required", "recommended", "optional"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Requirement:
    """What the destination demands of one target (column, element, field).

    - `need`; `required_when`: a condition on other targets that makes the target required, with
      `reason` for people ("with availability preorder").
    - `kind`: how a value must look (see `FORMATS`); `units` limits a measure's unit.
    - `repeated`: the column may be a list; `max_items` limits it.
    - `min_length`, `max_length` count `unit`; for a list, of each element.
    - `pattern` is a regular expression for all of Python and Polars, `expected` its meaning.
    - `minimum`, `maximum` inclusive, `above` exclusive: the number of a price, measure, number.
    - `enumeration`: the allowed spellings. `lengths`: allowed numbers of digits of a `gtin`.
    - `unique`: over the publication. `currency`: a price must be in the feed's currency.
    - `control_characters`: False reports characters that XML forbids (a warning: they are removed).
    - `severity` is the default of all rules of the target, `severities` of single checks; a
      feed's own choice wins over both.
    - `source`: where the rule is documented. `label`, `description`, `example`: for people.
    - `mend`: what to do, in place of the check's own words.
    """

    target: str
    need: Need = "optional"
    required_when: Node | None = None
    reason: str = ""
    kind: Kind = "text"
    units: tuple[str, ...] = ()
    repeated: bool = False
    max_items: int | None = None
    min_length: int | None = None
    max_length: int | None = None
    unit: Literal["characters", "bytes"] = "characters"
    pattern: str | None = None
    expected: str = ""
    minimum: Decimal | None = None
    above: Decimal | None = None
    maximum: Decimal | None = None
    enumeration: tuple[str, ...] = ()
    lengths: tuple[int, ...] = (8, 12, 13, 14)
    unique: bool = False
    currency: bool = False
    control_characters: bool = True
    severity: Severity = "error"
    severities: Mapping[Check, Severity] = field(default_factory=dict)
    source: str = ""
    label: str = ""
    description: str = ""
    example: str = ""
    mend: str = ""

    def rules(self) -> Iterator[Rule]:
        """Yield the rules of this target, in the order in which a report shows them."""
        for check, parameters in self._checks():
            yield Rule(
                code=f"{base_target(self.target)}.{check}",
                target=self.target,
                check=check,
                parameters=parameters,
                severity=self._severity(check),
                message=CHECKS[check].message,
                mend=self.mend or CHECKS[check].mend,
                source=self.source,
                when=self.required_when if check == "required_when" else None,
            )

    def _severity(self, check: Check) -> Severity:
        mild = check in ("recommended", "control_characters")
        return self.severities.get(check, "warning" if mild else self.severity)

    def _checks(self) -> Iterator[tuple[Check, dict[str, Any]]]:
        if self.need != "optional":
            yield self.need, {}
        if self.required_when is not None:
            yield "required_when", {"reason": self.reason}
        yield from self._shape_checks()
        yield from self._limit_checks()
        if self.currency:
            yield "currency", {}
        if self.unique:
            yield "unique", {}
        if not self.control_characters:
            yield "control_characters", {}

    def _shape_checks(self) -> Iterator[tuple[Check, dict[str, Any]]]:
        if self.kind == "gtin":
            yield "digits", {"lengths": Names(self.lengths)}
            yield "check_digit", {}
        elif self.kind in FORMATS:
            yield "format", {"kind": self.kind, **self._format()}
        if self.enumeration:
            yield "enumeration", {"values": Names(self.enumeration)}
        if self.pattern is not None:
            yield "pattern", {"pattern": self.pattern, "expected": self.expected}

    def _format(self) -> dict[str, str]:
        if not self.units:
            return {
                "pattern": FORMATS[self.kind],
                "expected": self.expected or EXPECTED[self.kind],
            }
        expected = f"a number, a space and one of {', '.join(self.units)}"
        pattern = rf"^[0-9]+(?:\.[0-9]+)? (?:{'|'.join(self.units)})$"
        return {"pattern": pattern, "expected": self.expected or expected}

    def _limit_checks(self) -> Iterator[tuple[Check, dict[str, Any]]]:
        if self.min_length is not None:
            yield "min_length", {"limit": self.min_length, "unit": self.unit}
        if self.max_length is not None:
            yield "max_length", {"limit": self.max_length, "unit": self.unit}
        for check in ("max_items", "minimum", "above", "maximum"):
            if (limit := getattr(self, check)) is not None:
                yield check, {"limit": limit}
