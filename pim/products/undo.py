"""Undo of a change set, cell by cell: what was edited since is kept and listed.

The undo is a change set itself, so it can be undone. It covers products and models; structure
that an import created stays.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from pim.db.unit_of_work import Work
from pim.domain.structure import Structure
from pim.errors import Refused
from pim.products import writer
from pim.products.change_sets import close_change_set, find_change_set, open_change_set
from pim.products.documents import document_sql, flatten
from pim.products.models import MODEL, PRODUCT
from pim.products.unique import sync_unique_values

CHUNK = 10_000
KEPT_CELLS_SHOWN = 1_000


@dataclass
class Undone:
    """What an undo restored and what it kept; `kept_cells` has at most 1,000 entries."""

    change_set: int | None = None
    restored: int = 0
    kept: int = 0
    kept_cells: list[dict[str, Any]] = field(default_factory=list)


def undo(
    work: Work,
    change_set_id: int,
    structure: Structure,
    *,
    progress: Callable[[int], None] = lambda _: None,
) -> Undone:
    """Restore every cell that still holds what the change set wrote; commit chunk by chunk.

    Raises Refused when the change set is not one that can be undone now.
    """
    target = find_change_set(work.session, change_set_id)
    if target.state not in {"done", "failed", "cancelled"}:
        raise Refused(f"Change set {change_set_id} is {target.state}: only a finished one is undone.")
    opened = open_change_set(
        work, kind="undo", label=f"Undo of {target.label or target.kind}", undoes_id=target.id
    )
    result = Undone(change_set=opened.id)
    for step in (_recreate, _restore, _remove):
        for count in step(work, target.id, opened.id, structure, result):
            progress(count)
            work.commit()
    target.state = "undone"
    closed = close_change_set(
        work, opened, counts={"restored": result.restored, "kept": result.kept}
    )
    result.change_set = closed.id if closed else None
    work.commit()
    return result


def _chunks(session: Session, change_set_id: int, kind: int, action: int) -> Iterator[list[int]]:
    last = 0
    while ids := list(
        session.execute(
            text(
                "SELECT entity_id FROM history WHERE change_set_id = :change_set AND kind = :kind"
                " AND action = :action AND entity_id > :last ORDER BY entity_id LIMIT :chunk"
            ),
            {
                "change_set": change_set_id,
                "kind": kind,
                "action": action,
                "last": last,
                "chunk": CHUNK,
            },
        ).scalars()
    ):
        yield ids
        last = ids[-1]


def _restore(
    work: Work, target: int, opened: int, structure: Structure, result: Undone
) -> Iterator[int]:
    """Put back the cells of updated entities."""
    for kind in (MODEL, PRODUCT):
        for ids in _chunks(work.session, target, kind, writer.UPDATE):
            _compare(work.session, kind, target, ids)
            _note_kept(work.session, kind, result)
            work.session.execute(text("DELETE FROM patch WHERE after IS NULL"))
            restored = writer.apply_patches(
                work.session, change_set_id=opened, kind=kind, attributes=("*",)
            )
            sync_unique_values(work.session, kind=kind, ids=ids, structure=structure)
            result.restored += restored
            yield len(ids)


def _compare(session: Session, kind: int, target: int, ids: list[int]) -> None:
    """Fill the temporary table `patch` with what can go back, and beside it what cannot."""
    session.execute(text("DROP TABLE IF EXISTS patch"))
    session.execute(
        text(
            f"""
            CREATE TEMP TABLE patch ON COMMIT DROP AS
            SELECT id, pim_revert(document, before, after, 'restored') AS before,
                pim_revert(document, before, after, 'restore') AS after,
                pim_revert(document, before, after, 'kept') AS kept, document,
                NULL::text AS source_file, NULL::integer AS source_row
            FROM (
                SELECT e.id, h.before, h.after, {document_sql(kind)} AS document
                FROM history h JOIN {writer.TABLES[kind]} e ON e.id = h.entity_id
                WHERE h.change_set_id = :target AND h.entity_id = ANY(:ids)
                FOR UPDATE OF e
            ) AS compared
            """  # noqa: S608 - only fixed names are inserted
        ),
        {"target": target, "ids": ids},
    )
    _yield_to_taken(session, ids)


def _yield_to_taken(session: Session, ids: list[int]) -> None:
    """Keep cells of unique attributes whose old value belongs to somebody else by now."""
    session.execute(
        text(
            """
            UPDATE patch AS p SET
                after = p.after #- ARRAY['values', a.code],
                before = p.before #- ARRAY['values', a.code],
                kept = pim_overlay(
                    p.kept, jsonb_build_object('values', jsonb_build_object(
                        a.code, p.before #> ARRAY['values', a.code])))
            FROM unique_value u JOIN attribute a ON a.id = u.attribute_id
            WHERE p.after #>> ARRAY['values', a.code, '<all>', '<all>'] = u.value
              AND u.entity_id <> p.id AND NOT u.entity_id = ANY(:ids)
            """
        ),
        {"ids": ids},
    )


def _note_kept(session: Session, kind: int, result: Undone) -> None:
    name = "identifier" if kind == PRODUCT else "code"
    rows = session.execute(
        text(
            f"SELECT e.{name}, p.kept, p.document FROM patch p"  # noqa: S608
            f" JOIN {writer.TABLES[kind]} e USING (id) WHERE p.kept IS NOT NULL ORDER BY id"
        )
    )
    for identifier, kept, document in rows:
        current = flatten(document)
        for column, ours in flatten(kept).items():
            result.kept += 1
            if len(result.kept_cells) < KEPT_CELLS_SHOWN:
                result.kept_cells.append(
                    {
                        "identifier": identifier,
                        "field": column,
                        "ours": ours,
                        "theirs": current.get(column),
                    }
                )


def _remove(
    work: Work, target: int, opened: int, structure: Structure, result: Undone
) -> Iterator[int]:
    """Delete what the change set created, unless something was built on it since."""
    for kind in (PRODUCT, MODEL):
        for ids in _chunks(work.session, target, kind, writer.CREATE):
            for batch in _deletable(work.session, kind, target, ids, result):
                writer.delete(work.session, change_set_id=opened, kind=kind, ids=batch)
                result.restored += len(batch)
            yield len(ids)


def _deletable(
    session: Session, kind: int, target: int, ids: list[int], result: Undone
) -> Iterator[list[int]]:
    """Yield the entities that nobody changed since, sub models before their roots."""
    edited = set(
        session.execute(
            text(
                "SELECT DISTINCT entity_id FROM history"
                " WHERE entity_id = ANY(:ids) AND change_set_id > :target AND action = 0"
            ),
            {"ids": ids, "target": target},
        ).scalars()
    )
    for entity in sorted(edited):
        _keep_entity(session, kind, entity, result)
    free = [i for i in ids if i not in edited]
    if kind == PRODUCT:
        yield free
        return
    while leaves := list(session.execute(_CHILDLESS, {"ids": free}).scalars()):
        yield leaves
        free = sorted(set(free) - set(leaves))
    for entity in free:
        if session.scalar(text("SELECT 1 FROM product_model WHERE id = :id"), {"id": entity}):
            _keep_entity(session, kind, entity, result)


_CHILDLESS = text(
    """
    SELECT m.id FROM product_model m WHERE m.id = ANY(:ids)
      AND NOT EXISTS (SELECT 1 FROM product_model c WHERE c.parent_id = m.id)
      AND NOT EXISTS (SELECT 1 FROM product c WHERE c.parent_id = m.id)
    ORDER BY m.id
    """
)


def _keep_entity(session: Session, kind: int, entity: int, result: Undone) -> None:
    name = "identifier" if kind == PRODUCT else "code"
    identifier = session.scalar(
        text(f"SELECT {name} FROM {writer.TABLES[kind]} WHERE id = :id"),  # noqa: S608
        {"id": entity},
    )
    result.kept += 1
    result.kept_cells.append(
        {"identifier": identifier, "field": "*", "ours": "created", "theirs": "in use since"}
    )


def _recreate(
    work: Work, target: int, opened: int, structure: Structure, result: Undone
) -> Iterator[int]:
    """Bring back what the change set deleted, models first (parents have lower ids)."""
    for kind in (MODEL, PRODUCT):
        for ids in _chunks(work.session, target, kind, writer.DELETE):
            returned = list(
                work.session.execute(
                    text(_RETURN.format(table=writer.TABLES[kind])),
                    {"target": target, "ids": ids},
                ).scalars()
            )
            work.session.execute(
                _MARK, {"opened": opened, "kind": kind, "ids": returned}
            )
            sync_unique_values(work.session, kind=kind, ids=returned, structure=structure)
            writer.append_log(work.session, change_set_id=opened, kind=kind, ids=returned)
            result.restored += len(returned)
            result.kept += len(ids) - len(returned)
            yield len(ids)


_RETURN = """
    INSERT INTO {table}
    SELECT (jsonb_populate_record(NULL::{table}, before)).* FROM history
    WHERE change_set_id = :target AND entity_id = ANY(:ids) ORDER BY entity_id
    ON CONFLICT DO NOTHING RETURNING id
"""

_MARK = text(
    "INSERT INTO history (entity_id, change_set_id, kind, action)"
    " SELECT id, :opened, :kind, 1 FROM unnest(CAST(:ids AS bigint[])) AS id"
)
