"""The far ends of links that go both ways: written with the near ones, in the same change set."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from pim.domain.structure import Structure
from pim.products import writer
from pim.products.models import MODEL, PRODUCT

#: What kind of entity stands at the other end; groups know nothing of their links.
FAR: Final = {"products": PRODUCT, "product_models": MODEL}
_NEAR: Final = {kind: target for target, kind in FAR.items()}


class Mirror(NamedTuple):
    """One far end: the entity `id` of a kind has, or loses, `other` under type and target."""

    kind: int
    id: int
    type: str
    target: str
    other: str
    present: bool


def far_ends(
    structure: Structure, kind: int, entity: int, after: Mapping[str, Any]
) -> Iterable[Mirror]:
    """Yield the far ends of a patch of the associations of one entity."""
    for code, sides in after.items():
        if not structure.association_types[code].two_way:
            continue
        for target, members in sides.items():
            if target in FAR:
                for other, present in members.items():
                    yield Mirror(
                        FAR[target], int(other), code, _NEAR[kind], str(entity), present is not None
                    )


def write_mirrors(session: Session, *, change_set_id: int, mirrors: Iterable[Mirror]) -> None:
    """Write far ends, leaving those that are as they should be already."""
    by_kind: dict[int, list[Mirror]] = {}
    for mirror in mirrors:
        by_kind.setdefault(mirror.kind, []).append(mirror)
    for kind, found in sorted(by_kind.items()):
        _, ids, types, targets, others, present = (list(part) for part in zip(*found, strict=True))
        session.execute(_DROP)
        session.execute(
            text(_MIRROR.format(table=writer.TABLES[kind])),
            {
                "ids": ids,
                "types": types,
                "targets": targets,
                "others": others,
                "present": present,
            },
        )
        writer.apply_patches(
            session, change_set_id=change_set_id, kind=kind, attributes=("associations",)
        )


_DROP = text("DROP TABLE IF EXISTS patch")

# One patch per far end: {associations: {type: {target: {id: true or null}}}}.
_MIRROR = """
    CREATE TEMP TABLE patch ON COMMIT DROP AS
    WITH asked AS (
        SELECT * FROM unnest(
            CAST(:ids AS bigint[]), CAST(:types AS text[]), CAST(:targets AS text[]),
            CAST(:others AS text[]), CAST(:present AS boolean[])
        ) AS l (id, type, target, other, present)
    ), held AS (
        SELECT s.id, s.type, s.target, jsonb_object_keys(members) AS other
        FROM (
            SELECT a.id, a.type, a.target, e.associations #> ARRAY[a.type, a.target] AS members
            FROM (SELECT DISTINCT id, type, target FROM asked) AS a JOIN {table} e ON e.id = a.id
        ) AS s
    ), link AS (
        SELECT a.id, a.type, a.target, a.other, a.present
        FROM asked a JOIN {table} e ON e.id = a.id
        LEFT JOIN held h
            ON (h.id, h.type, h.target, h.other) = (a.id, a.type, a.target, a.other)
        WHERE (h.id IS NOT NULL) <> a.present
    ), side AS (
        SELECT id, type, target,
            jsonb_object_agg(other, CASE WHEN present THEN NULL ELSE true END) AS was,
            jsonb_object_agg(other, CASE WHEN present THEN true END) AS now
        FROM link GROUP BY id, type, target
    ), typed AS (
        SELECT id, type, jsonb_object_agg(target, was) AS was, jsonb_object_agg(target, now) AS now
        FROM side GROUP BY id, type
    )
    SELECT id, jsonb_build_object('associations', jsonb_object_agg(type, was)) AS before,
        jsonb_build_object('associations', jsonb_object_agg(type, now)) AS after,
        NULL::text AS source_file, NULL::integer AS source_row
    FROM typed GROUP BY id
"""
