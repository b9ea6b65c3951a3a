"""The campaigns that a feed shows, and which products they move between two publications."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from channels.feeds.definition import Definition
from pim.campaigns.running import versions
from pim.projection import Reading
from pim.projection.effective import Effective
from pim.projection.effective.running import laid


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
