"""Bring back what a change set deleted, and take away what it created."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import text

from pim.products import writer
from pim.products.lookups import NAMES
from pim.products.models import MODEL, PRODUCT
from pim.products.reverting.undone import Undoing
from pim.products.unique import sync_unique_values, yield_unique_values


def bring_back(undoing: Undoing) -> Iterator[int]:
    """Bring back deleted entities, models first and roots before sub models."""
    for kind in (MODEL, PRODUCT):
        for ids in undoing.chunks(kind, writer.DELETE):
            for part in _roots_first(undoing, kind, ids):
                _return(undoing, kind, part)
            _note_missing(undoing, kind, ids)
            yield len(ids)


def _roots_first(undoing: Undoing, kind: int, ids: list[int]) -> Iterator[list[int]]:
    """Yield ids of models by level; parents of products are there already."""
    if kind == PRODUCT:
        yield ids
        return
    parameters = {"target": undoing.target, "ids": ids}
    roots = list(undoing.session.execute(_ROOTS, parameters).scalars())
    yield roots
    yield sorted(set(ids) - set(roots))


def _return(undoing: Undoing, kind: int, ids: list[int]) -> None:
    session = undoing.session
    returned = list(
        session.execute(
            text(_RETURN.format(table=writer.TABLES[kind], missing=_MISSING[kind])),
            {"target": undoing.target, "ids": ids},
        ).scalars()
    )
    for name, attribute, value in yield_unique_values(
        session, kind=kind, ids=returned, structure=undoing.structure
    ):
        undoing.result.keep(name, attribute, ours=None, theirs=value)
    session.execute(
        text(_MARK.format(table=writer.TABLES[kind])),
        {"opened": undoing.opened, "kind": kind, "ids": returned},
    )
    sync_unique_values(session, kind=kind, ids=returned, structure=undoing.structure)
    writer.append_log(session, change_set_id=undoing.opened, kind=kind, ids=returned)
    undoing.result.restored += len(returned)


def _note_missing(undoing: Undoing, kind: int, ids: list[int]) -> None:
    """List the entities that cannot come back."""
    query = _STILL_MISSING.format(table=writer.TABLES[kind], name=NAMES[kind])
    for name in undoing.session.scalars(text(query), {"target": undoing.target, "ids": ids}):
        undoing.result.keep(
            name,
            "*",
            ours="deleted",
            theirs="its name is taken, its family or parent is gone, or the bin was emptied",
        )


def take_away(undoing: Undoing) -> Iterator[int]:
    """Delete what the change set created, unless somebody built on it since."""
    for kind in (PRODUCT, MODEL):
        for ids in undoing.chunks(kind, writer.CREATE, last_first=True):
            for batch in _deletable(undoing, kind, ids):
                writer.delete(undoing.session, change_set_id=undoing.opened, kind=kind, ids=batch)
                undoing.result.restored += len(batch)
            yield len(ids)


def _deletable(undoing: Undoing, kind: int, ids: list[int]) -> Iterator[list[int]]:
    """Yield the entities that nobody changed since, sub models before their roots."""
    session = undoing.session
    query = _STANDING.format(table=writer.TABLES[kind], name=NAMES[kind])
    rows = session.execute(text(query), {"ids": ids, "target": undoing.target}).all()
    free = {entity: name for entity, name, edited in rows if not edited}
    kept = [name for _, name, edited in rows if edited]
    if kind == PRODUCT:
        yield list(free)
    else:
        while leaves := list(session.execute(_CHILDLESS, {"ids": list(free)}).scalars()):
            yield leaves
            free = {entity: name for entity, name in free.items() if entity not in set(leaves)}
        kept.extend(free.values())
    for name in kept:
        undoing.result.keep(name, "*", ours="created", theirs="in use since")


_ROOTS = text(
    "SELECT entity_id FROM history WHERE change_set_id = :target AND entity_id = ANY(:ids)"
    " AND before ->> 'parent_id' IS NULL ORDER BY entity_id"
)

_MISSING = {
    PRODUCT: """
        before ->> 'parent_id' IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM product_model m WHERE m.id = (before ->> 'parent_id')::bigint)
        OR before ->> 'family_id' IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM family f WHERE f.id = (before ->> 'family_id')::bigint)
    """,
    MODEL: """
        before ->> 'parent_id' IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM product_model m WHERE m.id = (before ->> 'parent_id')::bigint)
        OR NOT EXISTS (
            SELECT 1 FROM family_variant v WHERE v.id = (before ->> 'family_variant_id')::bigint)
    """,
}

# The version goes on where it ended, so that nobody's older copy counts as current.
_RETURN = """
    INSERT INTO {table}
    SELECT r.* FROM history, LATERAL jsonb_populate_record(NULL::{table}, before ||
        jsonb_build_object('version', (before ->> 'version')::integer + 1, 'updated', now())) r
    WHERE change_set_id = :target AND entity_id = ANY(:ids) AND after IS NULL AND NOT ({missing})
    ORDER BY entity_id
    ON CONFLICT DO NOTHING RETURNING id
"""

_STILL_MISSING = """
    SELECT h.before ->> '{name}' FROM history h
    WHERE h.change_set_id = :target AND h.entity_id = ANY(:ids)
      AND NOT EXISTS (SELECT 1 FROM {table} e WHERE e.id = h.entity_id) ORDER BY h.entity_id
"""

_MARK = """
    INSERT INTO history (entity_id, change_set_id, kind, action, from_version, to_version, at)
    SELECT e.id, :opened, :kind, 1, e.version - 1, e.version, clock_timestamp()
    FROM {table} e WHERE e.id = ANY(:ids)
"""

# An edit that was undone, and its undo, are no use.
_STANDING = """
    SELECT e.id, e.{name}, EXISTS (
        SELECT 1 FROM history h JOIN change_set c ON c.id = h.change_set_id
        WHERE h.entity_id = e.id AND h.change_set_id <> :target AND h.action = 0
          AND c.state <> 'undone' AND c.undoes_id IS NULL
    )
    FROM {table} e WHERE e.id = ANY(:ids) ORDER BY e.id FOR UPDATE OF e
"""

_CHILDLESS = text(
    """
    SELECT m.id FROM product_model m WHERE m.id = ANY(:ids)
      AND NOT EXISTS (SELECT 1 FROM product_model c WHERE c.parent_id = m.id)
      AND NOT EXISTS (SELECT 1 FROM product c WHERE c.parent_id = m.id)
    ORDER BY m.id
    """
)
