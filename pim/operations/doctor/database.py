"""The database: its version and settings, the clock, tables, indexes, sequences."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

from sqlalchemy import text

from pim.db import migrate
from pim.operations.doctor.finding import Finding, Patient, error, ok, warning

MOST_SKEW: Final = 2.0
LEAST_WAL: Final = 1024
GIGABYTE: Final = 1024**3
#: Dead rows below this number are no trouble, whatever their share.
FEW: Final = 50_000

_SERVER = text(
    """
    SELECT current_setting('server_version') AS version,
           current_setting('server_version_num')::int AS number,
           pg_encoding_to_char(d.encoding) AS encoding, d.datcollate AS collation,
           current_setting('TimeZone') AS timezone,
           (SELECT setting::bigint FROM pg_settings WHERE name = 'max_wal_size') AS wal,
           current_setting('autovacuum') AS autovacuum, current_setting('fsync') AS fsync,
           current_setting('max_connections')::int AS most,
           (SELECT count(*) FROM pg_stat_activity) AS connections,
           pg_database_size(d.oid) AS bytes, pg_is_in_recovery() AS standby
    FROM pg_database d WHERE d.datname = current_database()
    """
)
_BLOAT = text(
    """
    SELECT relname AS name, n_live_tup AS live, n_dead_tup AS dead,
           greatest(last_vacuum, last_autovacuum) AS vacuumed
    FROM pg_stat_user_tables
    WHERE n_dead_tup > :few AND n_dead_tup > n_live_tup * 0.4 ORDER BY n_dead_tup DESC
    """
)
_INVALID = text(
    """
    SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
    WHERE NOT i.indisvalid AND c.relnamespace = current_schema()::regnamespace
    """
)
_SEQUENCES = text(
    """
    SELECT sequencename AS name, last_value::float8 / max_value AS used FROM pg_sequences
    WHERE schemaname = current_schema() AND last_value > max_value / 2
    """
)
_BEHIND = text(
    """
    SELECT greatest((SELECT max(id) FROM product), (SELECT max(id) FROM product_model))
        > (SELECT last_value FROM entity_id)
    """
)
_CATCH_UP = text(
    """
    SELECT setval('entity_id', greatest(
        (SELECT max(id) FROM product), (SELECT max(id) FROM product_model)))
    """
)
_SIZES = text(
    """
    SELECT pg_total_relation_size('history') AS history,
           pg_total_relation_size('change_log') AS log,
           pg_database_size(current_database()) AS everything
    """
)


def server(patient: Patient) -> Iterator[Finding]:
    """Look at the server, its settings and its clock."""
    with patient.connect() as connection:
        before = datetime.now(UTC)
        clock = connection.scalar(text("SELECT clock_timestamp()"))
        after = datetime.now(UTC)
        row = connection.execute(_SERVER).one()
    yield from _version(row)
    skew = max((before - clock).total_seconds(), (clock - after).total_seconds(), 0.0)
    if skew > MOST_SKEW:
        yield error(
            "clock",
            f"The clocks of this machine and of the database differ by {skew:.1f} seconds.",
            mend="Let both follow a time server: schedules and workers' signs go by them.",
        )
    else:
        yield ok("clock", f"This machine and the database agree within {MOST_SKEW:.0f} seconds.")
    yield from _settings(row)


def _version(row: Any) -> Iterator[Finding]:
    size = f"{row.bytes / GIGABYTE:.2f} GB"
    said = f"PostgreSQL {row.version}, {row.encoding}, {row.collation}, {size}"
    if row.number < migrate.OLDEST_SERVER:
        yield error("database", f"{said}.", mend="Polka needs PostgreSQL 15 or newer.")
    elif row.encoding != "UTF8":
        yield error(
            "database",
            f"{said}: it cannot hold every letter.",
            mend="Make a database with ENCODING 'UTF8' and restore a backup into it.",
        )
    elif row.standby:
        yield error(
            "database",
            f"{said}: a standby, which takes no writes.",
            mend="Let PIM_DATABASE_URL name the primary, or promote this one.",
        )
    else:
        yield ok("database", f"{said}.")


def _settings(row: Any) -> Iterator[Finding]:
    if row.wal < LEAST_WAL:
        yield warning(
            "database settings",
            f"max_wal_size is {row.wal} MB: bulk edits and imports wait for checkpoints.",
            mend="ALTER SYSTEM SET max_wal_size = '2GB'; SELECT pg_reload_conf();",
        )
    if row.autovacuum != "on":
        yield error(
            "database settings",
            "autovacuum is off: tables grow without end.",
            mend="ALTER SYSTEM SET autovacuum = on; SELECT pg_reload_conf();",
        )
    if row.fsync != "on":
        yield warning(
            "database settings",
            "fsync is off: a crash of the machine loses the database.",
            mend="ALTER SYSTEM SET fsync = on; SELECT pg_reload_conf();",
        )
    if row.timezone != "UTC":
        yield warning(
            "database settings",
            f"Sessions are in {row.timezone}, not UTC: something between changes their options.",
            mend="Let the pooler pass the option timezone on, or set it for the user.",
        )
    if row.connections > row.most * 0.8:
        yield warning(
            "connections",
            f"{row.connections} of {row.most} connections are taken.",
            mend="Raise max_connections, or run fewer processes; each takes up to 30.",
        )


def revision(patient: Patient) -> Iterator[Finding]:
    """Compare the database's revision with what this version needs."""
    with patient.connect() as connection:
        reason = migrate.mismatch(connection)
        known = migrate.current_revision(connection)
    if reason:
        yield error("revision", reason, mend="See docs/guides/upgrading.md.")
    else:
        yield ok("revision", f"The database is at revision {known}, as this version needs.")


