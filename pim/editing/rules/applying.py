"""Carry rules out on given products within the caller's transaction: with a save."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from pim.db.conditions import Facts
from pim.db.unit_of_work import Work
from pim.domain.structure import Structure
from pim.domain.violations import Violation
from pim.editing.chunks import Steps
from pim.editing.result import BulkResult
from pim.editing.rows import Recheck
from pim.editing.rules import passes, rows
from pim.products.change_sets import close_change_set, open_change_set
from pim.products.models import ChangeSet
from pim.products.past.timeline import RULE
from pim.products.saving import Edit, Saved
from pim.products.saving import save_all as save_cells
from pim.rules import queries
from pim.rules.chains import joined
from pim.rules.definition import Definition
from pim.rules.guard import stronger
from pim.rules.schemas import SAVE


@dataclass(frozen=True)
class Applied:
    """What one rule has changed; `change_set` is None if that is nothing."""

    rule: str
    change_set: int | None
    counts: dict[str, int]


@dataclass
class Application:
    """Rules at work on some products and models, and on what these lead to."""

    work: Work
    structure: Structure
    rules: Sequence[Definition]
    entities: set[int]
    facts: Facts | None = None
    _open: dict[str, tuple[ChangeSet, dict[str, int]]] = field(default_factory=dict)

    def carry_out(self, rule: Definition) -> bool:
        """Carry a rule out on the rows that meet it; tell whether it has changed anything."""
        session, now = self.work.session, self.work.clock()
        recheck = Recheck(rule.where, self.structure, now, self.facts)
        known = rows.rows_below(session, rows.ids(self.entities))
        chosen = rows.meeting(session, recheck, rule, known)
        if chosen.is_empty():
            return False
        others = queries.enabled(session, self.structure)
        result = BulkResult(selected=chosen.height)
        steps = Steps(
            [step for _, step in joined(rule.steps, self.structure)],
            self.structure,
            recheck,
            result,
            guards=stronger(rule, others, now, self.facts),
        )
        change_set, counts = self._change_set(rule)
        steps.carry_out(session, chosen, change_set.id)
        for name, count in result.figures().items():
            counts[name] = counts.get(name, 0) + count
        self.entities |= set(rows.touched(session, change_set.id))
        return result.changed > 0

    def close(self) -> list[Applied]:
        """Close the change sets, and return what each rule came to."""
        found = []
        for code, (change_set, counts) in self._open.items():
            closed = close_change_set(self.work, change_set, counts=counts)
            found.append(Applied(code, closed.id if closed else None, counts))
        return found

    def _change_set(self, rule: Definition) -> tuple[ChangeSet, dict[str, int]]:
        if rule.code not in self._open:
            opened = open_change_set(
                self.work,
                kind=RULE,
                label=rule.code,
                conditions=rule.document["where"],
                operations=rule.document["do"],
            )
            self._open[rule.code] = (opened, {})
        return self._open[rule.code]


def apply_rules(
    work: Work,
    structure: Structure,
    entities: Iterable[int],
    trigger: str = SAVE,
    *,
    facts: Facts | None = None,
) -> tuple[list[Applied], list[Violation]]:
    """Carry out the rules that a trigger starts, on products and models by id and all below them.

    Returns what each rule that found its products came to, and a violation if rules did not settle.
    Everything is part of the caller's transaction; each rule has a change set of its own.
    """
    rules = queries.started_by(work.session, structure, trigger)
    chosen = set(entities)
    if not rules or not chosen:
        return [], []
    application = Application(work, structure, rules, chosen, facts)
    left = passes.settle(rules, application.carry_out)
    return application.close(), passes.unsettled(left)


def save_with_rules(
    work: Work, edits: Sequence[Edit], structure: Structure, **options: Any
) -> tuple[Saved, list[Applied], list[Violation]]:
    """Save cells as `pim.products.saving.save_all` does, and carry out what saves start."""
    saved = save_cells(work, edits, structure, **options)
    written = [result.id for result in saved.results if result.saved]
    return saved, *apply_rules(work, structure, written, SAVE)
