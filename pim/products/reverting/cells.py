"""Put back the cells of updated products and models, three-way: before, written, now."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from pim.products import writer
from pim.products.documents import document_sql, flatten
from pim.products.lookups import NAMES
from pim.products.models import MODEL, PRODUCT
from pim.products.reverting.places import yield_places
from pim.products.reverting.undone import Undoing
from pim.products.shapes import VALUES, Shape
from pim.products.unique import sync_unique_values

#: What is no value and changes nothing beside itself when it goes back.
PLAIN: Final = frozenset({"enabled", "categories", "groups", "family", "associations"})


def restore_cells(undoing: Undoing) -> Iterator[int]:
    """Restore the cells that still hold what was written; yields the size of each chunk."""
    session = undoing.session
    for kind in (MODEL, PRODUCT):
        for ids in undoing.chunks(kind, writer.UPDATE):
            _compare(undoing, kind, ids)
            if kind == PRODUCT and _changes_place(session):
                yield_places(session, undoing.structure)
            unique = _touches_unique(undoing)
            if unique:
                _yield_to_taken(session)
            _note_kept(undoing, kind)
            session.execute(_DROP_EMPTY)
            undoing.result.restored += writer.apply_patches(
                session, change_set_id=undoing.opened, kind=kind, attributes=_touched(session)
            )
            if unique:
                sync_unique_values(session, kind=kind, ids=ids, structure=undoing.structure)
            yield len(ids)


def _compare(undoing: Undoing, kind: int, ids: list[int]) -> None:
    """Fill the temporary table `patch` with what can go back, and beside it what cannot.

    Rows that were not edited since, mostly all of them, go back as a whole: those whose version is
    still the one that was written, or which hold what was written by the shape that a bulk edit
    gives its patches. Only the others are looked into.
    """
    session, parameters = undoing.session, {"target": undoing.target, "ids": ids}
    shape = Shape.of(session.scalar(_FIRST, parameters) or {})
    stands = "coalesce(e.version = e.wrote_version, false)"
    if shape:
        stands += f" OR {shape.matches('e.wrote')} AND {shape.stands('e.values', 'e.wrote')}"
    statement = _COMPARE.format(
        table=writer.TABLES[kind], document=document_sql(kind), stands=stands
    )
    session.execute(text("DROP TABLE IF EXISTS patch"))
    session.execute(text(statement), parameters)


def _touched(session: Session) -> list[str]:
    """Return what the patches touch: attributes, and by name what is no value; else all."""
    keys = set(session.scalars(_KEYS))
    codes = set(session.scalars(_CODES)) if VALUES in keys else set()
    beside = keys - {VALUES}
    return sorted(codes | beside) if beside <= PLAIN else ["*"]


def _changes_place(session: Session) -> bool:
    return bool(session.scalar(_PLACED))


def _touches_unique(undoing: Undoing) -> bool:
    codes = [a.code for a in undoing.structure.attributes if a.unique]
    return bool(undoing.session.scalar(_UNIQUE, {"codes": codes}))


def _yield_to_taken(session: Session) -> None:
    """Keep cells of unique attributes whose old value belongs to somebody else by now."""
    while session.execute(_YIELD_TO_TAKEN).scalars().all():
        pass  # a statement takes one attribute of a row at a time


def _note_kept(undoing: Undoing, kind: int) -> None:
    statement = _KEPT.format(
        table=writer.TABLES[kind], name=NAMES[kind], document=document_sql(kind)
    )
    rows = undoing.session.execute(text(statement))
    for identifier, kept, document in rows:
        now = flatten(document)
        for column, ours in flatten(kept).items():
            undoing.result.keep(identifier, column, ours=ours, theirs=now.get(column))


_KEYS = text("SELECT DISTINCT jsonb_object_keys(after) FROM patch")
_CODES = text("SELECT DISTINCT jsonb_object_keys(after -> 'values') FROM patch")

_PLACED = text("SELECT EXISTS (SELECT FROM patch WHERE after ?| ARRAY['family', 'parent'])")

_FIRST = text(
    "SELECT after FROM history WHERE change_set_id = :target AND entity_id = ANY(:ids)"
    " ORDER BY entity_id LIMIT 1"
)

_COMPARE = """
    CREATE TEMP TABLE patch ON COMMIT DROP AS
    SELECT e.id,
        CASE WHEN e.stands THEN wrote ELSE pim_revert({document}, was, wrote, 'restored') END
            AS before,
        CASE WHEN e.stands THEN was ELSE pim_revert({document}, was, wrote, 'restore') END AS after,
        CASE WHEN NOT e.stands THEN pim_revert({document}, was, wrote, 'kept') END AS kept,
        NULL::text AS source_file, NULL::integer AS source_row
    FROM (
        SELECT e.*, {stands} AS stands
        FROM (
            SELECT e.*, h.before AS was, h.after AS wrote, h.to_version AS wrote_version
            FROM history h JOIN {table} e ON e.id = h.entity_id
            WHERE h.change_set_id = :target AND h.entity_id = ANY(:ids)
            ORDER BY e.id FOR UPDATE OF e
        ) AS e
    ) AS e
"""

_UNIQUE = text(
    "SELECT EXISTS (SELECT FROM patch WHERE after -> 'values' ?| CAST(:codes AS text[]))"
)

# Whoever holds the old value by now may be about to give it back in the same chunk.
_YIELD_TO_TAKEN = text(
    """
    UPDATE patch AS p SET
        after = p.after #- ARRAY['values', a.code],
        before = p.before #- ARRAY['values', a.code],
        kept = pim_overlay(
            coalesce(p.kept, '{}'), jsonb_build_object('values', coalesce(p.kept -> 'values', '{}')
                || jsonb_build_object(a.code, p.before #> ARRAY['values', a.code])))
    FROM unique_value u JOIN attribute a ON a.id = u.attribute_id
    WHERE p.after #>> ARRAY['values', a.code, '<all>', '<all>'] = u.value
      AND u.entity_id <> p.id AND NOT EXISTS (
        SELECT 1 FROM patch q WHERE q.id = u.entity_id
          AND q.after #> ARRAY['values', a.code, '<all>', '<all>'] IS NOT NULL)
    RETURNING p.id
    """
)

_DROP_EMPTY = text("DELETE FROM patch WHERE after IS NULL OR after IN ('{}', '{\"values\": {}}')")

_KEPT = """
    SELECT e.{name}, p.kept, {document} FROM patch p JOIN {table} e USING (id)
    WHERE p.kept IS NOT NULL ORDER BY e.id
"""
