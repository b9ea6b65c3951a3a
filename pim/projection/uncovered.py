"""What was committed since a manifest, held in memory beside its segments.

So a reader sees its own writes, and those of others while they are few, though the projector is
busy with something long.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import polars as pl
import pyarrow as pa
import sqlalchemy as sa

from pim.projection import cursor
from pim.projection.cursor import Place
from pim.projection.piece import Piece
from pim.projection.projector import driver_of, rows_of
from pim.structure import queries as structures

#: So many ids of others' changes are taken in, and so many of the reader's own.
OTHERS: Final = 300
OWN: Final = 2_000
#: Rows that these may reach: a family's change reaches all of its products.
REACHED: Final = 10_000

_SINCE: Final = """
    FROM change_log l LEFT JOIN change_set c ON c.id = l.change_set_id
    WHERE l.xid >= pg_snapshot_xmin(CAST(:snapshot AS pg_snapshot))
      AND NOT pg_visible_in_snapshot(l.xid, CAST(:snapshot AS pg_snapshot))
"""
_EXTENT = sa.text(
    f"""
    SELECT count(*) AS rows,
           coalesce(sum(cardinality(l.ids)) FILTER (WHERE c.author_id = :author), 0) AS own,
           coalesce(sum(cardinality(l.ids)), 0) AS every
    {_SINCE}
    """
)
_OWN_IDS = sa.text(
    f"""
    SELECT DISTINCT unnest(l.ids) {_SINCE}
      AND c.author_id = :author AND l.subject IN ('product', 'product_model')
    """
)


@dataclass(frozen=True, kw_only=True)
class Uncovered:
    """Rows newer than a manifest, None if there are none, and how many changes they leave out."""

    piece: Piece | None = None
    behind: int = 0


def since(connection: sa.Connection, known: Place, *, author: int | None = None) -> Uncovered:
    """Return what was committed since a place: all of it if it is little, else the author's own.

    The connection reads one moment (REPEATABLE READ).
    """
    if not cursor.is_at(connection, known):
        return Uncovered()
    asked = {"snapshot": known.snapshot, "author": author}
    found = connection.execute(_EXTENT, asked).one()
    if not found.rows:
        return Uncovered()
    every, own = int(found.every), int(found.own)
    behind = 0 if every - own <= OTHERS and own <= OWN else every
    ids: list[int] = []
    if not behind:
        ids = cursor.changed(connection, known.snapshot)
    elif 0 < own <= OWN:
        ids, behind = list(connection.execute(_OWN_IDS, asked).scalars()), every - own
    if not ids:
        return Uncovered(behind=behind)
    reach = cursor.reach(connection, ids)
    if reach.rows > REACHED:
        return Uncovered(behind=every)
    return Uncovered(piece=_piece(connection, reach), behind=behind)


def _piece(connection: sa.Connection, reach: cursor.Reach) -> Piece:
    structure = structures.current(connection)
    items, owners = rows_of(driver_of(connection), structure, reach)
    gone = pl.Series("id", reach.gone, dtype=pl.Int64)
    key = f"since {cursor.position(connection).snapshot}"
    return Piece(key, tables(pl.concat(items, how="diagonal")), tables(owners), gone)


def tables(frame: pl.DataFrame) -> Mapping[str, pa.Table]:
    """Return the columns of a frame as those of a side of a piece."""
    table = frame.rechunk().to_arrow(compat_level=pl.CompatLevel.newest())
    return dict.fromkeys(frame.columns, table)
