"""Put back the cells of updated products and models, three-way: before, written, now."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import text
from sqlalchemy.orm import Session

from pim.products import writer
from pim.products.documents import document_sql, flatten
from pim.products.lookups import NAMES
from pim.products.models import MODEL, PRODUCT
from pim.products.reverting.undone import Undoing
from pim.products.unique import sync_unique_values


def restore_cells(undoing: Undoing) -> Iterator[int]:
    """Restore the cells that still hold what was written; yields the size of each chunk."""
    session = undoing.session
    for kind in (MODEL, PRODUCT):
        for ids in undoing.chunks(kind, writer.UPDATE):
            _compare(undoing, kind, ids)
            _yield_to_taken(session)
            _note_kept(undoing, kind)
            session.execute(_DROP_EMPTY)
            undoing.result.restored += writer.apply_patches(
                session, change_set_id=undoing.opened, kind=kind, attributes=("*",)
            )
            sync_unique_values(session, kind=kind, ids=ids, structure=undoing.structure)
            yield len(ids)


def _compare(undoing: Undoing, kind: int, ids: list[int]) -> None:
    """Fill the temporary table `patch` with what can go back, and beside it what cannot."""
    undoing.session.execute(text("DROP TABLE IF EXISTS patch"))
    undoing.session.execute(
        text(_COMPARE.format(table=writer.TABLES[kind], document=document_sql(kind))),
        {"target": undoing.target, "ids": ids},
    )


def _yield_to_taken(session: Session) -> None:
    """Keep cells of unique attributes whose old value belongs to somebody else by now."""
    while session.execute(_YIELD_TO_TAKEN).scalars().all():
        pass  # a statement takes one attribute of a row at a time


def _note_kept(undoing: Undoing, kind: int) -> None:
    rows = undoing.session.execute(
        text(_KEPT.format(table=writer.TABLES[kind], name=NAMES[kind])),
    )
    for identifier, kept, document in rows:
        now = flatten(document)
        for column, ours in flatten(kept).items():
            undoing.result.keep(identifier, column, ours=ours, theirs=now.get(column))


_COMPARE = """
    CREATE TEMP TABLE patch ON COMMIT DROP AS
    SELECT id, pim_revert(document, before, after, 'restored') AS before,
        pim_revert(document, before, after, 'restore') AS after,
        pim_revert(document, before, after, 'kept') AS kept, document,
        NULL::text AS source_file, NULL::integer AS source_row
    FROM (
        SELECT e.id, h.before, h.after, {document} AS document
        FROM history h JOIN {table} e ON e.id = h.entity_id
        WHERE h.change_set_id = :target AND h.entity_id = ANY(:ids)
        ORDER BY e.id FOR UPDATE OF e
    ) AS compared
"""

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
    SELECT e.{name}, p.kept, p.document FROM patch p JOIN {table} e USING (id)
    WHERE p.kept IS NOT NULL ORDER BY id
"""
