"""A calendar day."""

from __future__ import annotations

from datetime import date
from typing import Any, ClassVar

from pim.domain import dates
from pim.domain.attribute_types import properties
from pim.domain.attribute_types.contract import EMPTY, AttributeType, CellFormat, Checked
from pim.domain.attribute_types.problems import problem, wrong_type
from pim.domain.attribute_types.properties import Settings
from pim.domain.structure import Attribute, Structure
from pim.domain.violations import Violation


class Date(AttributeType):
    """A day as yyyy-MM-dd; a time of day that comes with it is cut off."""

    code = "pim_catalog_date"
    name = "Date"
    kind = "date"
    unique_allowed = True
    settings: ClassVar[Settings] = {"date_min": properties.DAY, "date_max": properties.DAY}

    def check(self, data: Any, attribute: Attribute, structure: Structure) -> Checked:
        """Return the day in ISO form, or why it is refused."""
        if data is None or data == "":
            return EMPTY
        if not isinstance(data, str):
            return Checked(None, [wrong_type(attribute.code, data, "a date as yyyy-MM-dd")])
        return self.read(data, attribute, structure, CellFormat())

    def read(
        self, text: str, attribute: Attribute, structure: Structure, fmt: CellFormat
    ) -> Checked:
        """Return the day that text spells in the format's pattern or in ISO form."""
        day = dates.parse(text, fmt.dates)
        if day is None:
            return Checked(None, [_not_a_date(text, attribute, fmt)])
        violations = _outside(day, attribute)
        return Checked(None, violations) if violations else Checked(day.isoformat())

    def check_definition(self, attribute: Attribute, structure: Structure) -> list[Violation]:
        """Refuse an earliest date after the latest."""
        earliest = properties.day(attribute, "date_min")
        latest = properties.day(attribute, "date_max")
        if earliest is None or latest is None or earliest <= latest:
            return []
        return [
            problem(
                "empty_range",
                "date_min",
                "The earliest date {value} lies after the latest, {latest}.",
                earliest,
                latest=latest,
                mend="Swap date_min and date_max, or leave one out.",
            )
        ]


def _not_a_date(text: str, attribute: Attribute, fmt: CellFormat) -> Violation:
    mend = "Write it as {pattern}, for example {example}."
    if text.strip().isascii() and text.strip().isdigit() and len(text.strip()) == 5:
        mend = "This is a spreadsheet's count of days: format the column as a date and save again."
    return problem(
        "not_a_date",
        attribute.code,
        '"{value}" is not a day of the calendar in the form {pattern}.',
        text,
        pattern=fmt.dates,
        example=_example(fmt.dates),
        mend=mend,
    )


def _example(pattern: str) -> str:
    year = pattern.replace("yyyy", "2026").replace("yy", "26")
    return year.replace("MM", "08").replace("M", "8").replace("dd", "31").replace("d", "31")


def _outside(day: date, attribute: Attribute) -> list[Violation]:
    earliest = properties.day(attribute, "date_min")
    latest = properties.day(attribute, "date_max")
    if earliest is not None and day < earliest:
        mend = "Choose {limit} or a later day."
        message = "{value} is before {limit}, the earliest date allowed."
        return [problem("too_early", attribute.code, message, day, limit=earliest, mend=mend)]
    if latest is not None and day > latest:
        mend = "Choose {limit} or an earlier day."
        message = "{value} is after {limit}, the latest date allowed."
        return [problem("too_late", attribute.code, message, day, limit=latest, mend=mend)]
    return []
