"""A worker and its database are of one version, or the worker does nothing."""

from __future__ import annotations

import os
import signal

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from pim.db import migrate
from pim.errors import PimError

log = structlog.get_logger(__name__)


def require(engine: Engine) -> None:
    """Raise PimError with what to do when the database is of another version.

    A database that does not answer is none: the worker waits for it.
    """
    if reason := _reason(engine):
        raise PimError(reason)


def stop_if_outdated(engine: Engine) -> None:
    """End this process, after the job that is under way, when the database was upgraded."""
    if reason := _reason(engine):
        log.error("the worker ends after its job", reason=reason)
        os.kill(os.getpid(), signal.SIGTERM)


def _reason(engine: Engine) -> str | None:
    try:
        with engine.connect() as connection:
            return migrate.mismatch(connection)
    except DBAPIError:
        return None
