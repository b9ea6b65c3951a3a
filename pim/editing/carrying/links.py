"""Links of products and models, with their far ends where a type goes both ways."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Any, Final

import orjson
from sqlalchemy.orm import Session

from pim.db.conditions import CellReader
from pim.domain.operations import Dissociate, LinkOperation
from pim.domain.operations.links import TARGETS, Target
from pim.domain.structure import Structure
from pim.domain.values import difference
from pim.domain.violations import Violation
from pim.editing.carrying.parts import json_text, side_shown
from pim.editing.decided import Decided
from pim.editing.outcomes import Outcome
from pim.editing.rows import Rows
from pim.editing.shown import Shown
from pim.products.lookups import fold, ids_of, names_of
from pim.products.mirrors import FAR, Mirror, far_ends, write_mirrors

Targets = Mapping[Target, Mapping[str, int | None]]


class LinkOutcomes:
    """Outcomes of an operation on links, by what stands on each side and the row's own id.

    A side is one target of the association: its products, its models or its groups. Own ids are
    given where the row is among the targets itself: nothing is linked with itself.
    """

    def __init__(
        self, operation: LinkOperation, structure: Structure, sides: Sequence[Target]
    ) -> None:
        self.operation = operation
        self.structure = structure
        self.sides = sides
        self.targets: Targets = {}

    def of(self, texts: tuple[str | None, ...]) -> Outcome:
        """Return the outcome for a row: the texts of its sides, then its own id or nothing."""
        *held, own = texts
        before: dict[str, Any] = {}
        after: dict[str, Any] = {}
        faults: list[Violation] = []
        for side, text in zip(self.sides, held, strict=True):
            if missing := [name for name, id_ in self._named(side).items() if id_ is None]:
                faults.append(unknown_target(self.column(side), missing[0], side))
                continue
            was, now = self._changed(side, orjson.loads(text or "{}"), own)
            if now:
                before[side], after[side] = was, now
        patches = [self._patch(part) if part else None for part in (before, after)]
        stay = len(self.sides) - len(after) - len(faults)
        return Outcome(patches[0], patches[1], len(after), stay, len(faults), tuple(faults))

    def column(self, side: Target) -> str:
        """Return what a side is called in the flat format."""
        return f"{self.operation.association}-{side}"

    def _changed(
        self, side: Target, held: Mapping[str, Any], own: str | None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        if isinstance(self.operation, Dissociate) and side in self.operation.every:
            return difference(held, {})
        ids = (str(id_) for id_ in self._named(side).values())
        linked = self.operation.linked(held, [id_ for id_ in ids if id_ != own])
        return difference(held, linked)

    def _named(self, side: Target) -> Mapping[str, int | None]:
        return self.targets.get(side, {})

    def _patch(self, sides: Mapping[str, Any]) -> str:
        return json_text({"associations": {self.operation.association: sides}})


class LinkRows(Rows):
    """Rows whose links change."""

    looks_at = frozenset({"associations"})

    def __init__(self, outcomes: LinkOutcomes) -> None:
        super().__init__(outcomes, ("associations",))
        self._links = outcomes
        self._names: Mapping[int, str] = {}
        type_ = outcomes.structure.association_types[outcomes.operation.association]
        self.alone = not type_.two_way

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the columns of the sides that are written."""
        return tuple(self._links.column(side) for side in self._links.sides)

    def without(self, columns: frozenset[str]) -> Rows | None:
        """Return what writes the other sides alone; None if there is none."""
        links = self._links
        left = [side for side in links.sides if links.column(side) not in columns]
        return LinkRows(LinkOutcomes(links.operation, links.structure, left)) if left else None

    def decide(
        self,
        session: Session,
        structure: Structure,
        kind: int,
        ids: Sequence[int],
        *,
        hold: bool = True,
    ) -> Decided:
        """Look the targets up, and decide."""
        self._links.targets = targets_of(session, self._links.operation, structure)
        decided = super().decide(session, structure, kind, ids, hold=hold)
        self._names = names_of(session, _mentioned(decided))
        return decided

    def reads(self, reader: CellReader) -> list[str]:
        """Return each side, and the row's own id if it is among the targets."""
        links = self._links
        type_ = links.operation.association
        paths = [reader.bind([type_, side], "text[]") for side in links.sides]
        sides = [f"(e.associations #> {path})::text" for path in paths]
        named = [*links.targets.get(_SAME[reader.of_models], {}).values()]
        ids = reader.bind([id_ for id_ in named if id_], "bigint[]")
        return [*sides, f"CASE WHEN e.id = ANY({ids}) THEN e.id::text END"]

    def put(self, session: Session, change_set_id: int, decided: Decided) -> None:
        """Write the links, and their far ends."""
        super().put(session, change_set_id, decided)
        type_ = self._links.structure.association_types[self._links.operation.association]
        if type_.two_way:
            mirrors = list(mirrors_of(self._links.structure, decided))
            write_mirrors(session, change_set_id=change_set_id, mirrors=mirrors)

    def shown(self, texts: tuple[str | None, ...], outcome: Outcome) -> list[Shown]:
        """Return what is linked on each side before and after, by name."""
        patch = orjson.loads(outcome.after)["associations"] if outcome.after else {}
        sides = patch.get(self._links.operation.association, {})
        faults = {violation.path: violation for violation in outcome.violations}
        return [
            self._side(side, orjson.loads(text or "{}"), sides.get(side), faults)
            for side, text in zip(self._links.sides, texts, strict=False)
        ]

    def _side(
        self,
        side: Target,
        held: dict[str, Any],
        patch: Mapping[str, Any] | None,
        faults: Mapping[str, Violation],
    ) -> Shown:
        column = self._links.column(side)
        merged = {**held, **(patch or {})}
        after = {key: data for key, data in merged.items() if data is not None}
        return side_shown(
            column, self._called(side, held), self._called(side, after),
            changed=bool(patch), fault=faults.get(column),
        )  # fmt: skip

    def _called(self, side: Target, members: Mapping[str, Any]) -> Any:
        """Return members by name: a list, or quantities by name."""
        groups = self._links.structure.groups.by_id
        named = {
            (groups[int(key)].code if int(key) in groups else key)
            if side == "groups"
            else self._names.get(int(key), key): data
            for key, data in members.items()
        }
        return named if any(data is not True for data in named.values()) else sorted(named)


