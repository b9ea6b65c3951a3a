"""Another family for simple products: what it lacks is told, and stays stored."""

from __future__ import annotations

from typing import Any

import orjson

from pim.db.conditions import CellReader
from pim.domain.operations import SetFamily
from pim.domain.structure import Family, Structure
from pim.domain.violations import Violation
from pim.editing.carrying.parts import invalid, part_shown, patched, unchanged
from pim.editing.outcomes import Outcome
from pim.editing.rows import Rows
from pim.editing.shown import Shown


class FamilyOutcomes:
    """Outcomes of a change of family."""

    def __init__(self, operation: SetFamily, structure: Structure) -> None:
        self._operation = operation
        self._structure = structure
        code = operation.family
        self._new = None if code is None else structure.families[code].id
        self._known: dict[tuple[str | None, ...], Outcome] = {}

    def of(self, texts: tuple[str | None, ...]) -> Outcome:
        """Return the outcome of a row: its family, whether it has a variant's, what it holds.

        What the new family has needs no telling.
        """
        if texts not in self._known:
            self._known[texts] = self._compute(texts)
        return self._known[texts]

    def _compute(self, texts: tuple[str | None, ...]) -> Outcome:
        family, of_variant, held = (orjson.loads(text or "null") for text in texts)
        if of_variant:
            return invalid(_OF_VARIANT)
        if family == self._new:
            return unchanged()
        old = self.family(family)
        lost = self._operation.lost(held or (), old, self._structure)
        return patched({"family": family}, {"family": self._new}, lost=lost)

    @property
    def kept(self) -> list[str]:
        """Return the attributes that the new family has."""
        code = self._operation.family
        return [] if code is None else list(self._structure.families[code].attributes)

    def family(self, number: int | None) -> Family | None:
        """Return a family by its id."""
        return self._structure.families.by_id.get(number or 0)


class FamilyRows(Rows):
    """Rows that get another family."""

    looks_at = frozenset({"family", "parent"})

    def __init__(self, outcomes: FamilyOutcomes) -> None:
        super().__init__(outcomes, ("family",))
        self._families = outcomes

    def reads(self, reader: CellReader) -> list[str]:
        """Return the family, whether it is a family variant's, and what is held outside of it."""
        if reader.of_models:
            return ["NULL", "'true'", "NULL"]
        kept = reader.bind(self._families.kept, "text[]")
        held = f"to_jsonb(ARRAY(SELECT jsonb_object_keys(e.values - {kept})))::text"
        return ["to_jsonb(e.family_id)::text", "to_jsonb(e.parent_id IS NOT NULL)::text", held]

    def shown(self, texts: tuple[str | None, ...], outcome: Outcome) -> list[Shown]:
        """Return the family before and after, by code."""
        before = orjson.loads(texts[0] or "null")
        after = orjson.loads(outcome.after)["family"] if outcome.after else before
        return [part_shown("family", outcome, self._code(before), self._code(after))]

    def _code(self, number: Any) -> str | None:
        family = self._families.family(number)
        return family.code if family else None


_OF_VARIANT = Violation(
    code="family_of_variant",
    path="family",
    message="Its family is that of its family variant, and does not change by itself.",
    mend="Make variants simple first (to_simple), or choose simple products only.",
)
