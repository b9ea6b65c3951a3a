"""Fold history back in SQL: what every product and model that changed since a moment was then.

Two temporary tables hold it until the transaction ends. `past_change` has a row for each entity
with a change after the moment:

- `gone`: it did not exist then;
- `kept`: its whole row, where it was deleted since;
- `patch`: the merge patch that leads from `kept`, or else from the row of today, to that moment;
- `updated`, `version`, `writes`: when it was last written until then, its version (null where only
  older releases wrote later), and how many change sets wrote later.

What stands in no row of it is today as it was then.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import Connection, text

from pim.products.history import require_kept
from pim.products.shapes import VALUES, Shape
from pim.products.writer import FIELDS, TABLES

#: The table of what changed since.
CHANGES: Final = "past_change"

#: How far the clocks of machines may be apart: who ended before the moment may have written after.
SKEW: Final = "1 day"

#: Shapes of patches that are merged by an expression of their own; others take several times as
#: long.
SHAPES: Final = 3


def gather(connection: Connection, moment: datetime) -> int:
    """Fill the temporary table with all that changed after a moment; return its rows.

    The transaction should read one moment (REPEATABLE READ). Raises Refused for a moment whose
    history was removed.
    """
    require_kept(connection, moment)
    connection.execute(_DROP)
    connection.execute(_GATHER, {"moment": moment, "skew": SKEW})
    connection.execute(_INDEX)
    connection.execute(_ANALYZE)
    return int(connection.scalar(_COUNT) or 0)


def rows_sql(connection: Connection, kind: int) -> str:
    """Return a query of the rows of that moment, with the columns of the table, after `gather`.

    Rows that did not exist then are left out; rows that did not change since are in.
    """
    shapes = _shapes(connection, kind)
    fields = ", ".join(
        f"CASE WHEN t.after ? '{f.key}' THEN "
        f'{_merged(f.merged, f.key, shapes)} ELSE e."{f.column}" END AS "{f.column}"'
        for f in FIELDS[kind]
    )
    return _ROWS.format(table=TABLES[kind], kind=kind, fields=fields)


def _shapes(connection: Connection, kind: int) -> list[Shape]:
    """Return the shapes of the commonest patches."""
    found = (Shape.of(patch) for patch in connection.scalars(_SAMPLE, {"kind": kind}))
    counted: dict[Shape, int] = {}
    for shape in found:
        if shape:
            counted[shape] = counted.get(shape, 0) + 1
    return sorted(counted, key=lambda shape: -counted[shape])[:SHAPES]


def _merged(general: str, key: str, shapes: list[Shape]) -> str:
    """Return how a patch lands in a column: common shapes by expressions of their own."""
    if key != VALUES:
        return general
    cases = " ".join(
        f"WHEN {shape.matches('t.after')} THEN {shape.merged('e.values', 't.after')}"
        for shape in shapes
    )
    return f"CASE {cases} ELSE {_GENERAL} END" if shapes else _GENERAL


_GENERAL: Final = f"pim_merge(e.values, t.after -> '{VALUES}')"
_DROP = text(f"DROP TABLE IF EXISTS {CHANGES}")
_INDEX = text(f"CREATE UNIQUE INDEX ON pg_temp.{CHANGES} (id)")
_ANALYZE = text(f"ANALYZE pg_temp.{CHANGES}")
_COUNT = text(f"SELECT count(*) FROM {CHANGES}")  # noqa: S608 - own names throughout

_SAMPLE = text(
    f"SELECT patch FROM {CHANGES} WHERE kind = :kind AND patch IS NOT NULL"  # noqa: S608
    " ORDER BY hashint8(id) LIMIT 200"
)

# Of each entity the changes are numbered from the moment on. The first that created or deleted it
# tells of all before it; what came behind that is another life.
_GATHER = text(
    f"""
    CREATE TEMP TABLE {CHANGES} ON COMMIT DROP AS
    WITH later AS (
        SELECT h.entity_id, h.kind, h.action, h.before, h.from_version,
            row_number() OVER (PARTITION BY h.entity_id ORDER BY h.at, h.change_set_id) AS number
        FROM history h
        WHERE h.at > :moment AND h.change_set_id IN (
            SELECT id FROM change_set
            WHERE finished IS NULL OR created > :moment
               OR finished > CAST(:moment AS timestamptz) - CAST(:skew AS interval))
    ), turned AS (
        SELECT later.*,
            coalesce(min(number) FILTER (WHERE action <> 0) OVER (PARTITION BY entity_id),
                     9223372036854775807) AS turn
        FROM later
    )
    SELECT entity_id AS id, kind,
        bool_or(number = turn AND action = 1) AS gone,
        (array_agg(before) FILTER (WHERE number = turn AND action = 2))[1] AS kept,
        pim_overlay_all(before ORDER BY number DESC) FILTER (WHERE number < turn) AS patch,
        (SELECT max(x.at) FROM history x
         WHERE x.entity_id = turned.entity_id AND x.at <= :moment) AS updated,
        min(from_version) FILTER (WHERE number = 1) AS version, count(*) AS writes
    FROM turned GROUP BY entity_id, kind
    """  # noqa: S608
)

_ROWS: Final = """
    SELECT e.id, e.uuid, e.created, coalesce(t.updated, e.updated) AS updated,
        coalesce(t.version, greatest(1, e.version - coalesce(t.writes, 0))) AS version, {fields}
    FROM (
        SELECT e.*, false AS is_kept FROM {table} e
        UNION ALL
        SELECT k.*, true FROM past_change c, jsonb_populate_record(NULL::{table}, c.kept) k
        WHERE c.kind = {kind} AND c.kept IS NOT NULL
    ) e
    LEFT JOIN (SELECT c.*, c.patch AS after FROM past_change c) t ON t.id = e.id
    WHERE t.id IS NULL OR (NOT t.gone AND (t.kept IS NOT NULL) = e.is_kept)
"""
