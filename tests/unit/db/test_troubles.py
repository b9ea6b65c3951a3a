"""What the errors of drivers and libraries mean."""

from __future__ import annotations

import errno
from pathlib import Path

import psycopg
import pytest
from polars.exceptions import ComputeError
from sqlalchemy.exc import OperationalError, PendingRollbackError

from pim.db.troubles import told, words
from pim.errors import DatabaseGone, DiskFull, PimError, Refused, Retryable
from pim.settings import Settings


def from_database(origin: Exception, *, lost: bool = False) -> OperationalError:
    return OperationalError("SELECT 1", {}, origin, connection_invalidated=lost)


GONE = [
    from_database(psycopg.OperationalError("connection refused")),
    from_database(psycopg.errors.AdminShutdown("terminating connection")),
    from_database(psycopg.errors.CannotConnectNow("the database system is starting up")),
    from_database(psycopg.errors.QueryCanceled("x"), lost=True),
    PendingRollbackError("Can't reconnect until invalid transaction is rolled back."),
    psycopg.OperationalError("server closed the connection unexpectedly"),
]


@pytest.mark.parametrize("error", GONE, ids=str)
def test_a_lost_database_is_named_and_may_come_back(error: Exception) -> None:
    assert isinstance(told(error), DatabaseGone)


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        OSError(errno.EDQUOT, "Disk quota exceeded"),
        ComputeError("parquet: underlying IO error: No space left on device (os error 28)"),
        from_database(psycopg.errors.DiskFull("could not extend file")),
    ],
    ids=str,
)
def test_a_full_disk_is_named(error: Exception) -> None:
    assert isinstance(told(error), DiskFull)


def test_the_disk_is_that_of_the_file(tmp_path: Path) -> None:
    error = OSError(errno.ENOSPC, "No space left on device", str(tmp_path / "new.csv"))

    assert f"holds {tmp_path / 'new.csv'}" in words(error)


def test_of_an_unnamed_file_it_is_the_fullest_of_those_that_polka_uses(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)

    said = words(OSError(errno.ENOSPC, "No space left on device"), settings)

    assert "MB free" in said


def test_a_disk_that_took_the_server_with_it_comes_first() -> None:
    error = from_database(psycopg.OperationalError("server closed the connection"))
    error.__context__ = from_database(psycopg.errors.DiskFull("could not write to log"))

    assert isinstance(told(error), DiskFull)


def test_two_writers_that_met_may_try_again() -> None:
    found = told(from_database(psycopg.errors.DeadlockDetected("deadlock detected")))

    assert isinstance(found, Retryable)
    assert not isinstance(found, DatabaseGone)


def test_notes_of_how_to_go_on_are_kept() -> None:
    error = psycopg.OperationalError("gone")
    error.add_note("pim run resume 7 goes on.")

    assert told(error).__notes__ == ["pim run resume 7 goes on."]


@pytest.mark.parametrize(
    "error",
    [
        ValueError("No"),
        Refused("No."),
        from_database(psycopg.errors.UniqueViolation("duplicate key")),
        from_database(psycopg.errors.LockNotAvailable("lock timeout")),
    ],
    ids=str,
)
def test_anything_else_stays_what_it_is(error: Exception) -> None:
    assert told(error) is error
    assert isinstance(error, PimError) or words(error).startswith(type(error).__name__)
