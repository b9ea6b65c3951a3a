"""Save, enable, disable and delete rules; each is a change set of the kind "rules".

A list of documents is saved as a whole or not at all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from pim.access.permits import require
from pim.db.unit_of_work import Work
from pim.domain.attribute_types.problems import problem
from pim.domain.operations import Operation
from pim.domain.structure import Structure
from pim.domain.violations import Violation
from pim.editing.refusals import refuse_identity, refuse_unknown
from pim.errors import Refused
from pim.products.change_sets import close_change_set, open_change_set
from pim.rules import loops, queries, service
from pim.rules.definition import Definition, read_rule
from pim.rules.service import Saved

#: The kind of change sets that hold definitions; those of "rule" hold what a rule has written.
KIND: Final = "rules"
ACTION: Final = "rules.edit"

Document = Mapping[str, Any]


@dataclass(frozen=True)
class Written:
    """Rules after a write, the change set that holds it (None: nothing new), and warnings."""

    saved: tuple[Saved, ...]
    change_set: int | None
    warnings: tuple[Violation, ...] = ()

    def documents(self) -> list[dict[str, Any]]:
        """Return the JSON answer: one object per rule."""
        return [
            {
                "rule": each.version.code,
                "version": each.version.version,
                "status": each.status,
                "enabled": each.version.enabled,
                "change_set": None if each.status == "unchanged" else self.change_set,
                "warnings": [told(warning) for warning in self.warnings],
            }
            for each in self.saved
        ]


def told(violation: Violation) -> dict[str, str]:
    """Return a violation as answers have it."""
    return {
        "code": violation.code,
        "path": violation.path,
        "message": violation.text,
        "mend": violation.mend_text,
    }


def read_documents(
    work: Work, documents: Sequence[Document], structure: Structure
) -> list[Definition]:
    """Return what documents say; raise Refused with every problem of all of them."""
    found: list[Definition] = []
    violations: list[Violation] = []
    for number, document in enumerate(documents):
        definition, faults = read_rule(document, structure)
        if definition is not None:
            found.append(definition)
            faults = _not_in_bulk(work, definition.steps, structure)
        several = len(documents) > 1
        violations += [
            replace(fault, path=f"[{number}].{fault.path}".rstrip(".")) if several else fault
            for fault in faults
        ]
    codes = [definition.code.casefold() for definition in found]
    violations += [
        problem("rule.repeated", "code", "There are two rules {value} in the file.", each.code,
                mend="Keep one of the two.")
        for place, each in enumerate(found)
        if each.code.casefold() in codes[:place]
    ]  # fmt: skip
    if violations:
        names = ", ".join(str(document.get("code", "?")) for document in documents)
        raise Refused(f"Nothing was saved of {names}.", violations)
    return found


def apply_documents(work: Work, documents: Sequence[Document], structure: Structure) -> Written:
    """Create or change rules by their documents; all of them, or none.

    Circles and contradictions with other enabled rules are warnings: they can be meant. Raises
    Refused with every problem, and NotPermitted.
    """
    require(work, ACTION)
    definitions = read_documents(work, documents, structure)
    written = _written(
        work,
        f"Save {', '.join(definition.code for definition in definitions)}",
        lambda change_set: [
            service.save(work, definition, change_set_id=change_set) for definition in definitions
        ],
    )
    return replace(written, warnings=_warnings(work, written, structure))


def set_enabled(work: Work, code: str, structure: Structure, *, enabled: bool) -> Written:
    """Enable or disable a rule; a disabled one does nothing and protects nothing."""
    found = queries.find_rule(work.session, code)
    return apply_documents(work, [{**found.document, "enabled": enabled}], structure)


def delete_rule(work: Work, code: str) -> Written:
    """Delete a rule; its versions stay, and so does what it has written."""
    require(work, ACTION)
    found = queries.find_rule(work.session, code)
    return _written(
        work,
        f"Delete {found.code}",
        lambda change_set: [service.remove(work, code, change_set_id=change_set)],
    )


def warnings_of(rules: Sequence[Definition], among: set[str] | None = None) -> list[Violation]:
    """Return circles and contradictions of rules, only those that some are part of if given."""
    circles = [
        loops.warning(cycle)
        for cycle in loops.cycles(rules)
        if among is None or among & {link.writer for link in cycle}
    ]
    clashes = [
        loops.contradiction(clash)
        for clash in loops.clashes(rules)
        if among is None or among & {clash.winner, clash.loser}
    ]
    return circles + clashes


def _warnings(work: Work, written: Written, structure: Structure) -> tuple[Violation, ...]:
    codes = {saved.version.code for saved in written.saved}
    return tuple(warnings_of(queries.enabled(work.session, structure), codes))


def _written(work: Work, label: str, write: Callable[[int], Sequence[Saved]]) -> Written:
    change_set = open_change_set(work, kind=KIND, label=label)
    saved = tuple(write(change_set.id))
    counts = {"rules": sum(each.status != "unchanged" for each in saved)}
    closed = close_change_set(work, change_set, counts=counts)
    return Written(saved, closed.id if closed else None)


def _not_in_bulk(work: Work, steps: Sequence[Operation], structure: Structure) -> list[Violation]:
    """Return what a bulk edit would refuse of a rule's operations."""
    found: list[Violation] = []
    try:
        refuse_identity(steps, structure)
        refuse_unknown(work.session, steps, structure)
    except Refused as refusal:
        found += refusal.violations
    return found
