"""Rules in words and figures: lines of a list, who acts on an attribute, what is wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from pim.access.models import User
from pim.domain.structure import Structure
from pim.editing.rules.service import told
from pim.errors import NotFound
from pim.rules import loops, queries
from pim.rules.models import RuleVersion

Document = dict[str, Any]


def summary(version: RuleVersion, structure: Structure) -> Document:
    """Return what a list shows of a rule; `writes` and `reads` are columns and fields."""
    found, broken = queries.understood([version], structure)
    rule = found[0] if found else None
    return {
        "code": version.code,
        "label": version.label,
        "priority": version.priority,
        "enabled": version.enabled,
        "read_only": version.read_only,
        "triggers": version.triggers,
        "schedule": version.document.get("schedule"),
        "version": version.version,
        "saved": version.at,
        "writes": sorted(rule.writes) if rule else [],
        "reads": sorted(rule.reads) if rule else [],
        "problems": [told(each) for each in broken.get(version.code, ())],
    }


def acting_on(answers: Sequence[Document], code: str, structure: Structure) -> list[Document]:
    """Return the rules that write or read an attribute; `acts` tells which of the two.

    Raises NotFound for an attribute that there is not.
    """
    attribute = structure.attributes.get(code)
    if attribute is None:
        raise NotFound(f'There is no attribute "{code}".')

    def concerned(names: Sequence[str]) -> bool:
        return any(name.partition("-")[0] == attribute.code for name in names)

    acting = [
        {**answer, "acts": [part for part in ("writes", "reads") if concerned(answer[part])]}
        for answer in answers
    ]
    return [answer for answer in acting if answer["acts"]]


def standing(session: Session, structure: Structure) -> Document:
    """Return what is to be said about all rules: {cycles, clashes, broken}.

    A cycle has its links, a clash its field, winner and loser; both a message and a mend.
    """
    rules, broken = queries.understood(queries.list_rules(session), structure)
    return {
        "cycles": [
            {"rules": [link.document() for link in cycle], **told(loops.warning(cycle))}
            for cycle in loops.cycles(rules)
        ],
        "clashes": [
            {**clash.document(), **told(loops.contradiction(clash))}
            for clash in loops.clashes(rules)
        ],
        "broken": [
            {"rule": code, "violations": [told(each) for each in violations]}
            for code, violations in broken.items()
        ],
    }


def traced(session: Session, versions: Sequence[RuleVersion]) -> list[Document]:
    """Return what each version has changed, given the newest first: who, when, and which members.

    Entries are {version, action, at, author, change_set, changes: [{field, before, after}]}.
    """
    authors = _authors(session, versions)
    earlier = {(v.rule_id, v.version): v for v in versions}
    return [
        {
            "version": version.version,
            "action": version.action,
            "at": version.at,
            "author": authors.get(version.author_id or 0),
            "change_set": version.change_set_id,
            "changes": _changes(earlier.get((version.rule_id, version.version - 1)), version),
        }
        for version in versions
    ]


def _authors(session: Session, versions: Sequence[RuleVersion]) -> dict[int, str]:
    wanted = {version.author_id for version in versions if version.author_id is not None}
    users = session.execute(select(User.id, User.name, User.email).where(User.id.in_(wanted)))
    return {user.id: user.name or user.email for user in users}


def _changes(before: RuleVersion | None, after: RuleVersion) -> list[Document]:
    was: Mapping[str, Any] = before.document if before else {}
    now: Mapping[str, Any] = {} if after.action == "deleted" else after.document
    return [
        {"field": name, "before": was.get(name), "after": now.get(name)}
        for name in {**was, **now}
        if was.get(name) != now.get(name)
    ]
