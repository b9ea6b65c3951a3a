"""What a destination demands, as data: requirements per target and relations between targets."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property
from typing import Any, Literal

from exporters.contract.checks import CHECKS, EXPECTED, FORMATS, Check, Kind
from pim.domain.conditions import Node
from pim.domain.violations import Severity

Need = Literal["required", "recommended", "optional"]


class Names(tuple[Any, ...]):
    """A tuple that reads in messages as a list with commas."""

    __slots__ = ()

    def __str__(self) -> str:
        return ", ".join(map(str, self))


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """One check on one target: what the checking engine runs and what a report names.

    - `code`: stable; feeds set severities by it (`title.max_length`), docs list it.
    - `target`: the column to blame, and the one that the severity `drop_value` empties. A column
      that the mapping lacks is read as absent everywhere.
    - `check` and `parameters`: see `CHECKS`; `message` and `mend` are templates over
      `parameters`, `target` and `value`.
    - `when`: the rule applies only to items for which this holds (`parse_target_condition`).
    """

    code: str
    target: str
    check: Check
    parameters: Mapping[str, Any] = field(default_factory=dict)
    severity: Severity = "error"
    message: str
    mend: str
    source: str = ""
    when: Node | None = None


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


@dataclass(frozen=True, kw_only=True, slots=True)
class Relation:
    """What the destination demands between targets; `check` and its `targets` as in `CHECKS`.

    `target` is blamed (and emptied by `drop_value`); `group` only for `distinct_within`.
    """

    code: str
    target: str
    check: Check
    targets: tuple[str, ...]
    group: str | None = None
    when: Node | None = None
    severity: Severity = "error"
    source: str = ""
    description: str = ""
    mend: str = ""

    def rule(self) -> Rule:
        """Return the relation as a rule; `other` is the last target, for the words of the check."""
        return Rule(
            code=self.code,
            target=self.target,
            check=self.check,
            parameters={
                "targets": self.targets,
                "group": self.group,
                "other": self.targets[-1],
            },
            severity=self.severity,
            message=CHECKS[self.check].message,
            mend=self.mend or CHECKS[self.check].mend,
            source=self.source,
            when=self.when,
        )


@dataclass(frozen=True)
class Requirements:
    """All requirements of a destination, in the order of its own documentation."""

    targets: tuple[Requirement, ...] = ()
    relations: tuple[Relation, ...] = ()

    @cached_property
    def _by_target(self) -> dict[str, Requirement]:
        return {each.target: each for each in self.targets}

    def of(self, target: str) -> Requirement | None:
        """Return what is demanded of a target; numbered ones share theirs (`base_target`)."""
        return self._by_target.get(base_target(target))

    def rules(self) -> tuple[Rule, ...]:
        """Return every rule: what docs list and what a feed may name in `severity`."""
        own = [rule for each in self.targets for rule in each.rules()]
        return (*own, *(each.rule() for each in self.relations))

    def rules_for(self, mapped: Collection[str]) -> tuple[Rule, ...]:
        """Return the rules to check for these mapped targets, each with its actual column.

        Rules of targets that are not mapped are left out, except that required ones stay (they
        fail) and `one_of` and relations that touch a mapped target stay.
        """
        wanted = [rule for target in mapped for rule in self._rules_of(target)]
        bases = {base_target(target) for target in mapped}
        absent = [each for each in self.targets if each.target not in bases]
        needed = [r for e in absent for r in e.rules() if r.check in ("required", "required_when")]
        related = [e.rule() for e in self.relations if e.check == "one_of" or bases & {*e.targets}]
        return (*wanted, *needed, *related)

    def unmapped(self, mapped: Collection[str]) -> tuple[Requirement, ...]:
        """Return required and recommended targets that a mapping leaves out."""
        bases = {base_target(target) for target in mapped}
        return tuple(e for e in self.targets if e.need != "optional" and e.target not in bases)

    def _rules_of(self, target: str) -> Iterator[Rule]:
        if (found := self.of(target)) is not None:
            yield from replace(found, target=target).rules()


def base_target(target: str) -> str:
    """Return a target without the numbers of repeated groups.

    `product_detail.2.attribute_name` is the second `product_detail.attribute_name`.
    """
    return ".".join(part for part in target.split(".") if not part.isdecimal())


NONE = Requirements()
