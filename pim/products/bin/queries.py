"""Read what lies in the bin."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import polars as pl
from sqlalchemy import text
from sqlalchemy.orm import Session

from pim.products.lookups import fold
from pim.products.models import MODEL

SHOWN: Final = 1000

#: Rows of `deleted_rows`: what a selection holds of each, and the change set that deleted it.
ROWS: Final[Mapping[str, Any]] = {
    "id": pl.Int64, "identifier": pl.String, "level": pl.String, "parent": pl.Int64,
    "root": pl.Int64, "family": pl.Int64, "family_variant": pl.Int64, "kind": pl.Int64,
    "change_set": pl.Int64,
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Deleted:
    """A product or model in the bin; `author` is an e-mail, None the system."""

    id: int
    identifier: str | None
    kind: str
    change_set: int
    label: str
    author: str | None
    at: datetime
    parent: str | None

    def document(self) -> dict[str, Any]:
        """Return the JSON of this entry."""
        return {**vars(self), "at": self.at.isoformat()}


def list_bin(
    session: Session, *, since: datetime | None = None, limit: int = SHOWN
) -> tuple[list[Deleted], int]:
    """Return what was deleted last, the newest first, and how much lies in the bin in all."""
    given = {"since": since, "limit": limit}
    rows = session.execute(_LIST, given).all()
    entries = [
        Deleted(
            id=row.entity_id,
            identifier=row.name,
            kind="product_model" if row.kind == MODEL else "product",
            change_set=row.change_set_id,
            label=row.label,
            author=row.email,
            at=row.at,
            parent=row.parent,
        )
        for row in rows
    ]
    return entries, int(session.scalar(_COUNT, {"since": since}) or 0)


def deleted_rows(
    session: Session,
    *,
    names: Iterable[str] = (),
    ids: Iterable[int] = (),
    change_sets: Sequence[int] = (),
) -> pl.DataFrame:
    """Return entities in the bin by name, id or the change set that deleted them: ROWS.

    With a model comes what was deleted with it, and with anything the models that it stands below,
    where they lie in the bin too.
    """
    given = {
        "names": sorted({fold(name) for name in names}),
        "ids": sorted(set(ids)),
        "change_sets": list(change_sets),
    }
    found = session.execute(_ROWS, given)
    return pl.DataFrame([tuple(row) for row in found], schema=ROWS, orient="row")


#: The newest deletion of each entity that is not there, unless the bin was emptied of it.
_BIN: Final = """
    SELECT DISTINCT ON (h.entity_id) h.entity_id, h.kind, h.change_set_id, h.at, h.before,
        coalesce(h.before ->> 'identifier', h.before ->> 'code') AS name,
        (h.before ->> 'parent_id')::bigint AS parent_id
    FROM history h
    WHERE h.action = 2 AND h.after IS NULL {which}
      AND NOT EXISTS (SELECT FROM product e WHERE e.id = h.entity_id)
      AND NOT EXISTS (SELECT FROM product_model e WHERE e.id = h.entity_id)
      AND NOT EXISTS (
        SELECT FROM history n
        WHERE n.entity_id = h.entity_id AND n.change_set_id > h.change_set_id AND n.action = 2)
    ORDER BY h.entity_id, h.change_set_id DESC
"""
_SINCE: Final = "AND (CAST(:since AS timestamptz) IS NULL OR h.at >= :since)"

_LIST = text(
    f"""
    SELECT b.*, c.label, u.email,
        coalesce(m.code, (
            SELECT d.before ->> 'code' FROM history d
            WHERE d.entity_id = b.parent_id AND d.action = 2 ORDER BY d.change_set_id DESC LIMIT 1
        )) AS parent
    FROM ({_BIN.format(which=_SINCE)}) b
    JOIN change_set c ON c.id = b.change_set_id LEFT JOIN app_user u ON u.id = c.author_id
    LEFT JOIN product_model m ON m.id = b.parent_id
    ORDER BY b.at DESC, b.entity_id DESC LIMIT :limit
    """  # noqa: S608 - statements of this code
)
_COUNT = text(f"SELECT count(*) FROM ({_BIN.format(which=_SINCE)}) b")  # noqa: S608

# Two steps down and two up: a style has colourways, these have variants.
_ROWS = text(
    f"""
    WITH bin AS MATERIALIZED ({_BIN.format(which="")}),
    named AS (
        SELECT * FROM bin
        WHERE entity_id = ANY(CAST(:ids AS bigint[]))
           OR change_set_id = ANY(CAST(:change_sets AS bigint[]))
           OR lower(name) = ANY(CAST(:names AS text[])) AND NOT EXISTS (
                SELECT FROM bin n
                WHERE lower(n.name) = lower(bin.name) AND n.change_set_id > bin.change_set_id)
    ), below AS (
        SELECT b.* FROM bin b JOIN named n ON b.parent_id = n.entity_id
            AND b.change_set_id = n.change_set_id
    ), lowest AS (
        SELECT b.* FROM bin b JOIN below n ON b.parent_id = n.entity_id
            AND b.change_set_id = n.change_set_id
    ), chosen AS (
        SELECT * FROM named UNION SELECT * FROM below UNION SELECT * FROM lowest
    ), above AS (
        SELECT b.* FROM bin b JOIN chosen n ON n.parent_id = b.entity_id
    ), highest AS (
        SELECT b.* FROM bin b JOIN above n ON n.parent_id = b.entity_id
    ), everything AS (
        SELECT * FROM chosen UNION SELECT * FROM above UNION SELECT * FROM highest
    )
    SELECT e.entity_id, e.name,
        CASE WHEN e.kind = {MODEL}
            THEN CASE WHEN e.parent_id IS NULL THEN 'model' ELSE 'sub_model' END
            ELSE CASE WHEN e.parent_id IS NULL THEN 'simple' ELSE 'variant' END END,
        e.parent_id,
        coalesce(p.parent_id, (o.before ->> 'parent_id')::bigint, e.parent_id),
        (e.before ->> 'family_id')::bigint,
        coalesce((e.before ->> 'family_variant_id')::bigint, p.family_variant_id,
            (o.before ->> 'family_variant_id')::bigint),
        e.kind, e.change_set_id
    FROM everything e
    LEFT JOIN product_model p ON p.id = e.parent_id
    LEFT JOIN everything o ON o.entity_id = e.parent_id
    ORDER BY e.entity_id
    """  # noqa: S608 - statements of this code
)
