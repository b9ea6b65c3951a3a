"""Calendar days in the patterns that files use, and moments relative to a clock."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Final

ISO: Final = "yyyy-MM-dd"

_TOKENS: Final = {
    "yyyy": r"(?P<year>[0-9]{4})",
    "yy": r"(?P<short>[0-9]{2})",
    "MM": r"(?P<month>[0-9]{2})",
    "M": r"(?P<month>[0-9]{1,2})",
    "dd": r"(?P<day>[0-9]{2})",
    "d": r"(?P<day>[0-9]{1,2})",
}
_TOKEN = re.compile(r"yyyy|yy|MM|M|dd|d")
_ISO_MOMENT = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})"
    r"(?:[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?(?:Z|[+-][0-9]{2}:?[0-9]{2})?)?"
)
_RELATIVE = re.compile(
    r"([+-])\s*([0-9]{1,5})\s+(minute|hour|day|week|month|year)s?", re.IGNORECASE
)

_ENDS = (datetime(1000, 1, 1, tzinfo=UTC), datetime(8999, 12, 31, tzinfo=UTC))


def parse(text: str, pattern: str = ISO) -> date | None:
    """Return the day that text spells in a pattern or in ISO form, a time of day cut off."""
    stripped = text.strip()
    if found := _ISO_MOMENT.fullmatch(stripped):
        return _from_iso(found[1])
    if pattern != ISO and (matched := compiled(pattern).fullmatch(stripped)):
        return _day(matched)
    return None


@lru_cache(maxsize=64)
def compiled(pattern: str) -> re.Pattern[str]:
    """Return the regular expression of a pattern; ValueError if it lacks year, month or day."""
    source, end = "", 0
    for token in _TOKEN.finditer(pattern):
        source += re.escape(pattern[end : token.start()]) + _TOKENS[token[0]]
        end = token.end()
    try:
        expression = re.compile(source + re.escape(pattern[end:]))
    except re.error as error:
        raise ValueError(f'"{pattern}" names a part of the date twice') from error
    if not {"month", "day"} <= set(expression.groupindex) or "yy" not in pattern:
        raise ValueError(f'"{pattern}" does not name year, month and day')
    return expression


def _day(found: re.Match[str]) -> date | None:
    parts = found.groupdict()
    # Two digits mean the years 1969 to 2068, as POSIX strptime reads them.
    year = int(parts.get("year") or 0)
    if short := parts.get("short"):
        year = int(short) + (2000 if int(short) < 69 else 1900)
    try:
        return date(year, int(parts["month"]), int(parts["day"]))
    except ValueError:
        return None


def _from_iso(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def is_relative(text: str) -> bool:
    """Tell whether text is "now" or an offset such as "-10 days", of less than 1,000 years.

    Such an offset stays within the calendar from any day of the years 1000 to 8999.
    """
    try:
        for end in _ENDS:
            relative(text, end)
    except ValueError:
        return False
    return True


def relative(text: str, now: datetime) -> datetime:
    """Return the moment that `now` or an offset names; ValueError for anything else.

    A month or year later lands on the last day when that month is shorter (31 January plus one
    month is 28 or 29 February).
    """
    stripped = text.strip()
    if stripped.lower() == "now":
        return now
    found = _RELATIVE.fullmatch(stripped)
    if found is None:
        raise ValueError(f'"{text}" is neither "now" nor an offset like "-10 days"')
    count = int(found[2]) * (1 if found[1] == "+" else -1)
    unit = found[3].lower()
    try:
        if unit in ("month", "year"):
            return months_later(now, count * (12 if unit == "year" else 1))
        return now + timedelta(**{f"{unit}s": count})
    except OverflowError as error:
        raise ValueError(f'"{text}" lies outside the calendar') from error


def months_later(moment: datetime, count: int) -> datetime:
    """Return the same day and time `count` months later, the last day of a shorter month."""
    year, month = divmod(moment.year * 12 + moment.month - 1 + count, 12)
    day = min(moment.day, monthrange(year, month + 1)[1])
    return moment.replace(year=year, month=month + 1, day=day)