def tables(patient: Patient) -> Iterator[Finding]:
    """Look at bloat, indexes, sequences and how much is history."""
    with patient.connect() as connection:
        worn = connection.execute(_BLOAT, {"few": FEW}).all()
        invalid = list(connection.scalars(_INVALID))
        spent = connection.execute(_SEQUENCES).all()
        behind = connection.scalar(_BEHIND)
        sizes = connection.execute(_SIZES).one()
    for table in worn:
        yield warning(
            "tables",
            f"{table.name} has {table.dead:,} dead rows beside {table.live:,}; last vacuum: "
            f"{table.vacuumed or 'never'}.",
            mend=f"VACUUM (ANALYZE) {table.name}; look for transactions that stay open.",
            fix=partial(_vacuum, patient, table.name),
        )
    for name in invalid:
        yield error("tables", f"The index {name} is invalid.", mend=f"REINDEX INDEX {name};")
    for sequence in spent:
        yield warning(
            "sequences",
            f"{sequence.name} has used {sequence.used:.0%} of its numbers.",
            mend="Write to those who maintain Polka: the column must become wider.",
        )
    if behind:
        yield error(
            "sequences",
            "entity_id is behind the products: the next one could not be created.",
            mend="pim doctor --fix sets it behind the last product.",
            fix=lambda: _catch_up(patient),
        )
    yield ok(
        "size",
        f"History takes {sizes.history / GIGABYTE:.2f} GB, the change log "
        f"{sizes.log / GIGABYTE:.2f} GB of {sizes.everything / GIGABYTE:.2f} GB.",
    )


def _vacuum(patient: Patient, table: str) -> str:
    engine = patient.engine.execution_options(isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        name = connection.dialect.identifier_preparer.quote(table)
        connection.exec_driver_sql(f"VACUUM (ANALYZE) {name}")
    return f"{table} was vacuumed: its dead rows make room for new ones."


def _catch_up(patient: Patient) -> str:
    with patient.engine.begin() as connection:
        number = connection.scalar(_CATCH_UP)
    return f"entity_id goes on behind {number}."
