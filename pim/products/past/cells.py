"""One cell over time, with what it inherited: a variant's shown price when its model changed.

An entity, every model that ever stood above it, and the changes of all of them that can touch the
cell are read at once; then the changes are taken back one by one, the newest first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from pim.domain.structure import Structure
from pim.domain.values import merge
from pim.products.documents import document_sql
from pim.products.history import Entity, horizon
from pim.products.models import MODEL, PRODUCT
from pim.products.past.places import Path, Place
from pim.products.writer import CREATE, DELETE, TABLES

Document = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Written:
    """One change set's write of one entity: who, when, what, from which row of which file."""

    entity: int
    change_set: int
    kind: str
    label: str
    state: str
    author: str | None
    undoes: int | None
    at: datetime
    action: int
    before: Document | None
    after: Document | None
    source_file: str | None
    source_row: int | None

    def touches(self, place: Place) -> bool:
        """Tell whether the write has changed a place itself."""
        return any(_has(patch, _whole(place)) for patch in (self.before, self.after) if patch)


@dataclass(frozen=True, kw_only=True)
class Shown:
    """What stands in a place: the level (0 the root) and the entity that it comes from."""

    data: Any = None
    level: int | None = None
    entity: int | None = None
    name: str | None = None
    own: bool = True


@dataclass
class CellPast:
    """The states of an entity and of its models, walked back through time.

    Before `known_since` history has holes, so what it still has tells nothing for certain.
    """

    structure: Structure
    entity: int
    place: Place
    documents: dict[int, Document | None]
    writes: Sequence[Written]
    known_since: datetime | None = None

    @classmethod
    def of(cls, session: Session, structure: Structure, entity: Entity, place: Place) -> CellPast:
        """Read everything that can have touched the cell."""
        documents: dict[int, Document | None] = {}
        writes: list[Written] = []
        new = {entity.id}
        while new:
            found = list(_writes(session, new, place.path))
            documents |= _documents(session, new)
            writes += found
            above = {_parent(documents[each]) for each in new}
            above |= {p for write in found for p in _parents(write)}
            new = {each for each in above if each is not None} - set(documents)
        writes.sort(key=lambda write: (write.at, write.change_set), reverse=True)
        since = horizon(session.connection())
        return cls(structure, entity.id, place, documents, writes, since)

    def knows(self, write: Written) -> bool:
        """Tell whether a write is of a time that history knows wholly."""
        return self.known_since is None or write.at >= self.known_since

    def back(self) -> Iterator[Written]:
        """Take one write back after the other, the newest first; each is yielded beforehand."""
        for write in self.writes:
            yield write
            self.documents[write.entity] = _undone(self.documents[write.entity], write)

    def back_to(self, moment: datetime) -> list[Written]:
        """Take back what came after a moment; return the writes until then, the newest first."""
        earlier = [write for write in self.writes if write.at <= moment]
        for write in self.back():
            if write.at <= moment:
                break
        self.writes = earlier
        return earlier

    def shown(self) -> Shown:
        """Return what the entity shows in the place as things stand now."""
        chain = self._chain()
        documents = [document for _, document in chain]
        levels = [
            level
            for level in reversed(range(len(chain)))
            if self._holds(documents, level) and _at(documents[level], self.place.path) is not None
        ]
        if not levels:
            return Shown()
        level = levels[0]
        entity, document = chain[level]
        data = self.place.of(_at(document, self.place.path))
        if self.place.field == "categories":
            data = _together(documents)
        if data is None:
            return Shown()
        own = level == len(chain) - 1
        return Shown(data=data, level=level, entity=entity, name=_name(document) or None, own=own)

    def _chain(self) -> list[tuple[int, Document]]:
        """Return the entity behind its models, the root first; empty when it did not exist."""
        chain: list[tuple[int, Document]] = []
        here: int | None = self.entity
        while here is not None and (document := self.documents.get(here)) is not None:
            chain.insert(0, (here, document))
            here = _parent(document)
        return chain

    def _holds(self, chain: Sequence[Document], level: int) -> bool:
        """Tell whether data of a level counts: values where the variant has them, categories."""
        if self.place.cell is None:
            inherited = self.place.field in {"categories", "family_variant"}
            return inherited or level == len(chain) - 1
        variant = self.structure.family_variants.by_id.get(chain[0].get("family_variant") or 0)
        return variant is None or variant.holds(self.place.cell.attribute, level)


def _documents(session: Session, ids: set[int]) -> dict[int, Document | None]:
    found: dict[int, Document | None] = dict.fromkeys(ids)
    for kind in (PRODUCT, MODEL):
        query = _DOCUMENTS.format(document=document_sql(kind), table=TABLES[kind])
        found |= {row[0]: row[1] for row in session.execute(text(query), {"ids": sorted(ids)})}
    return found


def _writes(session: Session, ids: set[int], path: Path) -> Iterator[Written]:
    rows = session.execute(_WRITES, {"ids": sorted(ids), "path": list(path)})
    for row in rows.mappings():
        yield Written(**row)


def _undone(document: Document | None, write: Written) -> Document | None:
    if write.action == CREATE:
        return None
    if write.action == DELETE:
        return _of_row(write.before or {})
    patched: Document = merge(document or {}, write.before)
    return patched


def _of_row(row: Document) -> Document:
    """Return the document of a deleted row."""
    members = {
        key: {str(number): True for number in row.get(key) or ()}
        for key in ("categories", "groups")
    }
    ids = {"family": "family_id", "family_variant": "family_variant_id", "parent": "parent_id"}
    named = {key: row.get(column) for key, column in ids.items()}
    return {**row, **members, **named}


def _parents(write: Written) -> Iterator[int | None]:
    if write.action == DELETE:
        yield (write.before or {}).get("parent_id")
    for patch in (write.before, write.after) if not write.action else ():
        yield _parent(patch)


def _parent(document: Document | None) -> int | None:
    return document.get("parent") if document else None


def _name(document: Document) -> str:
    return str(document.get("identifier") or document.get("code") or "")


def _at(document: Document, path: Path) -> Any:
    found: Any = document
    for key in path:
        if not isinstance(found, Mapping):
            return None
        found = found.get(key)
    return None if found == {} else found


def _together(documents: Sequence[Document]) -> dict[str, bool]:
    return {number: True for document in documents for number in document.get("categories") or {}}


def _whole(place: Place) -> Path:
    return (*place.path, place.part) if place.part else place.path


def _has(patch: Document, path: Path) -> bool:
    found: Any = patch
    for key in path:
        if not isinstance(found, Mapping) or key not in found:
            return found is None  # a cell that went or came as a whole
        found = found[key]
    return True


_DOCUMENTS: Final = "SELECT e.id, {document} FROM {table} e WHERE e.id = ANY(:ids)"

_WRITES = text(
    """
    SELECT h.entity_id AS entity, h.change_set_id AS change_set, c.kind, c.label, c.state,
        u.email AS author, c.undoes_id AS undoes, h.at, h.action, h.before, h.after,
        h.source_file, h.source_row
    FROM history h JOIN change_set c ON c.id = h.change_set_id
    LEFT JOIN app_user u ON u.id = c.author_id
    WHERE h.entity_id = ANY(:ids) AND (
        h.action <> 0 OR h.before ?| ARRAY['parent', 'family_variant']
        OR h.after ?| ARRAY['parent', 'family_variant']
        OR h.before #> CAST(:path AS text[]) IS NOT NULL
        OR h.after #> CAST(:path AS text[]) IS NOT NULL)
    """
)
