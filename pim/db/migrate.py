"""Bring a database to this version of Polka: alembic, configured in code."""

from __future__ import annotations

from collections.abc import Callable

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, Engine, text

from pim.errors import PimError
from pim.paths import folder

#: One migration at a time per database; the number is arbitrary but must never change.
LOCK = 7_065_707_657
#: As PostgreSQL counts its versions.
OLDEST_SERVER = 150_000


def configuration(connection: Connection) -> Config:
    """Return alembic's configuration for work on one connection, in its transaction."""
    config = Config()
    config.set_main_option("script_location", str(folder("migrations")).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def upgrade(engine: Engine, *, revision: str = "head") -> None:
    """Migrate upwards, in one transaction and alone."""
    _run(engine, lambda config: command.upgrade(config, revision))


def downgrade(engine: Engine, *, revision: str = "base") -> None:
    """Migrate downwards, in one transaction and alone; at "base" nothing is left."""
    _run(engine, lambda config: command.downgrade(config, revision))


def ensure_upgraded(engine: Engine, *, older: bool = False) -> bool:
    """Set an empty database up, with `older` upgrade one too; say whether there was work to do.

    Raises PimError with what to do when the database was made by another version: nobody's
    database is upgraded by the way, while other processes still use it.
    """
    with engine.connect() as connection:
        known = current_revision(connection)
        if known == newest_revision(connection):
            return False
        if known is not None and not older:
            raise PimError(mismatch(connection) or "")
    upgrade(engine)
    return True


def mismatch(connection: Connection) -> str | None:
    """Say why this version of Polka and the database do not fit together; None when they do."""
    known, newest = current_revision(connection), newest_revision(connection)
    if known == newest:
        return None
    if known is None:
        return "The database is empty: run pim db upgrade."
    if known not in {script.revision for script in _scripts(connection).walk_revisions()}:
        return (
            f"The database is at revision {known}, which this version of Polka does not know: it "
            "was upgraded by a newer version. Install that one on this machine."
        )
    return (
        f"The database is at revision {known} and this version of Polka needs {newest}. Make a "
        "backup, stop all other workers and pages, and run pim db upgrade."
    )


def current_revision(connection: Connection) -> str | None:
    """Return the database's revision; None when it is empty."""
    return MigrationContext.configure(connection).get_current_revision()


def newest_revision(connection: Connection) -> str | None:
    """Return the revision that this version of Polka needs."""
    return _scripts(connection).get_current_head()


def _scripts(connection: Connection) -> ScriptDirectory:
    return ScriptDirectory.from_config(configuration(connection))


def _run(engine: Engine, migrate: Callable[[Config], None]) -> None:
    with engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        _refuse_old_server(connection)
        try:
            migrate(configuration(connection))
        except CommandError as error:
            message = (
                f"The database's revision is unknown to this version of Polka ({error}). It was "
                "made by a newer version: install that one."
            )
            raise PimError(message) from error


def _refuse_old_server(connection: Connection) -> None:
    number = connection.scalar(text("SELECT current_setting('server_version_num')::int"))
    if number < OLDEST_SERVER:
        message = f"This PostgreSQL is version {number // 10000}; Polka needs 15 or newer."
        raise PimError(message)
