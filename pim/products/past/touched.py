"""What one change set did, product by product, and what happened to the structure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from pim.domain.structure import Structure
from pim.products.history import HistoryEntry, field_key, only_field, read_entry
from pim.products.models import MODEL, PRODUCT
from pim.products.words import Words

#: What `kind` may ask for.
KINDS: Final[Mapping[str, int]] = {"product": PRODUCT, "model": MODEL}


@dataclass(frozen=True, kw_only=True)
class Touched:
    """What a change set did to one product or model; `name` is what it was called last."""

    id: int
    name: str
    kind: str
    entry: HistoryEntry

    def document(self) -> dict[str, Any]:
        """Return the JSON of this entry."""
        cells = [vars(cell) for cell in self.entry.cells]
        told: dict[str, Any] = {
            "id": self.id,
            "identifier": self.name,
            "kind": self.kind,
            "action": self.entry.action,
        }
        source = {"file": self.entry.source_file, "row": self.entry.source_row}
        return {**told, "import": source if self.entry.source_file else None, "cells": cells}


def change_set_history(
    session: Session,
    structure: Structure,
    change_set: int,
    *,
    limit: int = 50,
    after: int = 0,
    field: str | None = None,
    kind: str | None = None,
) -> list[Touched]:
    """Return the products and models that a change set wrote, in order of id.

    `after` is the id to page on from. With `field` only those of which that attribute or column
    was touched, and of these only it; `kind` is product or model.
    """
    wanted = {
        "change_set": change_set,
        "after": after,
        "limit": limit,
        "key": field_key(structure, field),
        "kind": KINDS[kind] if kind else None,
    }
    rows = session.execute(_ROWS, wanted).all()
    words = Words.of(session, structure, rows)
    found = []
    for row in rows:
        entry: HistoryEntry | None = read_entry(row, words)
        if field and entry:
            entry = only_field(entry, field)
        if entry:
            name = row.name or str(row.entity_id)
            called = "model" if row.entity_kind == MODEL else "product"
            found.append(Touched(id=row.entity_id, name=name, kind=called, entry=entry))
    return found


@dataclass(frozen=True, kw_only=True)
class StructureChange:
    """A change of the structure: which kind of thing, which of them, by whom, when.

    `names` are codes; things that are gone stay numbers.
    """

    at: datetime
    subject: str
    names: tuple[str, ...]
    change_set: int | None
    kind: str | None
    label: str | None
    author: str | None

    def document(self) -> dict[str, Any]:
        """Return the JSON of this change."""
        return {**vars(self), "at": self.at.isoformat(), "names": list(self.names)}


def structure_history(
    session: Session,
    structure: Structure,
    *,
    subject: str | None = None,
    limit: int = 50,
    before: datetime | None = None,
) -> list[StructureChange]:
    """Return changes of the structure as the change log has them, the newest first.

    The log tells what was touched, not how; it reaches back as far as its readers need it.
    """
    wanted = {"subject": subject, "limit": limit, "before": before}
    return [
        StructureChange(
            at=row.at,
            subject=row.subject,
            names=tuple(_names(structure, row.subject, row.ids)),
            change_set=row.change_set_id,
            kind=row.kind,
            label=row.label,
            author=row.email,
        )
        for row in session.execute(_STRUCTURE, wanted)
    ]


_NOUNS: Final = {
    "attribute": "attributes", "attribute_group": "attribute_groups", "family": "families",
    "family_variant": "family_variants", "channel": "channels", "category": "categories",
    "association_type": "association_types", "group": "groups",
    "measurement_family": "measurement_families", "locale": "locales", "currency": "currencies",
}  # fmt: skip


def _names(structure: Structure, subject: str, ids: list[int]) -> Iterator[str]:
    codes = getattr(structure, _NOUNS.get(subject, ""), None)
    known: Mapping[int, Any] = codes.by_id if codes is not None else {}
    if subject == "option":
        every = (option for each in structure.attributes for option in each.options)
        wanted = set(ids)
        known = {option.id: option for option in every if option.id in wanted}
    for number in ids:
        thing = known.get(number)
        if subject == "option" and thing:
            yield f"{thing.attribute}.{thing.code}"
        else:
            yield str(thing.code) if thing else str(number)


_ROWS = text(
    """
    SELECT h.entity_id, h.kind AS entity_kind, h.change_set_id, c.kind, c.label, c.state, u.email,
        h.at, h.action, h.before, h.after, h.source_file, h.source_row,
        coalesce(p.identifier, m.code, h.before ->> 'identifier', h.before ->> 'code') AS name
    FROM history h JOIN change_set c ON c.id = h.change_set_id
    LEFT JOIN app_user u ON u.id = c.author_id
    LEFT JOIN product p ON p.id = h.entity_id LEFT JOIN product_model m ON m.id = h.entity_id
    WHERE h.change_set_id = :change_set AND h.entity_id > :after
      AND (CAST(:kind AS smallint) IS NULL OR h.kind = :kind)
      AND (CAST(:key AS text) IS NULL OR h.before ? :key OR h.after ? :key
           OR h.before -> 'values' ? :key OR h.after -> 'values' ? :key
           OR h.before -> 'associations' ? :key OR h.after -> 'associations' ? :key)
    ORDER BY h.entity_id LIMIT :limit
    """
)
_STRUCTURE = text(
    """
    SELECT l.at, replace(l.subject, '-unseen', '') AS subject, l.ids, l.change_set_id, c.kind,
        c.label, u.email
    FROM change_log l LEFT JOIN change_set c ON c.id = l.change_set_id
    LEFT JOIN app_user u ON u.id = c.author_id
    WHERE l.subject NOT IN ('product', 'product_model', 'feed', 'campaign')
      AND (CAST(:subject AS text) IS NULL OR replace(l.subject, '-unseen', '') = :subject)
      AND (CAST(:before AS timestamptz) IS NULL OR l.at < :before)
    ORDER BY l.id DESC LIMIT :limit
    """
)
