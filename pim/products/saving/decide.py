"""Decide one edit: what is written, what stays because somebody else changed it, what is wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from pim.domain.merging import NOTHING, merged
from pim.domain.structure import Attribute, Structure
from pim.domain.values import Cell, get
from pim.domain.violations import Violation
from pim.products.changes import changed_members, changed_values
from pim.products.saving.checks import PRICE, canonical, own_field, place_fault
from pim.products.saving.edits import UNSEEN, CellEdit, Conflict, Edit, SaveResult
from pim.products.saving.stored import ABSENT, Path, Stored


@dataclass(frozen=True)
class Wish:
    """One cell in canonical form: its column, its path in the document, the data, what was seen."""

    column: str
    path: Path
    ours: Any
    seen: Any


@dataclass
class Decision:
    """What becomes of an edit; `wanted` are the cells to write."""

    stored: Stored
    wanted: list[Wish] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    conflicts: list[Conflict] = field(default_factory=list)
    violations: list[Violation] = field(default_factory=list)

    def refuse(self, wish: Wish, violation: Violation) -> None:
        """Leave a cell out after all."""
        self.wanted.remove(wish)
        self.violations.append(violation)

    def patches(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the merge patches over the entity's document, back and there."""
        before: dict[str, Any] = {}
        after: dict[str, Any] = {}
        values: dict[str, Any] = {}
        for wish in self.wanted:
            if wish.path[0] == "values":
                _put(values, wish.path[1:], wish.ours)
            elif wish.path[0] == "enabled":
                before["enabled"], after["enabled"] = self.stored.now(wish.path), wish.ours
            else:
                key = wish.path[0]
                had = map(int, self.stored.now(wish.path) or {})
                before[key], after[key] = changed_members(had, map(int, wish.ours))
        was, now = changed_values(self.stored.document["values"], values)
        if now:
            before["values"], after["values"] = was, now
        return before, after

    def result(self) -> SaveResult:
        """Return what the person is told; the version is raised by whoever writes."""
        return SaveResult(
            id=self.stored.id,
            identifier=self.stored.name,
            version=self.stored.version + bool(self.wanted),
            saved=tuple(wish.column for wish in self.wanted),
            unchanged=tuple(self.unchanged),
            conflicts=tuple(self.conflicts),
            violations=tuple(self.violations),
        )


def decide(
    edit: Edit, stored: Stored, structure: Structure, *, author: int | None, whole: bool
) -> Decision:
    """Return what becomes of an edit; with `whole` all of it or nothing is written."""
    decision = Decision(stored)
    for cell in edit.cells:
        wishes, violations = _wishes(cell, stored, structure)
        decision.violations += violations
        for wish in wishes:
            _settle(wish, edit, decision, author, _Shown(wish, structure))
    if whole:
        hold_back(decision)
    return decision


def hold_back(decision: Decision) -> None:
    """Write nothing of an edit that was not accepted in every cell."""
    if decision.conflicts or decision.violations:
        decision.wanted.clear()


def _settle(wish: Wish, edit: Edit, decision: Decision, author: int | None, shown: _Shown) -> None:
    stored = decision.stored
    theirs = stored.now(wish.path)
    past = theirs if edit.version is None else stored.past(wish.path, author=author)
    base, known = (past, []) if wish.seen is UNSEEN else (wish.seen, [past])
    if edit.version is None:
        known = []
    outcome = merged(base, theirs, wish.ours, known=known)
    for clash in outcome.clashes:
        conflict = Conflict(
            field=wish.column,
            base=shown(None if clash.base is ABSENT else clash.base),
            theirs=shown(theirs),
            ours=shown(wish.ours),
            change_set=stored.changed_by(wish.path),
        )
        decision.conflicts.append(conflict)
    if outcome.write is not NOTHING:
        decision.wanted.append(wish)
    elif not outcome.clashes:
        decision.unchanged.append(wish.column)


@dataclass(frozen=True)
class _Shown:
    """Tells a cell's data as people know it: memberships as codes."""

    wish: Wish
    structure: Structure

    def __call__(self, data: Any) -> Any:
        field = self.wish.path[0]
        if field not in {"categories", "groups"}:
            return data
        noun = self.structure.categories if field == "categories" else self.structure.groups
        return sorted(noun.by_id[int(i)].code for i in data or () if int(i) in noun.by_id)


def _wishes(
    edit: CellEdit, stored: Stored, structure: Structure
) -> tuple[list[Wish], tuple[Violation, ...]]:
    if not isinstance(edit.address, Cell):
        return _own(edit, edit.address, stored, structure)
    fault = place_fault(edit.address, stored, structure)
    if fault:
        return [], (fault,)
    attribute = structure.attributes[edit.address.attribute]
    cell = edit.address._replace(attribute=attribute.code)
    ours, violations = canonical(cell, edit.data, attribute, structure)
    if violations:
        return [], violations
    seen = _seen(edit.seen, cell, attribute, structure)
    path = ("values", *cell)
    if attribute.type != PRICE:
        return [Wish(cell.column, path, ours, seen)], ()
    return list(_prices(cell, path, ours, seen, stored)), ()


def _seen(seen: Any, cell: Cell, attribute: Attribute, structure: Structure) -> Any:
    """Return what was seen in canonical form; as it is where it breaks today's rules."""
    if seen is UNSEEN:
        return UNSEEN
    data, violations = canonical(cell, seen, attribute, structure)
    return seen if violations else data


def _prices(cell: Cell, path: Path, ours: Any, seen: Any, stored: Stored) -> Iterator[Wish]:
    """Yield a wish per currency; None clears all there are."""
    wanted = dict.fromkeys(get(stored.document["values"], cell) or {}) if ours is None else ours
    for currency, amount in wanted.items():
        part = seen.get(currency) if isinstance(seen, Mapping) else seen
        yield Wish(f"{cell.column}-{currency}", (*path, currency), amount, part)


def _own(
    edit: CellEdit, name: str, stored: Stored, structure: Structure
) -> tuple[list[Wish], tuple[Violation, ...]]:
    ours, violations = own_field(name, edit.data, stored, structure)
    if violations:
        return [], violations
    seen = edit.seen
    if seen is not UNSEEN:
        found, faults = own_field(name, seen, stored, structure)
        seen = UNSEEN if faults else found
    wish = Wish(name, (name,), ours, seen)
    return [wish if name == "enabled" else _members(wish)], ()


def _members(wish: Wish) -> Wish:
    """Return a wish for memberships as the document holds them: {id: true}."""
    sides = (
        side if side is UNSEEN else {str(number): True for number in side}
        for side in (wish.ours, wish.seen)
    )
    ours, seen = sides
    return replace(wish, ours=ours, seen=seen)


def _put(tree: dict[str, Any], path: Path, data: Any) -> None:
    for key in path[:-1]:
        tree = tree.setdefault(key, {})
    tree[path[-1]] = data
