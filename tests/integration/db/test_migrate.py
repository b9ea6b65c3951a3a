"""Migrations and models say the same, in both directions."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, Engine, create_engine, text

from pim.db import migrate
from pim.db.base import Base
from pim.errors import PimError
from pim.paths import folder
from tests.postgres import Server

#: What a schema is, as PostgreSQL prints it: columns, constraints, indexes, storage, sequences.
CATALOGUE = """
SELECT format('%s.%s %s %s %s %s %s', c.relname, a.attname, format_type(a.atttypid, a.atttypmod),
              a.attnotnull, a.attidentity, pg_get_expr(d.adbin, d.adrelid), co.collname)
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
LEFT JOIN pg_collation co ON co.oid = a.attcollation
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
UNION ALL
SELECT format('%s %s %s', conrelid::regclass, conname, pg_get_constraintdef(oid))
FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND conrelid <> 0
UNION ALL
SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'
UNION ALL
SELECT format('%s %s %s', relkind, relname, reloptions) FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'S')
"""


@pytest.fixture
def blank(server: Server) -> Iterator[Engine]:
    """Return an engine on a database that was taken back to nothing."""
    with server.database() as url:
        engine = create_engine(url)
        migrate.downgrade(engine)
        yield engine
        engine.dispose()


def schema(connection: Connection) -> set[str]:
    foreign = ("procrastinate", "alembic_version")
    return {line for line in connection.scalars(text(CATALOGUE)) if not any(
        word in line for word in foreign
    )}  # fmt: skip


def test_migrating_down_leaves_nothing_and_up_again_leaves_the_same(blank: Engine) -> None:
    everything = text("""
        SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace
            AND relname NOT LIKE 'alembic_version%'
        UNION ALL SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace
        UNION ALL SELECT typname FROM pg_type WHERE typnamespace = 'public'::regnamespace
            AND typname NOT LIKE '%alembic_version'
    """)
    with blank.connect() as connection:
        assert list(connection.scalars(everything)) == []

    migrate.upgrade(blank)
    with blank.connect() as connection:
        first = sorted(connection.scalars(everything))
    migrate.downgrade(blank)
    migrate.upgrade(blank)

    with blank.connect() as connection:
        assert sorted(connection.scalars(everything)) == first
        assert {"product", "procrastinate_jobs", "pim_merge"} <= set(first)


def test_migrations_make_exactly_what_the_models_describe(blank: Engine, engine: Engine) -> None:
    Base.metadata.create_all(blank)
    with blank.connect() as modelled, engine.connect() as migrated:
        assert schema(migrated) == schema(modelled)


def test_alembic_finds_nothing_to_generate(engine: Engine) -> None:
    settings = {"compare_type": True, "compare_server_default": True, "include_object": is_ours}
    with engine.connect() as connection, warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Did not recognize type 'xid8'")
        context = MigrationContext.configure(connection, opts=settings)
        assert compare_metadata(context, Base.metadata) == []


def is_ours(_: object, name: str | None, kind: str, reflected: bool, counterpart: object) -> bool:
    return not (reflected and counterpart is None and (name or "").startswith("procrastinate_"))


def test_processes_that_upgrade_at_once_do_it_once(blank: Engine) -> None:
    failures: list[BaseException] = []
    upgraded: list[bool] = []

    def run() -> None:
        try:
            upgraded.append(migrate.ensure_upgraded(blank))
        except BaseException as error:  # noqa: BLE001 - a thread must hand its failure over
            failures.append(error)

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert failures == []
    assert any(upgraded)
    assert migrate.ensure_upgraded(blank) is False
    with blank.connect() as connection:
        assert migrate.current_revision(connection) == migrate.newest_revision(connection)


def test_a_database_of_a_newer_version_is_refused(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(PimError, match="newer version"):
        migrate.ensure_upgraded(engine)


def test_a_failed_migration_leaves_the_database_as_it_was(blank: Engine) -> None:
    with blank.begin() as connection:
        connection.execute(text("CREATE TABLE procrastinate_jobs (id int)"))
    with pytest.raises(Exception, match="already exists"):
        migrate.upgrade(blank)
    with blank.connect() as connection:
        assert migrate.current_revision(connection) is None
        assert connection.scalar(text("SELECT to_regclass('product')")) is None


def test_a_folder_that_is_missing_is_named() -> None:
    with pytest.raises(PimError, match="no-such-folder"):
        folder("no-such-folder")
