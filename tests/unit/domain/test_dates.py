from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from pim.domain import dates

NOW = datetime(2026, 3, 31, 12, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "pattern", "expected"),
    [
        ("2026-08-31", "yyyy-MM-dd", date(2026, 8, 31)),
        ("31.08.2026", "dd.MM.yyyy", date(2026, 8, 31)),
        ("8/5/26", "M/d/yy", date(2026, 8, 5)),
        ("8/5/69", "M/d/yy", date(1969, 8, 5)),
        ("2026-08-31", "dd.MM.yyyy", date(2026, 8, 31)),
        ("2026-08-31T23:59:59+02:00", "yyyy-MM-dd", date(2026, 8, 31)),
        ("2026-02-29", "yyyy-MM-dd", None),
        ("0000-01-01", "yyyy-MM-dd", None),
        ("31.08.26", "dd.MM.yyyy", None),
        ("2026-8-31", "yyyy-MM-dd", None),
        ("", "yyyy-MM-dd", None),
    ],
)
def test_days_are_days_of_the_calendar(text: str, pattern: str, expected: date | None) -> None:
    assert dates.parse(text, pattern) == expected


@pytest.mark.parametrize("pattern", ["yyyy-MM", "dd.MM", "dd.MM.yyyy dd"])
def test_a_pattern_names_each_part_of_a_day_once(pattern: str) -> None:
    with pytest.raises(ValueError, match="name"):
        dates.compiled(pattern)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("now", NOW),
        ("-10 days", datetime(2026, 3, 21, 12, 30, tzinfo=UTC)),
        ("+1 month", datetime(2026, 4, 30, 12, 30, tzinfo=UTC)),
        ("-1 month", datetime(2026, 2, 28, 12, 30, tzinfo=UTC)),
        ("-2 years", datetime(2024, 3, 31, 12, 30, tzinfo=UTC)),
        ("+ 2 Weeks", datetime(2026, 4, 14, 12, 30, tzinfo=UTC)),
        ("-3 hours", datetime(2026, 3, 31, 9, 30, tzinfo=UTC)),
    ],
)
def test_moments_may_be_relative(text: str, expected: datetime) -> None:
    assert dates.is_relative(text)
    assert dates.relative(text, NOW) == expected


@pytest.mark.parametrize("text", ["yesterday", "10 days", "+99999 years", "-99999 months"])
def test_other_words_and_ends_of_time_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"neither|outside|out of range"):
        dates.relative(text, NOW)


@pytest.mark.parametrize("text", ["-99999 years", "+99999 years", "-12000 months"])
def test_an_offset_beyond_a_thousand_years_is_none(text: str) -> None:
    assert not dates.is_relative(text)
