"""Remove a part of the structure that nothing uses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import delete

from pim.db import change_log
from pim.db.unit_of_work import Work
from pim.structure import queries
from pim.structure.service.findings import Findings
from pim.structure.service.noun import Noun, Outcome, Planned
from pim.structure.version import lock, touch


def remove(
    work: Work, noun: Noun, named: Mapping[str, Any], *, change_set_id: int | None
) -> Outcome:
    """Remove the thing that a document names by its code, unless something uses it.

    A refusal says who uses it, and how many products.
    """
    lock(work.session)  # nobody adds a use of it meanwhile
    structure = queries.current(work.session)
    thing = noun.find(structure, dict(named))
    if thing is None:
        return _unknown(noun, dict(named))
    findings = noun.uses(work.session, structure, thing)
    document = noun.document(thing)
    if findings:
        return Outcome(key=noun.key(document), status="rejected", violations=tuple(findings))
    touch(work.session)
    work.session.execute(delete(noun.table).where(noun.table.c.id == thing.id))
    change_log.append(
        work.session,
        change_set_id=change_set_id,
        subject=noun.code,
        ids=[thing.id],
        attributes=sorted(noun.touched([Planned(id=thing.id, old=document, new=document)])),
    )
    return Outcome(key=noun.key(document), status="removed")


def _unknown(noun: Noun, named: dict[str, Any]) -> Outcome:
    findings = Findings()
    findings.add(
        "unknown_reference",
        "code",
        'There is no {what} "{value}".',
        value=named.get("code"),
        mend="Check the spelling.",
        what=noun.name,
    )
    return Outcome(key=noun.key(named), status="rejected", violations=tuple(findings))
