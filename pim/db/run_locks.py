"""Know whether a run is still being carried out: its process holds a lock in the database.

A killed process lets go of it at once, whichever machine it ran on, so that somebody else may take
the run up or close it. The lock comes before the state "running", and leaves after the run's last
commit: a run in "running" that nobody holds is one that was interrupted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import Final

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from pim.errors import Refused, Retryable

#: The first key of our advisory locks on runs; the second is the run's id.
CLASS: Final = 0x504F4C4B

_TAKE = text("SELECT pg_try_advisory_lock(:class, :run)")
_LEAVE = text("SELECT pg_advisory_unlock(:class, :run)")
_HELD = """
    SELECT FROM pg_locks l
    WHERE l.locktype = 'advisory' AND l.classid = :class AND l.objid = {run} AND l.objsubid = 2
      AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""
_TAKEN = text(f"SELECT EXISTS ({_HELD.format(run=':run')})")
# The state is read again once the row is locked: a run that ends meanwhile has let go just now.
_INTERRUPTED = text(
    f"""
    SELECT r.id FROM run r
    WHERE r.state = 'running' AND NOT EXISTS ({_HELD.format(run="r.id")})
    ORDER BY r.id FOR UPDATE OF r SKIP LOCKED
    """  # noqa: S608 - names of this code
)

#: The run that a caller holds for what it calls next; see `carrying_out`.
_lent: ContextVar[int | None] = ContextVar("lent", default=None)

Check = Callable[[], None]


@contextmanager
def carrying_out(engine: Engine, run_id: int, *, lend: bool = False) -> Iterator[Check]:
    """Hold a run while the block lasts; Refused when another process holds it.

    Yields a check that raises Retryable when the lock was lost with its connection: somebody else
    may have taken the run up, so nothing more may be committed. With `lend` the block may call
    what holds the same run itself. An error that leaves the block is told how to go on.
    """
    if _lent.get() == run_id:
        with _lending(None):
            yield lambda: None
        return
    keys = {"class": CLASS, "run": run_id}
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if not connection.scalar(_TAKE, keys):
            raise Refused(f"Run {run_id} is being carried out by another process.")
        try:
            with _lending(run_id if lend else None):
                yield lambda: _assert_held(connection, run_id)
        except Exception as error:
            if not isinstance(error, Refused):
                error.add_note(f"pim run resume {run_id} goes on from what is committed.")
            raise
        finally:
            with suppress(DBAPIError):  # a lost connection has let go of it already
                connection.execute(_LEAVE, keys)


def is_carried_out(session: Session | Connection, run_id: int) -> bool:
    """Tell whether a process holds a run."""
    return bool(session.execute(_TAKEN, {"class": CLASS, "run": run_id}).scalar_one())


def interrupted(session: Session) -> list[int]:
    """Return the runs in "running" whose process is gone, held to the end of the transaction."""
    return list(session.execute(_INTERRUPTED, {"class": CLASS}).scalars())


def _assert_held(connection: Connection, run_id: int) -> None:
    try:
        held = is_carried_out(connection, run_id)
    except DBAPIError:
        held = False
    if not held:
        raise Retryable(f"Run {run_id} has lost its lock with its connection to the database.")


@contextmanager
def _lending(run_id: int | None) -> Iterator[None]:
    token = _lent.set(run_id)
    try:
        yield
    finally:
        _lent.reset(token)
