"""The campaigns that a feed shows, and which products they move between two publications."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import lru_cache, partial
from typing import Any

import polars as pl
from sqlalchemy import Connection

from channels.feeds.definition import Definition
from pim.campaigns import sheets
from pim.campaigns.running import Campaign, not_ended, running, running_then, versions
from pim.projection import Reading
from pim.projection.effective import Effective, effective

#: Sheets of cells that stay in memory: what a digest names never changes.
SHEETS = 8


class Running:
    """Campaigns as they were when first asked for, whatever the moment: one query for all feeds.

    What is saved later is shown by later publications, which look for it from the snapshot on that
    theirs began with.
    """

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

    Of a reading of the past those that ran then, as they were saved then.
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
        reading, concerned, channel=channel, at=now, sheets=partial(_sheet, connection)
    )


def concerns(campaign: Campaign, channel: str) -> bool:
    """Tell whether a campaign concerns a channel."""
    named = {code.casefold() for code in campaign.channels}
    return not named or channel.casefold() in named


def keys_of(reading: Reading) -> list[list[int]]:
    """Return id and version of the campaigns that a reading shows, for a manifest."""
    return [[c.id, c.version] for c in reading.campaigns]


def moved(
    connection: Connection,
    reading: Reading,
    definition: Definition,
    now: datetime,
    last: Mapping[str, Any],
) -> set[int] | None:
    """Return the products that campaigns may show otherwise than by the manifest `last`.

    Those of campaigns that came since or went, a changed one being both, as far as the feed reads
    what they touch; and of those that choose by the time. None if nobody knows any more what one
    of them was.
    """
    then = datetime.fromisoformat(last["as_of"])
    before = {(key[0], key[1]) for key in last.get("campaigns", ())}
    after = {(c.id, c.version): c for c in reading.campaigns}
    gone = versions(connection, before - set(after)) if before - set(after) else ()
    if len(gone) < len(before - set(after)):
        return None
    channel = definition.channel.code
    found: set[int] = set()
    names = columns_of(reading, definition, now)
    for campaigns, moment in ((gone, then), ([after[k] for k in set(after) - before], now)):
        view = laid(connection, reading, campaigns, channel, moment)
        for campaign in view.campaigns:
            assert isinstance(view, Effective)
            found.update(view.reached(campaign, names))
    return found | _by_time(connection, reading, definition, names, before, then)


def _by_time(
    connection: Connection,
    reading: Reading,
    definition: Definition,
    names: Sequence[str],
    before: set[tuple[int, int]],
    then: datetime,
) -> set[int]:
    """Return the products of campaigns that ran then and do now, and chose otherwise then."""
    if not isinstance(reading, Effective):
        return set()
    stayed = [c for c in reading.follow_time if (c.id, c.version) in before]
    earlier = laid(connection, reading, stayed, definition.channel.code, then)
    found: set[int] = set()
    for campaign in stayed:
        assert isinstance(earlier, Effective)
        was, is_now = (set(r.reached(campaign, names)) for r in (earlier, reading))
        found |= was ^ is_now
    return found


def columns_of(reading: Reading, definition: Definition, now: datetime) -> list[str]:
    """Return the columns on which a feed's items hang: mapped, asked for, or to be complete."""
    return list(dict.fromkeys(_columns_of(reading, definition, now)))


def _columns_of(reading: Reading, definition: Definition, now: datetime) -> Iterator[str]:
    yield from sorted(definition.compile(now).columns)
    if definition.where.view != "base":
        yield from reading.masks(now).compiler.needed(definition.where.root)
    if definition.completeness_minimum is not None:
        for locale in definition.completeness_locales:
            yield f"completeness-{locale}-{definition.channel.code}"


def _sheet(connection: Connection, digest: str) -> pl.DataFrame:
    kept = _kept(connection.engine)
    if digest not in kept:
        kept[digest] = sheets.frame(connection, digest)
        while len(kept) > SHEETS:
            del kept[next(iter(kept))]
    return kept[digest]


@lru_cache(maxsize=2)
def _kept(engine: Any) -> dict[str, pl.DataFrame]:
    return {}