#: The side on which entities of a row's own kind stand, by whether it is a model.
_SAME: Final[tuple[Target, Target]] = ("products", "product_models")


def link_rows(operation: LinkOperation, structure: Structure) -> LinkRows:
    """Return what carries an operation on links out."""
    every = operation.every if isinstance(operation, Dissociate) else ()
    sides = [side for side in TARGETS if side in operation.named or side in every]
    return LinkRows(LinkOutcomes(operation, structure, sides))


def mirrors_of(structure: Structure, decided: Decided) -> Iterable[Mirror]:
    """Return the far ends of the associations that change in what was decided."""
    patches = [
        orjson.loads(outcome.after).get("associations", {}) if outcome.after else {}
        for _, outcome in decided.contents
    ]
    changed = decided.rows.filter(decided.rows["after"].is_not_null())
    return chain.from_iterable(
        far_ends(structure, decided.kind, entity, patches[content])
        for entity, content in changed["id", "content"].rows()
    )


def targets_of(session: Session, operation: LinkOperation, structure: Structure) -> Targets:
    """Return the id of each name of an operation by side; None where nothing has the name."""
    found: dict[Target, Mapping[str, int | None]] = {}
    for side, names in operation.named.items():
        if side == "groups":
            found[side] = {name: structure.groups[name].id for name in names}
        else:
            known = ids_of(session, FAR[side], names)
            found[side] = {name: known.get(fold(name)) for name in names}
    return found


def unknown_target(path: str, name: str, side: Target) -> Violation:
    """Return that nothing has a name that is to be linked or parted."""
    what = {"products": "product", "product_models": "product model", "groups": "group"}[side]
    return Violation(
        code="unknown_target",
        path=path,
        message='There is no {what} "{name}".',
        parameters={"what": what, "name": name},
        value=name,
        mend="Correct the name, or leave it out.",
    )


def _mentioned(decided: Decided) -> set[int]:
    """Return the ids of all that stands on any side, before or after."""
    found: set[int] = set()
    for texts, outcome in decided.contents:
        for text in texts[:-1]:
            found.update(map(int, orjson.loads(text or "{}")))
        patch = orjson.loads(outcome.after)["associations"] if outcome.after else {}
        found.update(
            int(key) for sides in patch.values() for side in sides.values() for key in side
        )
    return found
