"""Read rules: one, all, those that a trigger starts, and what each was before."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Select, any_, func, literal, select
from sqlalchemy.orm import Session

from pim.domain.structure import Structure
from pim.domain.violations import Violation
from pim.errors import NotFound
from pim.rules.definition import Definition, read_rule
from pim.rules.models import Rule, RuleVersion
from pim.rules.schemas import SCHEDULE


def find_rule(session: Session, code: str) -> RuleVersion:
    """Return what a rule is at present, or raise NotFound naming the others."""
    found = lookup(session, code)
    if found is None:
        known = session.scalars(select(Rule.code).order_by(Rule.code).limit(20)).all()
        raise NotFound(f'There is no rule "{code}". Rules: {", ".join(known) or "none yet"}.')
    return found


def lookup(session: Session, code: str) -> RuleVersion | None:
    """Return what a rule is at present, by code without regard to case; None if unknown."""
    return session.scalar(_present().where(func.lower(Rule.code) == code.strip().lower()))


def list_rules(session: Session) -> Sequence[RuleVersion]:
    """Return what every rule is at present, the higher priority first."""
    return session.scalars(_present().order_by(*_RANK)).all()


def versions_of(session: Session, code: str) -> Sequence[RuleVersion]:
    """Return what a rule is and was, the newest first; of one that is deleted as well."""
    query = (
        select(RuleVersion)
        .where(func.lower(RuleVersion.code) == code.strip().lower())
        .order_by(RuleVersion.rule_id.desc(), RuleVersion.version.desc())
    )
    found = session.scalars(query).all()
    if not found:
        find_rule(session, code)
    return found


def find_version(session: Session, code: str, number: int | None) -> RuleVersion:
    """Return a version of a rule by number, the present one without; else raise NotFound."""
    if number is None:
        return find_rule(session, code)
    for version in versions_of(session, code):
        if version.version == number:
            return version
    raise NotFound(f'The rule "{code}" has no version {number}.')


def started_by(session: Session, structure: Structure, trigger: str) -> list[Definition]:
    """Return the enabled rules that a trigger starts, in order, those that can be understood."""
    started = literal(trigger) == any_(RuleVersion.triggers)
    query = _present().where(RuleVersion.enabled, started)
    return understood(session.scalars(query.order_by(*_RANK)).all(), structure)[0]


def is_any_scheduled(session: Session) -> bool:
    """Tell whether any enabled rule has a schedule."""
    scheduled = literal(SCHEDULE) == any_(RuleVersion.triggers)
    query = _present().where(RuleVersion.enabled, scheduled).limit(1)
    return session.scalar(query) is not None


def protecting(session: Session, structure: Structure) -> list[Definition]:
    """Return the enabled rules that make what they set read-only, in order."""
    query = _present().where(RuleVersion.enabled, RuleVersion.read_only)
    return understood(session.scalars(query.order_by(*_RANK)).all(), structure)[0]


def enabled(session: Session, structure: Structure) -> list[Definition]:
    """Return every enabled rule that can be understood, in order."""
    query = _present().where(RuleVersion.enabled)
    return understood(session.scalars(query.order_by(*_RANK)).all(), structure)[0]


def understood(
    versions: Sequence[RuleVersion], structure: Structure
) -> tuple[list[Definition], dict[str, list[Violation]]]:
    """Return definitions in order, and what is wrong with rules that the structure left behind.

    Such a rule names what is there no more: it does nothing until it is mended.
    """
    found: list[Definition] = []
    broken: dict[str, list[Violation]] = {}
    for version in versions:
        definition, violations = read_rule(version.document, structure)
        if definition is None:
            broken[version.code] = violations
        else:
            found.append(definition)
    return found, broken


def _present() -> Select[RuleVersion]:
    return select(RuleVersion).join(
        Rule, (Rule.id == RuleVersion.rule_id) & (Rule.version == RuleVersion.version)
    )


_RANK = (RuleVersion.priority.desc(), func.lower(RuleVersion.code))
