"""Count the changes of the structure, so that caches know when to read it again."""

from __future__ import annotations

from sqlalchemy import Connection, text
from sqlalchemy.orm import Session, scoped_session

_RAISE = text(
    """
    INSERT INTO structure_version ("only", version) VALUES (true, 1)
    ON CONFLICT ("only") DO UPDATE SET version = structure_version.version + 1
    WHERE coalesce(current_setting('polka.structure', true), '') = ''
    """
)
_FIRST = text("""INSERT INTO structure_version ("only") VALUES (true) ON CONFLICT DO NOTHING""")
_LOCK = text("SELECT version FROM structure_version FOR UPDATE")
_MARK = text("SELECT set_config('polka.structure', gen_random_uuid()::text, true)")


Writable = Session | scoped_session[Session] | Connection


def lock(session: Writable) -> int:
    """Wait until no other transaction writes structure, keep others out, return the version."""
    session.execute(_FIRST)
    return int(session.execute(_LOCK).scalar_one())


def touch(session: Writable) -> None:
    """Raise the version, once per transaction, and mark the transaction's own state as new.

    The mark is a setting local to the transaction: a rollback, also one to a savepoint, takes it
    back together with the change, and each change sets another, so it names exactly one state.
    The version's row stays locked until the end: structure is written by one transaction at a time.
    """
    session.execute(_RAISE)
    session.execute(_MARK)
