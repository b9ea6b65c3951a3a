"""Moments and days in conditions: absolute, or relative to the as-of of the reading."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from pim.domain import dates


def canonical_moment(text: str) -> str | None:
    """Return a moment as conditions keep it, relative or ISO with its offset; None if neither.

    Without an offset UTC is meant, a day alone means its midnight.
    """
    stripped = text.strip()
    if dates.is_relative(stripped):
        return stripped.lower()
    try:
        moment = datetime.fromisoformat(stripped)
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).isoformat()


def canonical_day(text: str) -> str | None:
    """Return a day as conditions keep it, relative or yyyy-MM-dd; None if it is neither."""
    if dates.is_relative(text):
        return text.strip().lower()
    day = dates.parse(text)
    return day.isoformat() if day else None


def day_only(text: str) -> bool:
    """Tell whether text names a day without a time."""
    stripped = text.strip()
    return len(stripped) == len("2026-01-15") and dates.parse(stripped) is not None


def next_day(moment: str) -> str:
    """Return the same time a day later, of an absolute canonical moment."""
    return (datetime.fromisoformat(moment) + timedelta(days=1)).isoformat()


def resolve_moment(value: str, now: datetime) -> datetime:
    """Return the moment that a condition's value means at `now` (timezone-aware).

    >>> resolve_moment("-10 days", now)  # ten days before the as-of of the reading
    """
    if dates.is_relative(value):
        return dates.relative(value, now)
    return datetime.fromisoformat(value)


def resolve_day(value: str, now: datetime) -> date:
    """Return the day that a condition's value means at `now`, in the time zone of `now`."""
    if dates.is_relative(value):
        return dates.relative(value, now).date()
    return date.fromisoformat(value)
