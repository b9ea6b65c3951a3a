"""Read history: what happened to a product, who did it, what it looked like at a moment."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.orm import Session

from pim.domain.structure import Structure
from pim.domain.values import merge
from pim.errors import NotFound, Refused
from pim.products.documents import document_sql, flatten
from pim.products.lookups import find_stored, fold
from pim.products.models import MODEL, PRODUCT
from pim.products.words import Words
from pim.products.writer import CREATE, DELETE, TABLES

ACTIONS = ("update", "create", "delete")

#: Entries looked through for those of one field.
FIELD_SEARCHED = 10_000


@dataclass(frozen=True, kw_only=True)
class CellChange:
    """One column before and after."""

    field: str
    old: Any
    new: Any


@dataclass(frozen=True, kw_only=True)
class HistoryEntry:
    """What one change set did to one product or model; `author` is an e-mail, None the system."""

    change_set: int
    kind: str
    label: str
    author: str | None
    at: datetime
    action: str
    state: str
    cells: tuple[CellChange, ...]
    source_file: str | None = None
    source_row: int | None = None

    def document(self) -> dict[str, Any]:
        """Return the JSON of this entry."""
        cells = [vars(cell) for cell in self.cells]
        return {**vars(self), "at": self.at.isoformat(), "cells": cells}


@dataclass(frozen=True)
class Entity:
    """A product or model as history finds it."""

    id: int
    kind: int
    name: str


def find_entity(session: Session, name: str) -> Entity:
    """Return a product by identifier, or a model by code; raises NotFound."""
    for kind in (PRODUCT, MODEL):
        stored = find_stored(session, kind, [name]).get(fold(name))
        if stored:
            return Entity(stored.id, kind, stored.name)
    raise NotFound(f'There is no product or model "{name}".')


def find_ever(session: Session, name: str) -> Entity:
    """Return a product or model by name, also one that was deleted; raises NotFound."""
    try:
        return find_entity(session, name)
    except NotFound:
        row = session.execute(_DELETED, {"name": fold(name)}).first()
        if row is None:
            raise
        return Entity(row.entity_id, row.kind, row.name)


def product_history(  # noqa: PLR0913 - what people narrow history to
    session: Session,
    entity_id: int,
    structure: Structure,
    *,
    limit: int = 50,
    before: int | None = None,
    field: str | None = None,
    author: str | None = None,
    kind: str | None = None,
    until: datetime | None = None,
) -> list[HistoryEntry]:
    """Return the newest entries first; `before` is a change set to page on from.

    With `field` only entries that touched that attribute or column, with `author` (an e-mail) and
    `kind` only those of such change sets, with `until` only those up to a moment.
    """
    rows = session.execute(
        _ENTRIES,
        {
            "entity": entity_id,
            "before": before or 2**62,
            "limit": FIELD_SEARCHED if field else limit,
            "key": field_key(structure, field),
            "author": author,
            "kind": kind,
            "until": until,
        },
    ).all()
    words = Words.of(session, structure, rows)
    entries = [read_entry(row, words) for row in rows]
    if field:
        entries = [e for e in (only_field(entry, field) for entry in entries) if e]
    return entries[:limit]


def field_key(structure: Structure, field: str | None) -> str | None:
    """Return the key under which patches have a field's cells: the code in its stored spelling."""
    if field is None:
        return None
    head = field.split("-")[0].split(".")[0]
    found = structure.attributes.get(head) or structure.association_types.get(head)
    return found.code if found else head.casefold()


def document_at(session: Session, entity: Entity, moment: datetime) -> dict[str, Any] | None:
    """Return an entity's document as it was at a moment; None when it did not exist then.

    What is empty there (null, {}) is left out. Raises Refused for a moment whose history was
    removed.
    """
    require_kept(session.connection(), moment)
    return _folded(session, entity, (row for row in _rows(session, entity) if row.at > moment))


def document_before(session: Session, entity: Entity, change_set: int) -> dict[str, Any] | None:
    """Return an entity's document as a change set has found it; None when that created it.

    Raises NotFound if the change set did not touch the entity, or its history was removed; Refused
    if other history of that time was.
    """
    rows = list(_rows(session, entity))
    place = next((n for n, row in enumerate(rows) if row.change_set_id == change_set), None)
    if place is None:
        raise NotFound(
            f'Change set {change_set} did not touch "{entity.name}", or its history was removed.'
        )
    require_kept(session.connection(), rows[place].at)
    return _folded(session, entity, rows[: place + 1])


