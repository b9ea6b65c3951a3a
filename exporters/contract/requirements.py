"""All that a destination demands: requirements per target and relations between targets."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property

from exporters.contract.checks import CHECKS, Check
from exporters.contract.requirement import Requirement
from exporters.contract.rules import Rule, base_target
from pim.domain.conditions import Node
from pim.domain.violations import Severity


@dataclass(frozen=True, kw_only=True, slots=True)
class Relation:
    """What the destination demands between targets; `check` and its `targets` as in `CHECKS`.

    `target` is blamed (and emptied by `drop_value`); `group` only for the checks of groups
    (`..._within`), `percent` only for `below_by`, `limit` only for `max_within`. `message` and
    `mend` take the place of the check's own words.
    """

    code: str
    target: str
    check: Check
    targets: tuple[str, ...]
    group: str | None = None
    percent: Decimal | None = None
    limit: int | None = None
    when: Node | None = None
    severity: Severity = "error"
    source: str = ""
    description: str = ""
    message: str = ""
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
                "percent": self.percent,
                "limit": self.limit,
                "other": self.targets[-1],
            },
            severity=self.severity,
            message=self.message or CHECKS[self.check].message,
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
        """Return what is demanded of a target; numbered ones share theirs (`base_target`).

        A requirement of `param.*` is that of every target that begins with `param.`, unless one
        names the target itself.
        """
        own = self._by_target.get(base_target(target))
        return own or self._by_target.get(f"{target.partition('.')[0]}.*")

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
            yield from (replace(rule, target=target) for rule in found.rules())


NONE = Requirements()
