"""A campaign's start and end: wall time and zone, turned into instants without a guess."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from pim.campaigns.schemas import WHEN
from pim.domain import local_times
from pim.domain.attribute_types.problems import listed, problem, wrong_type
from pim.domain.local_times import FOLDS, Gap, Twice
from pim.domain.violations import Violation

_LOCAL: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2})?)?")
_OFFSET: Final = re.compile(r"(?:Z|[+-][0-9]{2}:?[0-9]{2})$", re.IGNORECASE)


@dataclass
class Interval:
    """What a document says about time, as far as it could be read.

    `texts` are the local times in canonical spelling, `instants` the moments they mean (UTC).
    """

    zone: ZoneInfo | None = None
    texts: dict[str, str] = field(default_factory=dict)
    instants: dict[str, datetime] = field(default_factory=dict)
    violations: list[Violation] = field(default_factory=list)

    def note(self, code: str, path: str, message: str, value: Any, **parameters: Any) -> None:
        """Note what is wrong."""
        self.violations.append(problem(code, path, message, value, **parameters))


def read_interval(shape: Mapping[str, Any], *, when: Sequence[str] = WHEN) -> Interval:
    """Return the instants between which a campaign runs, [start, end), and what is wrong.

    What the shape lacks was found wrong before. `when` names the members that hold times.
    """
    interval = Interval()
    if name := shape.get("time_zone"):
        interval.zone = local_times.zone_named(name)
        if interval.zone is None:
            _note_zone(interval, name)
    folds = _folds(interval, shape.get("fold"), when)
    for name in when:
        local = _local(interval, name, shape[name]) if name in shape else None
        if local is not None and interval.zone is not None:
            _locate(interval, name, local, interval.zone, folds.get(name))
    if len(interval.instants) == len(WHEN):
        _check_order(interval, shape)
    return interval


def _note_zone(interval: Interval, name: str) -> None:
    meant = local_times.zones_like(name)
    message = 'There is no time zone "{value}".'
    mend = "Write an IANA name such as Europe/London or America/New_York."
    if meant:
        mend = "Did you mean {meant}?"
    shown = listed(meant)
    interval.note("campaign.unknown_time_zone", "time_zone", message, name, meant=shown, mend=mend)


def _folds(interval: Interval, given: Any, when: Sequence[str]) -> dict[str, local_times.Fold]:
    """Return which of two equal times is meant, of the start and of the end."""
    if given is None:
        return {}
    named = dict(given) if isinstance(given, Mapping) else dict.fromkeys(when, given)
    if set(named) <= set(when) and set(map(str, named.values())) <= set(FOLDS):
        return named
    names = " and ".join(when)
    expected = f'"earlier" or "later", or an object with one of them for {names}'
    interval.violations.append(wrong_type("fold", given, expected))
    return {}


def _local(interval: Interval, name: str, given: str) -> datetime | None:
    text = given.strip()
    if _OFFSET.search(text[10:]):
        message = '"{value}" has an offset; a campaign follows the clocks of its time zone.'
        mend = "Leave the offset out. Of two equal times name one with fold."
        interval.note("campaign.time_with_offset", name, message, given, mend=mend)
        return None
    try:
        local = datetime.fromisoformat(text) if _LOCAL.fullmatch(text) else None
    except ValueError:
        local = None
    if local is None or not 1900 <= local.year < 9000:
        message = '"{value}" is no day and time.'
        mend = "Write them as 2026-12-26T00:00; a day alone means its first moment."
        interval.note("campaign.not_a_time", name, message, given, mend=mend)
        return None
    interval.texts[name] = _spelled(local)
    return local


def _spelled(local: datetime) -> str:
    return local.isoformat(timespec="seconds" if local.second else "minutes")


def _locate(
    interval: Interval, name: str, local: datetime, zone: ZoneInfo, fold: local_times.Fold | None
) -> None:
    match local_times.locate(local, zone):
        case Gap() as gap:
            _note_gap(interval, name, local, zone, gap)
        case Twice() as twice if fold is None:
            _note_twice(interval, name, local, zone, twice)
        case Twice() as twice:
            interval.instants[name] = twice.at(fold or "earlier").astimezone(UTC)
        case moment:
            interval.instants[name] = moment.astimezone(UTC)


def _note_gap(interval: Interval, name: str, local: datetime, zone: ZoneInfo, gap: Gap) -> None:
    before, after = gap.nearest
    interval.note(
        "campaign.time_skipped",
        name,
        "{value} does not exist in {zone}: clocks go from {start} straight to {end}.",
        _spelled(local),
        zone=zone.key,
        start=_spelled(gap.start),
        end=_spelled(gap.end),
        before=_spelled(before),
        after=_spelled(after),
        mend="The nearest times are {before} and {after}; write one of them.",
    )


def _note_twice(
    interval: Interval, name: str, local: datetime, zone: ZoneInfo, twice: Twice
) -> None:
    interval.note(
        "campaign.time_twice",
        name,
        "{value} comes twice in {zone}: first at {earlier}, then at {later}.",
        _spelled(local),
        zone=zone.key,
        earlier=local_times.name_of(twice.earlier),
        later=local_times.name_of(twice.later),
        name=name,
        mend='Say which is meant: "fold": {{"{name}": "earlier"}} for {earlier}, '
        'or "later" for {later}.',
    )


def _check_order(interval: Interval, shape: Mapping[str, Any]) -> None:
    start, end = (interval.instants[name] for name in WHEN)
    if start < end:
        return
    message = "The campaign would end at {value}, which is not after its start at {start}."
    mend = "Write a later end; it is the first moment at which the campaign runs no more."
    interval.note(
        "campaign.ends_before_start", "ends_at", message, shape["ends_at"],
        start=shape["starts_at"], mend=mend,
    )  # fmt: skip