def _folded(session: Session, entity: Entity, later: Iterable[Any]) -> dict[str, Any] | None:
    """Return today's document after taking rows of history back, the newest first."""
    query = _CURRENT.format(document=document_sql(entity.kind), table=TABLES[entity.kind])
    document: dict[str, Any] | None = session.scalar(text(query), {"id": entity.id})
    document = None if document is None else merge({}, document)
    for row in later:
        if row.action == DELETE:
            document = {}  # what came behind was another life
        document = None if row.action == CREATE else merge(document or {}, row.before)
    return document


def _rows(session: Session, entity: Entity) -> Iterable[Any]:
    query = _LATER.format(document=document_sql(entity.kind), table=TABLES[entity.kind])
    return session.execute(text(query), {"entity": entity.id})


def horizon(connection: Connection) -> datetime | None:
    """Return the moment before which history has holes; None where all of it is kept."""
    found: datetime | None = connection.scalar(text("SELECT history_before FROM horizon"))
    return found


def require_kept(connection: Connection, moment: datetime) -> None:
    """Raise Refused for a moment of which history does not know any more."""
    before = horizon(connection)
    if before is not None and moment < before:
        raise Refused(
            f"History from before {before:%Y-%m-%d %H:%M %Z} was removed, so nobody knows any more "
            "what things were like then. Ask for a later moment."
        )


def read_entry(row: Any, words: Words) -> HistoryEntry:
    """Return a row of history, joined with its change set, in people's words."""
    old, new = flatten(row.before or {}), flatten(row.after or {})
    if row.action == DELETE:
        old, new = {}, {}
    return HistoryEntry(
        change_set=row.change_set_id,
        kind=row.kind,
        label=row.label,
        author=row.email,
        at=row.at,
        action=ACTIONS[row.action],
        state=row.state,
        cells=tuple(
            CellChange(
                field=words.column(name),
                old=words.data(name, old.get(name)),
                new=words.data(name, new.get(name)),
            )
            for name in sorted({**old, **new})
        ),
        source_file=row.source_file,
        source_row=row.source_row,
    )


def only_field(entry: HistoryEntry, field: str) -> HistoryEntry | None:
    """Return an entry with the cells of one attribute or column; None if it has none."""
    wanted = field.casefold()
    cells = tuple(
        cell
        for cell in entry.cells
        if cell.field.casefold() == wanted
        or cell.field.casefold().startswith((f"{wanted}-", f"{wanted}."))
    )
    return replace(entry, cells=cells) if cells else None


_ENTRIES = text(
    """
    SELECT h.change_set_id, c.kind, c.label, c.state, u.email, h.at, h.action, h.before, h.after,
        h.source_file, h.source_row
    FROM history h JOIN change_set c ON c.id = h.change_set_id
    LEFT JOIN app_user u ON u.id = c.author_id
    WHERE h.entity_id = :entity AND h.change_set_id < :before
      AND (CAST(:author AS text) IS NULL OR lower(u.email) = lower(:author))
      AND (CAST(:kind AS text) IS NULL OR c.kind = :kind)
      AND (CAST(:until AS timestamptz) IS NULL OR h.at <= :until)
      AND (CAST(:key AS text) IS NULL OR h.before ? :key OR h.after ? :key
           OR h.before -> 'values' ? :key OR h.after -> 'values' ? :key
           OR h.before -> 'associations' ? :key OR h.after -> 'associations' ? :key)
    ORDER BY h.change_set_id DESC LIMIT :limit
    """
)

# As the index of deletions has the name.
_DELETED = text(
    """
    SELECT entity_id, kind, coalesce(before ->> 'identifier', before ->> 'code') AS name
    FROM history h
    WHERE action = 2 AND lower(coalesce(h.before ->> 'identifier', h.before ->> 'code')) = :name
    ORDER BY change_set_id DESC LIMIT 1
    """
)

_CURRENT = "SELECT {document} FROM {table} e WHERE e.id = :id"

# A deletion keeps the whole row, everything else a patch.
_LATER = """
    SELECT at, change_set_id, action, CASE action WHEN 2 THEN (
        SELECT {document} FROM jsonb_populate_record(NULL::{table}, h.before) e
    ) ELSE before END AS before
    FROM history h WHERE entity_id = :entity
    ORDER BY at DESC, change_set_id DESC
"""
