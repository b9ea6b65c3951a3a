"""The campaigns that run in a channel at a moment, laid over a reading."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache, partial

import polars as pl
from sqlalchemy import Connection, Engine

from pim.campaigns import sheets
from pim.campaigns.running import Campaign, not_ended, running, running_then
from pim.projection.effective.reading import effective
from pim.projection.reading import Reading

#: Sheets of cells that stay in memory: what a digest names never changes.
SHEETS = 8


class Running:
    """Campaigns as they were when first asked for, whatever the moment: one query for all feeds."""

    def __init__(self) -> None:
        self._after: datetime | None = None
        self._known: tuple[Campaign, ...] = ()

    def at(self, connection: Connection, moment: datetime) -> tuple[Campaign, ...]:
        """Return the campaigns that run at a moment, the winner first."""
        if self._after is None or moment < self._after:
            self._known, self._after = not_ended(connection, moment), moment
        return tuple(campaign for campaign in self._known if campaign.runs_at(moment))


def shown(
    connection: Connection,
    reading: Reading,
    channel: str,
    now: datetime,
    *,
    known: Running | None = None,
) -> Reading:
    """Return a reading with the campaigns that run in a channel at a moment.

    Over a reading of the past those are laid that ran then, as they were saved then.
    """
    if reading.as_of is not None:
        found = running_then(connection, now)
    elif known is not None:
        found = known.at(connection, now)
    else:
        found = running(connection, now)
    return laid(connection, reading, found, channel, now)


def laid(
    connection: Connection,
    reading: Reading,
    campaigns: Sequence[Campaign],
    channel: str,
    now: datetime,
) -> Reading:
    """Return a reading with those of some campaigns laid over it that concern a channel."""
    concerned = [campaign for campaign in campaigns if concerns(campaign, channel)]
    return effective(
        reading, concerned, channel=channel, at=now, sheets=partial(_sheet, connection.engine)
    )


def concerns(campaign: Campaign, channel: str) -> bool:
    """Tell whether a campaign concerns a channel."""
    named = {code.casefold() for code in campaign.channels}
    return not named or channel.casefold() in named


def _sheet(engine: Engine, digest: str) -> pl.DataFrame:
    """Return a sheet, on a connection of its own: what is remembered of campaigns may ask later."""
    kept = _kept(engine)
    found = kept.get(digest)
    if found is None:
        with engine.connect() as connection:
            found = kept[digest] = sheets.frame(connection, digest)
        while len(kept) > SHEETS:
            del kept[next(iter(kept))]
    return found


@lru_cache(maxsize=2)
def _kept(engine: Engine) -> dict[str, pl.DataFrame]:
    return {}
