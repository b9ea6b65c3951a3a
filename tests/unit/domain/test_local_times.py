"""Local times become instants, or say why they do not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pim.domain.local_times import (
    Gap,
    Twice,
    locate,
    name_of,
    offset_text,
    wall,
    zone_named,
    zones_like,
)


def at(zone: str, text: str) -> datetime | Gap | Twice:
    found = zone_named(zone)
    assert found is not None
    return locate(datetime.fromisoformat(text), found)


def test_an_ordinary_time_is_the_instant_that_clocks_show():
    assert at("Europe/London", "2026-12-26T00:00") == datetime(2026, 12, 26, tzinfo=UTC)
    assert at("America/New_York", "2026-12-26T00:00") == datetime(2026, 12, 26, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "text", "before", "after"),
    [
        ("Europe/London", "2026-03-29T01:30", "2026-03-29T00:59", "2026-03-29T02:00"),
        ("Europe/London", "2026-03-29T01:00", "2026-03-29T00:59", "2026-03-29T02:00"),
        ("America/New_York", "2026-03-08T02:15", "2026-03-08T01:59", "2026-03-08T03:00"),
        ("Australia/Lord_Howe", "2026-10-04T02:10", "2026-10-04T01:59", "2026-10-04T02:30"),
        ("Africa/Cairo", "2026-04-24T00:00", "2026-04-23T23:59", "2026-04-24T01:00"),
        ("Pacific/Apia", "2011-12-30T12:00", "2011-12-29T23:59", "2011-12-31T00:00"),
        ("Pacific/Kwajalein", "1993-08-21T12:00", "1993-08-20T23:59", "1993-08-22T00:00"),
    ],
)
def test_a_skipped_time_names_the_nearest_that_exist(zone, text, before, after):
    gap = at(zone, text)
    assert isinstance(gap, Gap)
    assert gap.nearest == (datetime.fromisoformat(before), datetime.fromisoformat(after))
    for nearest in (before, after):
        assert isinstance(at(zone, nearest), datetime)


@pytest.mark.parametrize(
    ("zone", "text", "earlier", "later"),
    [
        ("Europe/London", "2026-10-25T01:30", "+01:00", "+00:00"),
        ("America/New_York", "2026-11-01T01:00", "-04:00", "-05:00"),
        ("Australia/Lord_Howe", "2026-04-05T01:45", "+11:00", "+10:30"),
    ],
)
def test_a_time_that_comes_twice_gives_both(zone, text, earlier, later):
    twice = at(zone, text)
    assert isinstance(twice, Twice)
    assert [offset_text(twice.earlier), offset_text(twice.later)] == [earlier, later]
    assert twice.at("later").astimezone(UTC) > twice.at("earlier").astimezone(UTC)


def test_half_an_hour_beside_a_fold_is_ordinary():
    assert isinstance(at("Australia/Lord_Howe", "2026-04-05T01:15"), datetime)
    assert isinstance(at("Australia/Lord_Howe", "2026-04-05T02:00"), datetime)


def test_an_offset_is_told_with_its_name_where_people_use_one():
    london, apia = at("Europe/London", "2026-07-01"), at("Asia/Dubai", "2026-07-01")
    assert isinstance(london, datetime)
    assert isinstance(apia, datetime)
    assert (name_of(london), name_of(apia)) == ("BST, UTC+01:00", "UTC+04:00")


def test_zones_are_known_by_name_without_regard_to_case():
    assert zone_named(" europe/LONDON ") == ZoneInfo("Europe/London")
    for unknown in ("", "Europe", "../etc/passwd", "Mars/Olympus", "Europe/London/x"):
        assert zone_named(unknown) is None


def test_a_city_or_a_slip_of_the_pen_leads_to_a_zone():
    assert zones_like("new york") == ["America/New_York"]
    assert "Europe/London" in zones_like("Europe/Londn")
    assert zones_like("") == []


ZONES = (
    "Europe/London", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "Africa/Cairo",
    "Asia/Kathmandu", "America/St_Johns", "Pacific/Chatham",
)  # fmt: skip
MOMENTS = st.datetimes(datetime(1980, 1, 1), datetime(2060, 1, 1))  # noqa: DTZ001 - as clocks show


@given(MOMENTS, st.sampled_from(ZONES))
def test_what_clocks_show_leads_back_to_the_moment(moment, name):
    zone = ZoneInfo(name)
    instant = moment.replace(microsecond=0, tzinfo=UTC)
    found = locate(wall(instant, zone), zone)
    if isinstance(found, Twice):
        assert instant in (found.earlier.astimezone(UTC), found.later.astimezone(UTC))
    else:
        assert isinstance(found, datetime)
        assert found.astimezone(UTC) == instant


@given(MOMENTS, st.sampled_from(ZONES))
def test_a_gap_is_what_no_moment_shows(local, name):
    zone = ZoneInfo(name)
    found = locate(local.replace(microsecond=0), zone)
    if isinstance(found, Gap):
        assert found.start <= local.replace(microsecond=0) < found.end
        shown = {
            wall(datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=s), zone)
            for s in around(found, zone)
        }
        assert all(not found.start <= each < found.end for each in shown)


def around(gap: Gap, zone: ZoneInfo) -> range:
    """Return the seconds of the epoch around a gap, an hour either side in steps."""
    middle = int(gap.start.replace(tzinfo=zone).timestamp())
    return range(middle - 90_000, middle + 90_000, 300)
