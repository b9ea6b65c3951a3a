"""Carry the settings' retention out; workers do it every hour."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

import structlog
from sqlalchemy import Engine, text

from pim.operations.ages import parse_age
from pim.operations.retention.history import LEAST_HISTORY, prune_history
from pim.operations.retention.log import prune_log
from pim.operations.retention.runs import LEAST_RUNS, prune_runs
from pim.products.bin import empty_bin
from pim.settings import Settings

log = structlog.get_logger(__name__)

#: Who deletes by mistake notices the next day.
LEAST_BIN: Final = timedelta(days=1)
#: The bytes of "tidy": one process at a time keeps house.
LOCK: Final = 0x74696479
_ALONE = text("SELECT pg_try_advisory_lock(:lock)")
_DONE = text("SELECT pg_advisory_unlock(:lock)")


def keep_house(engine: Engine, settings: Settings) -> Mapping[str, int]:
    """Remove what the settings say is old; nothing when another process is at it.

    The change log is shortened whatever the settings say: its rows serve readers, not people.
    """
    removed: dict[str, int] = {}
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if not connection.scalar(_ALONE, {"lock": LOCK}):
            return removed
        try:
            removed = _remove(engine, settings)
        finally:
            connection.execute(_DONE, {"lock": LOCK})
    if any(removed.values()):
        log.info("removed what is old", **removed)
    return removed


def _remove(engine: Engine, settings: Settings) -> dict[str, int]:
    now = datetime.now(UTC)
    removed = {"log": prune_log(engine, settings)}
    age = parse_age(settings.keep_bin, what="PIM_KEEP_BIN", least=LEAST_BIN)
    removed["bin"] = empty_bin(engine, before=now - age)
    if settings.keep_history:
        age = parse_age(settings.keep_history, what="PIM_KEEP_HISTORY", least=LEAST_HISTORY)
        removed["history"] = prune_history(engine, before=now - age).rows
    if settings.keep_runs:
        age = parse_age(settings.keep_runs, what="PIM_KEEP_RUNS", least=LEAST_RUNS)
        removed |= prune_runs(engine, settings, before=now - age)
    return removed
