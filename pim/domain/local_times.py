"""Times on the wall of a place, turned into instants: none is guessed.

Where clocks go forward, a local time does not exist (a gap); where they go back, it comes twice
(a fold). Rules are those of the IANA database, of the system or else of the package `tzdata`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from functools import lru_cache
from typing import Final, Literal
from zoneinfo import ZoneInfo, available_timezones

Fold = Literal["earlier", "later"]
FOLDS: Final[tuple[Fold, ...]] = ("earlier", "later")

#: Documents give minutes, seconds at most; the nearest time before a gap is a minute before it.
MINUTE: Final = timedelta(minutes=1)


@dataclass(frozen=True, kw_only=True)
class Gap:
    """Local times [start, end) that clocks skip, and the nearest existing ones to a time in it."""

    start: datetime
    end: datetime

    @property
    def nearest(self) -> tuple[datetime, datetime]:
        """Return the last minute before the gap and the first time after it."""
        return self.start - MINUTE, self.end


@dataclass(frozen=True, kw_only=True)
class Twice:
    """The two instants of a local time that comes twice, in the zone, with their offsets."""

    earlier: datetime
    later: datetime

    def at(self, fold: Fold) -> datetime:
        """Return one of the two."""
        return self.earlier if fold == "earlier" else self.later


def zone_named(name: str) -> ZoneInfo | None:
    """Return a time zone by its IANA name, without regard to case; None if there is none."""
    stored = _names().get(name.strip().casefold())
    return None if stored is None else ZoneInfo(stored)


def zones_like(name: str, *, most: int = 3) -> list[str]:
    """Return names of time zones that somebody may have meant: Europe/London for "london"."""
    folded = name.strip().casefold().replace(" ", "_")
    if not folded:
        return []
    cities = {key.rpartition("/")[2]: stored for key, stored in sorted(_names().items())}
    if folded in cities:
        return [cities[folded]]
    return [_names()[key] for key in get_close_matches(folded, list(_names()), n=most)]


def locate(local: datetime, zone: ZoneInfo) -> datetime | Gap | Twice:
    """Return the moment (in the zone) of a naive local time, or why there is not just one."""
    first, second = (local.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    before, after = _offset(first), _offset(second)
    if before == after:
        return first
    if before > after:
        return Twice(earlier=first, later=second)
    change = _change(local - after, local - before, zone)
    return Gap(start=change + before, end=change + after)


def wall(moment: datetime, zone: ZoneInfo) -> datetime:
    """Return what the clocks of a zone show at a moment, without a zone."""
    return moment.astimezone(zone).replace(tzinfo=None, fold=0)


def offset_text(moment: datetime) -> str:
    """Return the offset of an aware moment from UTC as people write it: +01:00."""
    text = moment.strftime("%z")
    return f"{text[:3]}:{text[3:5]}"


def name_of(moment: datetime) -> str:
    """Return the name or number that a zone has at a moment, with its offset: BST, UTC+01:00."""
    name = moment.tzname() or ""
    offset = f"UTC{offset_text(moment)}"
    return f"{name}, {offset}" if name.isalpha() else offset


def _offset(moment: datetime) -> timedelta:
    offset = moment.utcoffset()
    assert offset is not None
    return offset


def _change(low: datetime, high: datetime, zone: ZoneInfo) -> datetime:
    """Return the instant (UTC, naive, whole seconds) in (low, high] where the offset changes."""
    before = _offset(low.replace(tzinfo=UTC).astimezone(zone))
    first, last = 0, round((high - low).total_seconds())
    while last - first > 1:
        middle = (first + last) // 2
        moment = (low + timedelta(seconds=middle)).replace(tzinfo=UTC).astimezone(zone)
        first, last = (middle, last) if _offset(moment) == before else (first, middle)
    return low + timedelta(seconds=last)


@lru_cache(maxsize=1)
def _names() -> dict[str, str]:
    return {name.casefold(): name for name in available_timezones()}
