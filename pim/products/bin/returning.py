"""Bring deleted entities back with all that they had, or say what stands in the way."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl
from sqlalchemy import text
from sqlalchemy.orm import Session

from pim.domain.structure import Structure
from pim.products import writer
from pim.products.lookups import NAMES
from pim.products.models import MODEL, PRODUCT
from pim.products.unique import sync_unique_values, yield_unique_values

#: Why something cannot come back, in the order in which it is asked.
TAKEN, NO_PARENT, NO_FAMILY, THERE = "taken", "no_parent", "no_family", "there"


def unreturnable(
    session: Session, kind: int, ids: Sequence[int], *, coming: Sequence[int]
) -> pl.DataFrame:
    """Return id, name, below, reason and detail of entities in the bin, with one kind of them.

    `reason` is null for those that can come back; `coming` are models that come back before them.
    `detail` is the name that is taken, or of the model or family that is gone. `below` tells that
    it stands below a model.
    """
    query = _ASK.format(table=writer.TABLES[kind], name=NAMES[kind], structure=_STRUCTURE[kind])
    rows = session.execute(text(query), {"ids": list(ids), "coming": list(coming)})
    schema = {"id": pl.Int64, "name": pl.String, "below": pl.Boolean, "reason": pl.String,
              "detail": pl.String}  # fmt: skip
    return pl.DataFrame([tuple(row) for row in rows], schema=schema, orient="row")


def held_values(
    session: Session, kind: int, ids: Sequence[int], structure: Structure
) -> pl.DataFrame:
    """Return id, attribute, value and holder of unique values that others have taken meanwhile."""
    unique = [a for a in structure.attributes if a.unique and a != structure.identifier]
    given = {"ids": list(ids), "attributes": [a.id for a in unique],
             "codes": [a.code for a in unique]}  # fmt: skip
    rows = session.execute(_HELD, given) if unique else ()
    schema = {"id": pl.Int64, "attribute": pl.String, "value": pl.String, "holder": pl.String}
    return pl.DataFrame([tuple(row) for row in rows], schema=schema, orient="row")


def return_entities(
    session: Session, *, change_set_id: int, kind: int, ids: Sequence[int], structure: Structure
) -> list[tuple[str | None, str, str]]:
    """Insert entities as their newest deletion kept them, roots of models before what is below.

    Returns (name, attribute, value) of unique values that others hold by now: these stay empty.
    Those that cannot come back are passed over.
    """
    yielded = []
    for part in _roots_first(session, kind, ids):
        statement = text(_RETURN.format(table=writer.TABLES[kind]))
        returned = list(session.scalars(statement, {"ids": part}))
        yielded += yield_unique_values(session, kind=kind, ids=returned, structure=structure)
        marked = {"change_set": change_set_id, "kind": kind, "ids": returned}
        session.execute(text(_MARK.format(table=writer.TABLES[kind])), marked)
        sync_unique_values(session, kind=kind, ids=returned, structure=structure)
        writer.append_log(session, change_set_id=change_set_id, kind=kind, ids=returned)
    return yielded


def _roots_first(session: Session, kind: int, ids: Sequence[int]) -> list[list[int]]:
    if kind == PRODUCT:
        return [list(ids)]
    roots = list(session.scalars(_ROOTS, {"ids": list(ids)}))
    return [roots, sorted(set(ids) - set(roots))]


_NEWEST = """
    SELECT DISTINCT ON (entity_id) entity_id, before FROM history
    WHERE entity_id = ANY(:ids) AND action = 2 AND after IS NULL
    ORDER BY entity_id, change_set_id DESC
"""

_ROOTS = text(
    f"SELECT entity_id FROM ({_NEWEST}) h WHERE before ->> 'parent_id' IS NULL ORDER BY 1"  # noqa: S608
)

_STRUCTURE = {
    PRODUCT: "h.family IS NOT NULL AND NOT EXISTS (SELECT FROM family f WHERE f.id = h.family)",
    MODEL: "NOT EXISTS (SELECT FROM family_variant v WHERE v.id = h.variant)",
}

_ASK = f"""
    SELECT asked.id, asked.name, asked.parent IS NOT NULL, asked.reason,
        CASE WHEN asked.reason = '{NO_PARENT}' THEN (
            SELECT d.before ->> 'code' FROM history d
            WHERE d.entity_id = asked.parent AND d.action = 2 ORDER BY d.change_set_id DESC LIMIT 1
        ) ELSE asked.name END
    FROM (
        SELECT h.entity_id AS id, h.name, h.parent,
            CASE
            WHEN EXISTS (SELECT FROM {{table}} e WHERE e.id = h.entity_id) THEN '{THERE}'
            WHEN EXISTS (SELECT FROM {{table}} e WHERE lower(e.{{name}}) = lower(h.name))
                THEN '{TAKEN}'
            WHEN h.parent IS NOT NULL AND h.parent <> ALL(CAST(:coming AS bigint[]))
                AND NOT EXISTS (SELECT FROM product_model m WHERE m.id = h.parent)
                THEN '{NO_PARENT}'
            WHEN {{structure}} THEN '{NO_FAMILY}'
            END AS reason
        FROM (
            SELECT DISTINCT ON (entity_id) entity_id, before ->> '{{name}}' AS name,
                (before ->> 'parent_id')::bigint AS parent,
                (before ->> 'family_id')::bigint AS family,
                (before ->> 'family_variant_id')::bigint AS variant
            FROM history
            WHERE entity_id = ANY(:ids) AND action = 2 AND after IS NULL
            ORDER BY entity_id, change_set_id DESC
        ) h
    ) asked ORDER BY asked.id
"""  # noqa: S608 - statements of this code

_HELD = text(
    f"""
    SELECT h.entity_id, a.code, u.value, coalesce(p.identifier, m.code)
    FROM ({_NEWEST}) h
    CROSS JOIN unnest(CAST(:attributes AS bigint[]), CAST(:codes AS text[])) AS a (id, code)
    JOIN unique_value u ON u.attribute_id = a.id AND u.entity_id <> h.entity_id
        AND u.value = h.before #>> ARRAY['values', a.code, '<all>', '<all>']
    LEFT JOIN product p ON p.id = u.entity_id LEFT JOIN product_model m ON m.id = u.entity_id
    ORDER BY 1, 2
    """  # noqa: S608 - statements of this code
)

# The version goes on where it ended, so that nobody's older copy counts as current. LATERAL reads
# each row once; `(function(...)).*` would for every column.
_RETURN = f"""
    INSERT INTO {{table}}
    SELECT r.* FROM ({_NEWEST}) h, LATERAL jsonb_populate_record(NULL::{{table}}, h.before ||
        jsonb_build_object('version', (h.before ->> 'version')::integer + 1, 'updated', now())) r
    ORDER BY h.entity_id
    ON CONFLICT DO NOTHING RETURNING id
"""  # noqa: S608 - statements of this code

_MARK = """
    INSERT INTO history (entity_id, change_set_id, kind, action, from_version, to_version, at)
    SELECT e.id, :change_set, :kind, 1, e.version - 1, e.version, clock_timestamp()
    FROM {table} e WHERE e.id = ANY(:ids)
"""
