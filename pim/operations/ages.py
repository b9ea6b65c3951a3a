"""Ages as operators write them: "90d", "18m", "2y"."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Final

from pim.errors import Refused

DAYS: Final = {"d": 1, "w": 7, "m": 30, "y": 365}
_AGE: Final = re.compile(r"(\d{1,5})\s*([dwmy])", re.IGNORECASE)


def parse_age(given: str, *, what: str, least: timedelta) -> timedelta:
    """Return an age; a month counts 30 days, a year 365.

    Raises Refused when it cannot be read, or is less than `least`.
    """
    found = _AGE.fullmatch(given.strip())
    if found is None:
        raise Refused(f"{what} is {given!r}: write a number and d, w, m or y, such as 90d or 2y.")
    age = timedelta(days=int(found[1]) * DAYS[found[2].lower()])
    if age < least:
        raise Refused(f"{what} is {given}: less than {least.days} days are always kept.")
    return age
