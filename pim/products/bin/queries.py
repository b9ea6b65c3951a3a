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


#: The name and the parent of what was deleted, as the indexes of deletions have them.
_NAME: Final = "coalesce(h.before ->> 'identifier', h.before ->> 'code')"
_PARENT: Final = "CAST(h.before ->> 'parent_id' AS bigint)"

#: A deletion whose entity is not there, the newest of its entity, unless the bin was emptied of it.
LIES_THERE: Final = """
    h.action = 2 AND h.after IS NULL
    AND NOT EXISTS (SELECT FROM product e WHERE e.id = h.entity_id)
    AND NOT EXISTS (SELECT FROM product_model e WHERE e.id = h.entity_id)
    AND NOT EXISTS (
        SELECT FROM history n
        WHERE n.entity_id = h.entity_id AND n.change_set_id > h.change_set_id AND n.action = 2)
"""
_BIN: Final = f"""
    SELECT h.entity_id, h.kind, h.change_set_id, h.at, {_NAME} AS name, {_PARENT} AS parent_id,
        CAST(h.before ->> 'family_id' AS bigint) AS family,
        CAST(h.before ->> 'family_variant_id' AS bigint) AS family_variant
    FROM history h WHERE {LIES_THERE}
"""  # noqa: S608 - statements of this code
_SINCE: Final = "AND (CAST(:since AS timestamptz) IS NULL OR h.at >= :since)"

_LIST = text(
    f"""
    SELECT b.*, c.label, u.email,
        coalesce(m.code, (
            SELECT d.before ->> 'code' FROM history d
            WHERE d.entity_id = b.parent_id AND d.action = 2 ORDER BY d.change_set_id DESC LIMIT 1
        )) AS parent
    FROM ({_BIN} {_SINCE} ORDER BY h.at DESC, h.entity_id DESC LIMIT :limit) b
    JOIN change_set c ON c.id = b.change_set_id LEFT JOIN app_user u ON u.id = c.author_id
    LEFT JOIN product_model m ON m.id = b.parent_id
    ORDER BY b.at DESC, b.entity_id DESC
    """  # noqa: S608 - statements of this code
)
_COUNT = text(
    f"SELECT count(*) FROM history h WHERE {LIES_THERE} {_SINCE}"  # noqa: S608
)

# Two steps down and two up: a style has colourways, these have variants. Of a name the newest
# deletion counts.
_ROWS = text(
    f"""
    WITH found AS (
        SELECT b.* FROM ({_BIN} AND h.entity_id = ANY(CAST(:ids AS bigint[]))) b
        UNION
        SELECT b.* FROM ({_BIN} AND h.change_set_id = ANY(CAST(:change_sets AS bigint[]))) b
        UNION
        SELECT b.* FROM (
            SELECT DISTINCT ON (lower(n.name)) n.* FROM (
                {_BIN} AND lower({_NAME}) = ANY(CAST(:names AS text[]))) n
            ORDER BY lower(n.name), n.change_set_id DESC) b
    ), below AS (
        SELECT b.* FROM found n, LATERAL (
            {_BIN} AND {_PARENT} = n.entity_id AND h.change_set_id = n.change_set_id) b
        WHERE n.kind = {MODEL}
    ), lowest AS (
        SELECT b.* FROM below n, LATERAL (
            {_BIN} AND {_PARENT} = n.entity_id AND h.change_set_id = n.change_set_id) b
        WHERE n.kind = {MODEL}
    ), chosen AS (
        SELECT * FROM found UNION SELECT * FROM below UNION SELECT * FROM lowest
    ), above AS (
        SELECT b.* FROM (SELECT DISTINCT parent_id FROM chosen) n,
            LATERAL ({_BIN} AND h.entity_id = n.parent_id) b
    ), highest AS (
        SELECT b.* FROM (SELECT DISTINCT parent_id FROM above) n,
            LATERAL ({_BIN} AND h.entity_id = n.parent_id) b
    ), everything AS MATERIALIZED (
        SELECT * FROM chosen UNION SELECT * FROM above UNION SELECT * FROM highest
    )
    SELECT e.entity_id, e.name,
        CASE WHEN e.kind = {MODEL}
            THEN CASE WHEN e.parent_id IS NULL THEN 'model' ELSE 'sub_model' END
            ELSE CASE WHEN e.parent_id IS NULL THEN 'simple' ELSE 'variant' END END,
        e.parent_id,
        coalesce(p.parent_id, o.parent_id, e.parent_id),
        e.family,
        coalesce(e.family_variant, p.family_variant_id, o.family_variant),
        e.kind, e.change_set_id
    FROM everything e
    LEFT JOIN product_model p ON p.id = e.parent_id
    LEFT JOIN everything o ON o.entity_id = e.parent_id
    ORDER BY e.entity_id
    """  # noqa: S608 - statements of this code
)
