"""Where the projection stands in the change log, and what happened since.

The cursor is a pg_snapshot: what is visible now and was not visible then is new, whichever
transaction began first. Neither a sequence nor a time can say that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy import Connection, text

_POSITION = text(
    """
    SELECT pg_current_snapshot()::text AS snapshot,
           (SELECT system_identifier::text FROM pg_control_system()) AS system,
           (SELECT oid::bigint FROM pg_database WHERE datname = current_database()) AS database,
           now()::text AS at
    """
)

_EXTENT = text(
    """
    SELECT count(*) AS rows, coalesce(sum(cardinality(ids)), 0) AS ids
    FROM change_log
    WHERE xid >= pg_snapshot_xmin(CAST(:snapshot AS pg_snapshot))
      AND NOT pg_visible_in_snapshot(xid, CAST(:snapshot AS pg_snapshot))
    """
)
_IDS = text(
    """
    WITH new AS (
        SELECT DISTINCT subject, unnest(ids) AS id
        FROM change_log
        WHERE xid >= pg_snapshot_xmin(CAST(:snapshot AS pg_snapshot))
          AND NOT pg_visible_in_snapshot(xid, CAST(:snapshot AS pg_snapshot))
          AND NOT (subject IN ('product', 'product_model') AND attributes::text = ANY(:but))
    )
    SELECT id FROM new WHERE subject IN ('product', 'product_model')
    UNION
    SELECT p.id FROM product p JOIN new ON subject = 'family' AND new.id = p.family_id
    UNION
    SELECT m.id
    FROM product_model m
    JOIN family_variant v ON v.id = m.family_variant_id
    JOIN new ON (subject = 'family' AND new.id = v.family_id)
             OR (subject = 'family_variant' AND new.id = v.id)
    """
)
_IS_AT = text(
    """
    SELECT (SELECT system_identifier::text FROM pg_control_system()) AS system,
           (SELECT oid::bigint FROM pg_database WHERE datname = current_database()) AS database,
           pg_snapshot_xmax(CAST(:snapshot AS pg_snapshot))
               <= pg_snapshot_xmax(pg_current_snapshot())
           AND pg_snapshot_xmin(CAST(:snapshot AS pg_snapshot))
               >= (SELECT log_before FROM horizon) AS past
    """
)

# Models have two levels at most. Ids travel as arrays, whose length the planner sees: a recursive
# query made it read whole tables for one product.
_BELOW = text("SELECT id FROM product_model WHERE id = ANY(:ids) OR parent_id = ANY(:ids)")
_PRODUCTS = text(
    """
    SELECT id, parent_id FROM product WHERE id = ANY(:ids)
    UNION
    SELECT id, parent_id FROM product WHERE parent_id = ANY(:models)
    """
)
_MODELS = text("SELECT id, parent_id FROM product_model WHERE id = ANY(:ids)")
_UNFINISHED = text("SELECT id FROM change_set WHERE state = 'running' ORDER BY id")


class Place(Protocol):
    """What a manifest remembers of the moment at which it was read."""

    @property
    def system(self) -> str:
        """Return the cluster's system identifier."""

    @property
    def database(self) -> int:
        """Return the database's oid."""

    @property
    def snapshot(self) -> str:
        """Return the pg_snapshot."""


@dataclass(frozen=True, kw_only=True)
class Position:
    """A moment of one database of one cluster; `at` is its clock, for people."""

    system: str
    database: int
    snapshot: str
    at: str


@dataclass(frozen=True, kw_only=True)
class Reach:
    """What must be written anew: products, models (with all above them), and ids that are gone."""

    products: Sequence[int]
    models: Sequence[int]
    gone: Sequence[int]

    @property
    def rows(self) -> int:
        """Return how many rows these are."""
        return len(self.products) + len(self.models) + len(self.gone)


def position(connection: Connection) -> Position:
    """Return where the database stands, as this transaction sees it."""
    row = connection.execute(_POSITION).one()
    return Position(system=row.system, database=row.database, snapshot=row.snapshot, at=row.at)


def is_at(connection: Connection, known: Place) -> bool:
    """Tell whether a place is in the past of this very database.

    Not so for another cluster or database, nor for this one after a return to an older backup or
    after the log was shortened beyond that place.
    """
    row = connection.execute(_IS_AT, {"snapshot": known.snapshot}).one()
    return bool((row.system, row.database, row.past) == (known.system, known.database, True))


def extent(connection: Connection, snapshot: str) -> tuple[int, int]:
    """Return how many log rows, and about how many ids in them, are new since a snapshot."""
    row = connection.execute(_EXTENT, {"snapshot": snapshot}).one()
    return row.rows, int(row.ids)


def changed(connection: Connection, snapshot: str, *, but: Sequence[str] = ()) -> list[int]:
    """Return the ids of products and models that changed since a snapshot.

    `but` leaves out log rows of products and models that touched just these attributes, as the
    database writes an array.
    """
    return list(connection.execute(_IDS, {"snapshot": snapshot, "but": list(but)}).scalars())


def reach(connection: Connection, ids: Sequence[int], *, again: Sequence[int] = ()) -> Reach:
    """Return what the changed ids reach: products below models, and the models above both.

    The ids in `again` are read anew for themselves; nothing below them is.
    """
    below = list(connection.execute(_BELOW, {"ids": list(ids)}).scalars())
    touched = connection.execute(_PRODUCTS, {"ids": [*ids, *again], "models": below}).all()
    models = {*below, *again, *(row.parent_id for row in touched)} - {None}
    found = connection.execute(_MODELS, {"ids": list(models)}).all()
    above = {row.id for row in found} | {row.parent_id for row in found if row.parent_id}
    products = {row.id for row in touched}
    gone = {*ids, *again} - products - above
    return Reach(products=sorted(products), models=sorted(above), gone=sorted(gone))


def unfinished(connection: Connection) -> tuple[int, ...]:
    """Return the change sets that are running."""
    return tuple(connection.execute(_UNFINISHED).scalars())
