"""Write dates the way a destination reads them."""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Iterator
from dataclasses import dataclass

from channels.steps.contract import Cell, Context, Step, step
from channels.steps.parameters import param
from pim.domain.violations import Violation

#: What may stand in a pattern. Names of months and days are left out: they would be English.
TOKENS = ("%Y", "%y", "%m", "%d", "%j", "%V", "%G", "%u", "%H", "%M", "%S", "%z", "%:z", "%%")
_TIME = ("%H", "%M", "%S", "%z", "%:z")


@step("date_format")
@dataclass(frozen=True, kw_only=True)
class DateFormat(Step):
    """Write a date or a moment by a pattern: `%d.%m.%Y` gives 26.12.2026.

    Tokens: %Y %y year, %m month, %d day, %j day of the year, %G %V %u ISO year, week, day,
    %H %M %S time, %z %:z offset from UTC, %% a per cent sign. Text is read as YYYY-MM-DD.
    """

    accepts = frozenset({"date", "datetime"})

    pattern: str = param("The pattern", "%Y-%m-%d")
    time_zone: str = param("The time zone in which moments are shown", "UTC")

    def problems(self, cell: Cell, context: Context) -> Iterator[Violation]:
        """Yield tokens that are not offered, times of a mere date, and unknown time zones."""
        used = re.findall(r"%:?.|%$", self.pattern)
        known = TOKENS if cell.kind == "datetime" else tuple(t for t in TOKENS if t not in _TIME)
        if bad := [token for token in used if token not in known]:
            yield Violation(
                code="mapping.bad_pattern",
                path="pattern",
                message="{tokens} cannot be used in the pattern of a {kind}",
                parameters={"tokens": " ".join(bad), "kind": cell.kind, "known": " ".join(known)},
                mend="Use some of {known}",
            )
        if self.time_zone not in zoneinfo.available_timezones():
            yield Violation(
                code="mapping.unknown_time_zone",
                path="time_zone",
                message='There is no time zone "{zone}"',
                parameters={"zone": self.time_zone},
                mend="Use a name such as Europe/London",
            )

    def compile(self, cell: Cell, context: Context) -> Cell:
        """Return the date as text."""
        moment = cell.expr
        if cell.kind == "datetime" and self.time_zone != "UTC":
            moment = moment.dt.convert_time_zone(self.time_zone)
        return cell.text(moment.dt.strftime(self.pattern))
