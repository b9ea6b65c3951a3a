"""What a cell showed over time, and why it shows what it shows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy.orm import Session

from pim.domain.structure import Structure
from pim.products.history import ACTIONS, Entity, require_kept
from pim.products.lookups import names_of
from pim.products.past.cells import CellPast, Shown, Written
from pim.products.past.places import Place
from pim.products.writer import CREATE

#: Whose change sets are named by what they carry out.
RULE: Final = "rule"


@dataclass(frozen=True, kw_only=True)
class CellEvent:
    """One change of what a cell shows: from `old` to `new`, by a write of this or a higher level.

    `by` tells where the new value comes from: own, inherited (of the model `source`), None for no
    value.
    """

    write: Written
    old: Any
    new: Any
    by: str | None
    source: str | None

    def document(self) -> dict[str, Any]:
        """Return the JSON of this event."""
        told = {"old": self.old, "new": self.new, "by": self.by, "from": self.source}
        return {**told, "action": ACTIONS[self.write.action], **described(self.write)}


def cell_history(
    session: Session, structure: Structure, entity: Entity, place: Place, *, limit: int = 50
) -> list[CellEvent]:
    """Return every change of what an entity shows in a place, inherited ones too, newest first."""
    past = CellPast.of(session, structure, entity, place)
    events: list[CellEvent] = []
    new = past.shown()
    pending: Written | None = None
    for write in past.back():
        if pending is not None:
            old = past.shown()
            _note(events, pending, old, new, past)
            new = old
            if len(events) == limit:
                return _in_words(session, structure, place, events)
        pending = write if past.knows(write) else None
        if pending is None:
            break
    if pending is not None:
        _note(events, pending, past.shown(), new, past)
    return _in_words(session, structure, place, events[:limit])


def _note(events: list[CellEvent], write: Written, old: Shown, new: Shown, past: CellPast) -> None:
    if old.data != new.data or (write.entity == past.entity and write.touches(past.place)):
        by = None if new.data is None else "own" if new.own else "inherited"
        events.append(CellEvent(write=write, old=old.data, new=new.data, by=by, source=new.name))


@dataclass(frozen=True, kw_only=True)
class Reason:
    """Why a cell shows what it shows: the level and entity it comes from, and who wrote it there.

    `write` is None where history tells of nobody; `hidden` is what stands above an own value.
    """

    value: Any
    by: str | None
    level: int | None
    source: str | None
    write: Written | None

    def document(self) -> dict[str, Any]:
        """Return the JSON of this reason."""
        told = {"value": self.value, "by": self.by, "level": self.level, "from": self.source}
        return {**told, **described(self.write)}


def reason(
    session: Session,
    structure: Structure,
    entity: Entity,
    place: Place,
    *,
    moment: datetime | None = None,
) -> Reason:
    """Return why a place shows what it shows, now or at a past moment.

    For an empty place the write that emptied it, if there was one. Raises Refused for a moment
    whose history was removed.
    """
    past = CellPast.of(session, structure, entity, place)
    writes = past.writes
    if moment is not None:
        require_kept(session.connection(), moment)
        writes = past.back_to(moment)
    shown = past.shown()
    write = _writer(filter(past.knows, writes), shown.entity or entity.id, place) or _creation(
        writes, shown.entity or entity.id
    )
    by = None if shown.data is None else "own" if shown.own else "inherited"
    if by and write and write.kind == RULE:
        by = RULE
    value = in_words(session, structure, place, shown.data)
    return Reason(
        value=value, by=by, level=shown.level, source=shown.name or entity.name, write=write
    )


def _writer(writes: Iterable[Written], entity: int, place: Place) -> Written | None:
    """Return the newest write of a place of an entity, else what created it."""
    of_entity = (write for write in writes if write.entity == entity)
    return next((w for w in of_entity if w.action == CREATE or w.touches(place)), None)


def _creation(writes: Iterable[Written], entity: int) -> Written | None:
    """Return what created an entity: the likeliest of what history has left of that time."""
    return next((w for w in writes if w.entity == entity and w.action == CREATE), None)


def described(write: Written | None) -> dict[str, Any]:
    """Return who wrote, when, and from which row of which file; nulls where nobody knows."""
    if write is None:
        names = ("change_set", "kind", "label", "author", "at", "import", "undoes", "rule")
        return dict.fromkeys(names)
    source = {"file": write.source_file, "row": write.source_row}
    return {
        "change_set": write.change_set,
        "kind": write.kind,
        "label": write.label,
        "author": write.author,
        "at": write.at.isoformat(),
        "import": source if write.source_file else None,
        "undoes": write.undoes,
        "rule": write.label if write.kind == RULE else None,
    }


def in_words(session: Session, structure: Structure, place: Place, data: Any) -> Any:
    """Return data with codes in place of ids."""
    if data is None or place.cell is not None:
        return data
    if place.field in {"categories", "groups"}:
        known: Any = getattr(structure, place.field).by_id
        return sorted(known[int(n)].code if int(n) in known else n for n in data)
    if place.field in {"family", "family_variant"}:
        known = (structure.families if place.field == "family" else structure.family_variants).by_id
        return known[data].code if data in known else str(data)
    if place.field == "parent":
        return names_of(session, [data]).get(data, str(data))
    return data


def _in_words(
    session: Session, structure: Structure, place: Place, events: list[CellEvent]
) -> list[CellEvent]:
    return [
        CellEvent(
            write=each.write,
            old=in_words(session, structure, place, each.old),
            new=in_words(session, structure, place, each.new),
            by=each.by,
            source=each.source,
        )
        for each in events
    ]
