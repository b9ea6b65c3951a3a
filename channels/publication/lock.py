"""One publication of a feed at a time, whoever asks and on whatever machine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from channels.models import Feed
from pim.errors import Retryable

#: The space of these advisory locks: the bytes of "feed".
SPACE = 0x66656564
WAIT = "10s"


@contextmanager
def alone(engine: sa.Engine, feed: Feed) -> Iterator[None]:
    """Hold a feed's lock, which PostgreSQL gives back when a process dies.

    Raises Retryable when another process still publishes the feed after some seconds.
    """
    key = {"space": SPACE, "feed": feed.id}
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(
            sa.text("SELECT set_config('lock_timeout', :wait, false)"), {"wait": WAIT}
        )
        try:
            connection.execute(sa.text("SELECT pg_advisory_lock(:space, :feed)"), key)
        except OperationalError as error:
            raise Retryable(f'"{feed.code}" is being published by another process.') from error
        try:
            yield
        finally:
            connection.execute(sa.text("SELECT pg_advisory_unlock(:space, :feed)"), key)
            connection.execute(sa.text("RESET lock_timeout"))
