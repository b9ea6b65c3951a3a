"""When a rule's schedule begins it: every so many minutes, or at times that clocks show."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from pim.domain.attribute_types.problems import problem
from pim.domain.local_times import zone_named, zones_like
from pim.domain.violations import Violation

DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
LEAST, MOST = 5, 7 * 24 * 60

MEND: Final = (
    'Write {{"every_minutes": 60}}, or {{"at": ["03:00"], "time_zone": "Europe/London"}} with, if'
    ' not every day is meant, "days": ["mon", "tue"].'
)


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """Either `every`, or times of day in a zone on some days of the week (0 is Monday)."""

    every: timedelta | None = None
    at: tuple[time, ...] = ()
    zone: ZoneInfo | None = None
    days: frozenset[int] = frozenset(range(7))

    def due(self, since: datetime, now: datetime) -> bool:
        """Tell whether it begins at a moment in (since, now]; what was missed comes once."""
        if self.every is not None:
            return now - since >= self.every
        assert self.zone is not None
        since = max(since, now - timedelta(days=8))
        day, last = since.astimezone(self.zone).date(), now.astimezone(self.zone).date()
        while day <= last:
            moments = (self._moment(datetime.combine(day, clock)) for clock in self.at)
            if day.weekday() in self.days and any(since < each <= now for each in moments):
                return True
            day += timedelta(days=1)
        return False

    def _moment(self, local: datetime) -> datetime:
        """Return the instant of a local time: the earlier of two, the time after a gap."""
        return local.replace(tzinfo=self.zone, fold=0).astimezone(UTC)


def read_schedule(document: Any) -> tuple[Schedule | None, list[Violation]]:
    """Return what a document says, None with what is wrong if it cannot be used."""
    if not isinstance(document, Mapping):
        return None, [_wrong("schedule", "There is no schedule to begin it.", document)]
    if set(document) == {"every_minutes"}:
        minutes = document["every_minutes"]
        if isinstance(minutes, int) and not isinstance(minutes, bool) and LEAST <= minutes <= MOST:
            return Schedule(every=timedelta(minutes=minutes)), []
        message = f"{{value}} is no number of minutes from {LEAST} to {MOST:,}."
        return None, [_wrong("schedule.every_minutes", message, minutes)]
    if not {"at", "time_zone"} <= set(document) <= {"at", "time_zone", "days"}:
        return None, [_wrong("schedule", "{value} does not say when.", document)]
    return _at_times(document)


def _at_times(document: Mapping[str, Any]) -> tuple[Schedule | None, list[Violation]]:
    found: list[Violation] = []
    times, days, zone = document["at"], document.get("days", list(DAYS)), document["time_zone"]
    clocks = [_clock(each) for each in times] if isinstance(times, list) else []
    if not clocks or None in clocks:
        found.append(_wrong("schedule.at", '{value} is no list of times such as "03:00".', times))
    if not isinstance(days, list) or not days or not set(map(str, days)) <= set(DAYS):
        message = f"{{value}} is no list of days: {', '.join(DAYS)}."
        found.append(_wrong("schedule.days", message, days))
    known = zone_named(zone) if isinstance(zone, str) else None
    if known is None:
        meant = ", ".join(zones_like(zone)) if isinstance(zone, str) else ""
        hint = f" Did you mean {meant}?" if meant else ""
        message = f'There is no time zone "{{value}}".{hint}'
        found.append(_wrong("schedule.time_zone", message, zone))
    if found:
        return None, found
    numbers = frozenset(DAYS.index(day) for day in days)
    return Schedule(at=tuple(c for c in clocks if c), zone=known, days=numbers), []


def _clock(given: Any) -> time | None:
    if not isinstance(given, str) or not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", given):
        return None
    return time.fromisoformat(given)


def _wrong(path: str, message: str, value: Any) -> Violation:
    return problem("rule.schedule", path, message, value, mend=MEND)
