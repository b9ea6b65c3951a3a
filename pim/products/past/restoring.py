"""Put back what a product or model was: one cell, or all of it, as of a moment or a change set.

A restore is a save like a person's: checked by the rules of today, a change set of its own, undone
like any other. What is not valid any more stays as it is, and is told.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from pim.access.permits import require
from pim.db.unit_of_work import Work
from pim.domain.structure import Structure
from pim.domain.values import Cell, cells
from pim.domain.violations import Violation
from pim.errors import NotFound, Refused
from pim.products.documents import document_sql
from pim.products.history import Entity, document_at, document_before
from pim.products.past.links import Links, gone
from pim.products.past.places import PRICES, Place
from pim.products.past.timeline import in_words
from pim.products.saving import CellEdit, Edit, save_all
from pim.products.saving.edits import OwnField
from pim.products.writer import TABLES

Document = Mapping[str, Any]

#: What an entity is; it is changed by operations of its own.
STAY = ("identifier", "code", "family", "family_variant", "parent")
MEMBERSHIPS: Sequence[OwnField] = ("categories", "groups")


@dataclass(frozen=True, kw_only=True)
class Restored:
    """What a restore came to: the columns put back, those that stood already, what stays and why.

    `change_set` is None when nothing was written.
    """

    identifier: str
    change_set: int | None = None
    restored: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    violations: tuple[Violation, ...] = ()

    def document(self) -> dict[str, Any]:
        """Return the JSON of this result."""
        told = [
            {
                "code": each.code,
                "field": each.path,
                "value": each.value,
                "message": each.text,
                "mend": each.mend_text,
            }
            for each in self.violations
        ]
        return {
            "change_set": self.change_set,
            "identifier": self.identifier,
            "restored": list(self.restored),
            "unchanged": list(self.unchanged),
            "violations": told,
        }


def restore(
    work: Work,
    entity: Entity,
    structure: Structure,
    *,
    place: Place | None = None,
    moment: datetime | None = None,
    before: int | None = None,
) -> Restored:
    """Put back one place, or all, as it was at a moment or before a change set.

    Values of the entity's own level, status, memberships and links. Raises Refused when it did not
    exist then or history does not reach back; NotFound for a change set that did not touch it.
    """
    require(work, "products.edit")
    then = _then(work.session, entity, moment=moment, before=before)
    now = _now(work.session, entity)
    wanted = _Wanted(work.session, structure, entity, place)
    wanted.collect(now, then)
    links = Links(work.session, structure, entity, wanted.links)
    edit = Edit(id=entity.id, kind=entity.kind, cells=wanted.edits)
    label = f"{entity.name} as {_as(moment, before)}"
    saved = save_all(work, [edit], structure, label=label, kind="restore", also=links.write)
    (result,) = saved.results
    return Restored(
        identifier=entity.name,
        change_set=None if work.dry_run else saved.change_set,
        restored=(*result.saved, *links.written),
        unchanged=result.unchanged,
        violations=(*result.violations, *wanted.violations, *links.violations),
    )


def _as(moment: datetime | None, before: int | None) -> str:
    return f"of {moment:%Y-%m-%d %H:%M:%S %Z}" if moment else f"before change set {before}"


def _then(
    session: Session, entity: Entity, *, moment: datetime | None, before: int | None
) -> Document:
    if moment is not None:
        found = document_at(session, entity, moment)
    elif before is not None:
        found = document_before(session, entity, before)
    else:
        raise Refused("Say what to go back to: a moment or a change set.")
    if found is None:
        raise Refused(f'"{entity.name}" did not exist then, so there is nothing to go back to.')
    return found


def _now(session: Session, entity: Entity) -> Document:
    query = f"SELECT {document_sql(entity.kind)} FROM {TABLES[entity.kind]} e WHERE id = :id"  # noqa: S608
    found: Document | None = session.scalar(text(query), {"id": entity.id})
    if found is None:
        raise NotFound(f'"{entity.name}" was deleted: `pim bin restore` brings it back.')
    return found


@dataclass
class _Wanted:
    """What differs between then and now: edits of cells, patches of links, what stays."""

    session: Session
    structure: Structure
    entity: Entity
    place: Place | None
    edits: list[CellEdit] = field(default_factory=list)
    links: tuple[Document, Document] = field(default_factory=lambda: ({}, {}))
    violations: list[Violation] = field(default_factory=list)

    def collect(self, now: Document, then: Document) -> None:
        """Compare two documents of the entity, in the place that is asked for."""
        self.edits.extend(self._values(now.get("values") or {}, then.get("values") or {}))
        if self._is_asked("enabled") and then.get("enabled", True) != now.get("enabled", True):
            self.edits.append(CellEdit(address="enabled", data=then["enabled"]))
        for noun in MEMBERSHIPS:
            had, has = then.get(noun) or {}, now.get(noun) or {}
            if self._is_asked(noun) and had != has:
                self.edits.append(CellEdit(address=noun, data=list(self._codes(noun, had))))
        if self._is_asked("associations"):
            self.links = now.get("associations") or {}, then.get("associations") or {}
        for name in STAY:
            if self._is_asked(name) and now.get(name) != then.get(name):
                self.violations.append(self._stays(name, now.get(name), then.get(name)))

    def _is_asked(self, name: str) -> bool:
        return self.place is None or (self.place.cell is None and self.place.field == name)

    def _values(self, now: Document, then: Document) -> Iterator[CellEdit]:
        held, had = dict(cells(now)), dict(cells(then))
        asked = self.place.cell if self.place else None
        if self.place and asked is None:
            return
        for cell in {**had, **held}:
            if asked in (None, cell) and had.get(cell) != held.get(cell):
                data = self._data(cell, held.get(cell), had.get(cell))
                yield CellEdit(address=cell, data=data)

    def _data(self, cell: Cell, now: Any, then: Any) -> Any:
        """Return what a save must be given so that a cell holds what it held again."""
        attribute = self.structure.attributes.get(cell.attribute)
        if attribute is None or attribute.type != PRICES:
            return then
        had, has = then or {}, now or {}
        part = self.place.part if self.place else None
        wanted = [part] if part else {**had, **has}
        return {currency: had.get(currency) for currency in wanted}

    def _codes(self, name: str, ids: Document) -> Iterator[str]:
        known: Any = getattr(self.structure, name).by_id
        for number in ids:
            if int(number) in known:
                yield known[int(number)].code
            else:
                self.violations.append(gone(name, number))

    def _stays(self, name: str, now: Any, then: Any) -> Violation:
        place = Place(field=name)
        shown = [in_words(self.session, self.structure, place, each) for each in (now, then)]
        return Violation(
            code="restore.stays",
            path=name,
            message='{field} was "{then}" and is "{now}" now; a restore leaves it alone.',
            parameters={"field": name, "now": shown[0], "then": shown[1]},
            value=str(shown[0]),
            mend="Change it by an import or a bulk edit, then restore once more.",
        )
