"""What a backup knows of tables: read from PostgreSQL's own catalogue, so no table is forgotten."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import psycopg
from psycopg import sql
from sqlalchemy import Connection, text

#: Tables whose rows mean nothing elsewhere: the queue and its workers, the log with the old
#: cluster's transaction ids (whoever follows it starts anew), the revision (migrations write it).
LOG: Final = "change_log"
LEFT_OUT: Final = frozenset({"alembic_version", LOG})
QUEUE: Final = "procrastinate_"

_TABLES = text(
    """
    SELECT c.relname AS name, array_agg(a.attname::text ORDER BY a.attnum) AS columns
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
    WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r'
      AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
    GROUP BY c.relname ORDER BY c.relname
    """
)
_SEQUENCES = text(
    """
    SELECT sequencename AS name, last_value FROM pg_sequences
    WHERE schemaname = current_schema() AND sequencename NOT LIKE 'procrastinate%'
    ORDER BY 1
    """
)
# Indexes that are not there for a constraint, and foreign keys: what a load is faster without.
_BY_THE_WAY = text(
    """
    SELECT format('DROP INDEX %I', i.relname) AS dropping, pg_get_indexdef(x.indexrelid) AS making
    FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid
    WHERE t.relname = ANY(:tables) AND t.relnamespace = current_schema()::regnamespace
      AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = x.indexrelid)
    """
)
_FOREIGN_KEYS = text(
    """
    SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', k.conrelid::regclass, k.conname) AS dropping,
           format('ALTER TABLE %s ADD CONSTRAINT %I %s', k.conrelid::regclass, k.conname,
                  pg_get_constraintdef(k.oid)) AS making
    FROM pg_constraint k JOIN pg_class t ON t.oid = k.conrelid
    WHERE k.contype = 'f' AND t.relname = ANY(:tables)
      AND t.relnamespace = current_schema()::regnamespace
    """
)


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table and its columns, in order."""

    name: str
    columns: Sequence[str]

    def copy_out(self) -> sql.Composed:
        """Return the statement that gives all rows as text."""
        return sql.SQL("COPY {} ({}) TO STDOUT").format(*self._parts())

    def copy_in(self) -> sql.Composed:
        """Return the statement that takes them; the table was emptied in the same transaction."""
        return sql.SQL("COPY {} ({}) FROM STDIN WITH (FREEZE)").format(*self._parts())

    def _parts(self) -> tuple[sql.Identifier, sql.Composed]:
        return sql.Identifier(self.name), sql.SQL(", ").join(map(sql.Identifier, self.columns))


def tables(connection: Connection) -> list[Table]:
    """Return every table whose rows belong into a backup."""
    return [
        Table(name=row.name, columns=row.columns)
        for row in connection.execute(_TABLES)
        if row.name not in LEFT_OUT and not row.name.startswith(QUEUE)
    ]


def sequences(connection: Connection) -> dict[str, int]:
    """Return the last value of each sequence that was ever used."""
    rows = connection.execute(_SEQUENCES)
    return {row.name: row.last_value for row in rows if row.last_value is not None}


def without_indexes(connection: Connection, names: Sequence[str]) -> Iterator[str]:
    """Drop indexes and foreign keys of tables, and yield the statements that make them again."""
    making = []
    for query in (_FOREIGN_KEYS, _BY_THE_WAY):
        for row in connection.execute(query, {"tables": list(names)}).all():
            connection.exec_driver_sql(row.dropping)
            making.append(row.making)
    yield from reversed(making)


def driver(connection: Connection) -> psycopg.Connection[Any]:
    """Return the psycopg connection below."""
    found = connection.connection.driver_connection
    if not isinstance(found, psycopg.Connection):
        raise TypeError(f"COPY needs psycopg, not {type(found).__name__}")
    return found
