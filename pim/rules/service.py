"""Rules kept: save and remove. Each writes a version and a row of the change log.

The change set that a write belongs to is given: it is made in a room above this one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal

import orjson
from sqlalchemy import func, select, text

from pim.db import change_log
from pim.db.change_log import UNSEEN
from pim.db.unit_of_work import Work
from pim.rules.definition import Definition
from pim.rules.models import Rule, RuleVersion
from pim.rules.queries import find_rule, lookup

#: No product publishes differently for a rule; what it writes tells of itself.
SUBJECT: Final = f"rule{UNSEEN}"

Status = Literal["created", "updated", "unchanged", "deleted"]

_ALONE = text("LOCK TABLE rule IN SHARE ROW EXCLUSIVE MODE")


@dataclass(frozen=True)
class Saved:
    """A rule after a write, and what that came to."""

    version: RuleVersion
    status: Status


def save(work: Work, definition: Definition, *, change_set_id: int | None) -> Saved:
    """Create or change a rule; a document that says nothing new writes nothing."""
    work.session.execute(_ALONE)
    known = lookup(work.session, definition.code)
    code = known.code if known else definition.code
    document = {**definition.document, "code": code}
    if known and _text(known.document) == _text(document):
        return Saved(known, "unchanged")
    rule = work.session.get(Rule, known.rule_id) if known else Rule(code=code, version=0)
    assert rule is not None
    work.session.add(rule)
    version = RuleVersion(
        code=code,
        label=definition.label,
        document=document,
        priority=definition.priority,
        triggers=list(definition.triggers),
        enabled=definition.enabled,
        read_only=definition.read_only,
    )
    status: Status = "updated" if known else "created"
    _write(work, rule, version, status, change_set_id)
    return Saved(version, status)


def remove(work: Work, code: str, *, change_set_id: int | None) -> Saved:
    """Delete a rule; its versions stay. What it has written stays, too."""
    work.session.execute(_ALONE)
    known = find_rule(work.session, code)
    rule = work.session.get(Rule, known.rule_id)
    assert rule is not None
    kept = ("code", "label", "document", "priority", "triggers", "enabled", "read_only")
    version = RuleVersion(**{name: getattr(known, name) for name in kept})
    _write(work, rule, version, "deleted", change_set_id)
    work.session.delete(rule)
    work.session.flush()
    return Saved(version, "deleted")


def _write(
    work: Work, rule: Rule, version: RuleVersion, status: Status, change_set_id: int | None
) -> None:
    """Add a version and make it the present one."""
    now = work.clock()
    work.session.flush()
    newest = select(func.max(RuleVersion.version)).where(RuleVersion.rule_id == rule.id)
    version.rule_id = rule.id
    version.version = (work.session.scalar(newest) or 0) + 1
    version.action, version.at = status, now
    version.change_set_id, version.author_id = change_set_id, work.actor
    work.session.add(version)
    rule.version, rule.updated = version.version, now
    work.session.flush()
    change_log.append(work.session, change_set_id=change_set_id, subject=SUBJECT, ids=[rule.id])


def _text(document: Any) -> bytes:
    return orjson.dumps(document, option=orjson.OPT_SORT_KEYS)
