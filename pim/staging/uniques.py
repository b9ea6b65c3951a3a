"""Values that only one product may have: clashes name both sides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import orjson
from sqlalchemy.orm import Session

from pim.domain.structure import Attribute, Structure
from pim.domain.values import Cell
from pim.domain.violations import Violation
from pim.products.lookups import unique_owners
from pim.staging.context import RowContext
from pim.staging.findings import Findings

CLEARED = "null"


def check_uniques(
    session: Session,
    contexts: Sequence[RowContext],
    cells: Mapping[Cell, Sequence[str | None]],
    structure: Structure,
    findings: Findings,
) -> None:
    """Reject rows whose unique values belong to a stored entity or to an earlier row."""
    for cell, texts in cells.items():
        attribute = structure.attributes[cell.attribute]
        if attribute.unique and attribute != structure.identifier:
            _check(session, attribute, contexts, texts, findings)


def _check(
    session: Session,
    attribute: Attribute,
    contexts: Sequence[RowContext],
    texts: Sequence[str | None],
    findings: Findings,
) -> None:
    given = {
        position: str(orjson.loads(text))
        for position, text in enumerate(texts)
        if text is not None and text != CLEARED and position not in findings.rejected
    }
    owners = unique_owners(session, attribute.id, sorted(set(given.values())))
    claimed: dict[str, int] = {}
    for position, value in given.items():
        owner, name = owners.get(value, (None, ""))
        stored = contexts[position].stored
        if owner is not None and (stored is None or stored.id != owner):
            findings.add(position, _taken(attribute, value, f'"{name}"'))
        elif value in claimed:
            first = claimed[value]
            where = f'"{contexts[first].name}" in row {findings.rows[first]} of this file'
            findings.add(position, _taken(attribute, value, where))
        else:
            claimed[value] = position


def _taken(attribute: Attribute, value: str, owner: str) -> Violation:
    return Violation(
        code="unique_taken",
        path=attribute.code,
        message="The {attribute} {value} already belongs to {owner}.",
        parameters={"attribute": attribute.code, "value": value, "owner": owner},
        value=value,
        mend="Correct one of the two: the value must be unique.",
    )
