"""What an operation makes of rows, computed once per distinct content and remembered.

A bulk edit meets few distinct contents: prices, empty cells, the same brand. The domain's own
code decides each of them once, and rows are joined with what it decided; so preview, run and single
edits cannot disagree, and numbers stay exact.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

import orjson

from pim.domain.operations import CellOperation, Copy, EntityOperation, EntityState, apply_to
from pim.domain.structure import Codes, Structure
from pim.domain.values import Cell, merge, patch_of
from pim.domain.violations import Violation
from pim.products.changes import changed_members, changed_values

REMEMBERED = 100_000


class Outcome(NamedTuple):
    """One row's result: patches as JSON (None: nothing to write), counts of cells, problems.

    `lost` are attributes whose values the row keeps and no longer shows.
    """

    before: str | None
    after: str | None
    changed: int
    unchanged: int
    invalid: int
    violations: tuple[Violation, ...]
    lost: tuple[str, ...] = ()


@dataclass
class CellOutcomes:
    """Outcomes of an operation on cells, by the JSON texts of the cells that it reads."""

    operation: CellOperation
    structure: Structure
    only: tuple[Cell, ...] | None = None
    _known: dict[tuple[str | None, ...], Outcome] = field(default_factory=dict, init=False)

    @cached_property
    def cells(self) -> list[Cell]:
        """Return the cells that are written: all of the operation's, or those of `only`."""
        return self.operation.cells(self.structure) if self.only is None else list(self.only)

    @cached_property
    def reads(self) -> list[Cell]:
        """Return the cells whose texts `of` wants: those written, then the sources of a copy."""
        if isinstance(self.operation, Copy):
            return [*self.cells, *(self.operation.source_cell(cell) for cell in self.cells)]
        return self.cells

    def of(self, texts: tuple[str | None, ...]) -> Outcome:
        """Return the outcome for a row with these cells, in the order of `reads`."""
        outcome = self._known.get(texts)
        if outcome is None:
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            outcome = self._known[texts] = self._compute(texts)
        return outcome

    def _compute(self, texts: Sequence[str | None]) -> Outcome:
        document: Mapping[str, Any] = {}
        for cell, text in zip(self.reads, texts, strict=True):
            if text is not None:
                document = merge(document, patch_of(cell, orjson.loads(text)))
        wanted: dict[str, Any] = {}
        problems: list[Violation] = []
        invalid = 0
        for cell in self.cells:
            data, violations = apply_to(self.operation, cell, document, self.structure)
            problems.extend(violations)
            if violations:
                invalid += 1
            else:
                wanted = _overlaid(wanted, cell, data)
        before, after = changed_values(document, wanted)
        changed = sum(len(locales) for c in after.values() for locales in c.values())
        unchanged = len(self.cells) - changed - invalid
        return Outcome(
            *_texts(before, after, "values"), changed, unchanged, invalid, tuple(problems)
        )


def _overlaid(wanted: dict[str, Any], cell: Cell, data: Any) -> dict[str, Any]:
    """Return the wanted cells with one more; None stays, as it clears."""
    channels = wanted.setdefault(cell.attribute, {})
    channels.setdefault(cell.channel, {})[cell.locale] = data
    return wanted


@dataclass
class EntityOutcomes:
    """Outcomes of an operation on a product's status, categories or groups."""

    operation: EntityOperation
    structure: Structure
    _known: dict[tuple[str | None, ...], Outcome] = field(default_factory=dict)

    def of(self, texts: tuple[str | None, ...]) -> Outcome:
        """Return the outcome for a row, given the JSON texts of its status and own categories.

        Behind them may stand its groups, null for models.
        """
        if texts not in self._known:
            self._known[texts] = self._compute(texts)
        return self._known[texts]

    def _compute(self, texts: Sequence[str | None]) -> Outcome:
        enabled, categories, groups = (orjson.loads(text or "null") for text in (*texts, None)[:3])
        held = EntityState(
            enabled=enabled,
            categories=_codes(categories, self.structure.categories),
            groups=None if groups is None else _codes(groups, self.structure.groups),
        )
        state = self.operation.change(held, self.structure)
        before: dict[str, Any] = {}
        after: dict[str, Any] = {}
        if state.enabled != enabled:
            before["enabled"], after["enabled"] = enabled, state.enabled
        for part, ids in (("categories", categories), ("groups", groups or ())):
            known = getattr(self.structure, part)
            wanted = [known[code].id for code in getattr(state, part) or ()]
            was, now = changed_members(ids, wanted)
            if now:
                before[part], after[part] = was, now
        if not after:
            return Outcome(None, None, 0, 1, 0, ())
        return Outcome(_json(before), _json(after), 1, 0, 0, ())


def _codes(ids: Iterable[int], known: Codes[Any]) -> frozenset[str]:
    return frozenset(known.by_id[i].code for i in ids if i in known.by_id)


def _texts(before: Any, after: Any, key: str) -> tuple[str | None, str | None]:
    return (_json({key: before}), _json({key: after})) if after else (None, None)


def _json(document: Any) -> str:
    return orjson.dumps(document).decode()
