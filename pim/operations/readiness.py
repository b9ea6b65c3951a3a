"""Whether this process can serve: the database, its revision, the projection, the storage."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import SQLAlchemyError

from pim.assets.storage import Storage
from pim.db import migrate
from pim.projection import manifest
from pim.settings import Settings

#: Workers sign every 5 seconds.
WORKER_SILENCE: Final = timedelta(seconds=60)
#: A probe must not wait for a lock or a lost machine.
_PATIENCE: Final = "SET LOCAL statement_timeout = '3s'"

_LAST_WORKER = text("SELECT max(last_heartbeat) > now() - :silence FROM procrastinate_workers")


@dataclass(frozen=True, kw_only=True)
class Readiness:
    """What was found: `reasons` speak against serving, `warnings` do not."""

    reasons: Mapping[str, str]
    warnings: Mapping[str, str]

    @property
    def ready(self) -> bool:
        """Return whether requests can be served."""
        return not self.reasons

    def document(self) -> dict[str, Any]:
        """Return the JSON of an answer."""
        return {
            "status": "ready" if self.ready else "not ready",
            "reasons": dict(self.reasons),
            "warnings": dict(self.warnings),
        }


def look(engine: Engine, settings: Settings) -> Readiness:
    """Look at everything that a request needs."""
    reasons, warnings = dict(_database(engine)), {}
    for name, check in _PLACES.items():
        if reason := _told(check, settings):
            reasons[name] = reason
    if "database" not in reasons and not _worker_seen(engine):
        warnings["worker"] = "No worker has been seen for a minute: runs wait in the queue."
    return Readiness(reasons=reasons, warnings=warnings)


def _database(engine: Engine) -> Iterator[tuple[str, str]]:
    try:
        with engine.connect() as connection:
            connection.execute(text(_PATIENCE))
            reason = migrate.mismatch(connection)
    except SQLAlchemyError as error:
        yield "database", f"It does not answer: {type(error).__name__}."
        return
    if reason:
        yield "migrations", reason


def _projection(settings: Settings) -> str | None:
    """A catalogue that was never projected is fine: the first reader does it."""
    if not os.path.lexists(settings.projection / manifest.CURRENT):
        return None
    if manifest.load(settings.projection) is None:
        return "The projection cannot be read; pim doctor says what it lacks."
    return None


def _storage(settings: Settings) -> str | None:
    """Write and remove a small file where media go."""
    Storage.from_settings(settings).try_out()
    return None


_PLACES: Final[Mapping[str, Callable[[Settings], str | None]]] = {
    "projection": _projection,
    "storage": _storage,
}


def _told(check: Callable[[Settings], str | None], settings: Settings) -> str | None:
    try:
        return check(settings)
    except Exception as error:  # noqa: BLE001 - storage of any kind fails in its own way
        return f"{type(error).__name__}: {error}"


def _worker_seen(engine: Engine) -> bool:
    try:
        with engine.connect() as connection:
            return _last_worker(connection)
    except SQLAlchemyError:
        return False


def _last_worker(connection: Connection) -> bool:
    connection.execute(text(_PATIENCE))
    return bool(connection.scalar(_LAST_WORKER, {"silence": WORKER_SILENCE}))
