"""Know whether a run is still being carried out: its process holds a lock in the database.

A killed process lets go of it at once, whichever machine it ran on, so that somebody else may take
the run up or close it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from pim.errors import Refused

#: The first key of our advisory locks on runs; the second is the run's id.
CLASS: Final = 0x504F4C4B

_TAKE = text("SELECT pg_try_advisory_lock(:class, :run)")
_LEAVE = text("SELECT pg_advisory_unlock(:class, :run)")
_TAKEN = text(
    """
    SELECT EXISTS (
        SELECT FROM pg_locks
        WHERE locktype = 'advisory' AND classid = :class AND objid = :run AND objsubid = 2
          AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    )
    """
)


@contextmanager
def carrying_out(engine: Engine, run_id: int) -> Iterator[None]:
    """Hold a run while the block lasts; Refused when another process holds it."""
    keys = {"class": CLASS, "run": run_id}
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if not connection.scalar(_TAKE, keys):
            raise Refused(f"Run {run_id} is being carried out by another process.")
        try:
            yield
        finally:
            with suppress(DBAPIError):  # a lost connection has let go of it already
                connection.execute(_LEAVE, keys)


def is_carried_out(session: Session | Connection, run_id: int) -> bool:
    """Tell whether a process holds a run."""
    return bool(session.execute(_TAKEN, {"class": CLASS, "run": run_id}).scalar_one())
