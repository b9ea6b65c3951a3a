"""Move dates by days and months."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, ClassVar, Final, Self

from pim.domain import dates
from pim.domain.attribute_types import Checked
from pim.domain.attribute_types.problems import problem
from pim.domain.operations.contract import CellOperation
from pim.domain.operations.reader import DocumentReader
from pim.domain.structure import Structure
from pim.domain.values import Cell, Document

PARTS: Final = ("months", "days")
#: More than these leave the calendar from any day.
MOST: Final = 4_000_000


@dataclass(frozen=True, kw_only=True)
class ShiftDate(CellOperation):
    """Shift {field, days?, months?} dates, months first; empty ones stay empty.

    The last day of a shorter month stands for days that it lacks: 31 January and one month is
    28 or 29 February.
    """

    type: ClassVar[str] = "shift_date"
    keys: ClassVar[frozenset[str]] = frozenset({"field", *PARTS, "scope", "locale"})

    days: int = 0
    months: int = 0

    @classmethod
    def read(cls, reader: DocumentReader) -> Self | None:
        """Return the operation."""
        attribute = reader.of_kind(("date",), "a date")
        address = reader.address(attribute) if attribute else None
        days, months = (reader.whole(name, most=MOST) for name in ("days", "months"))
        if not reader.violations and not days and not months:
            message = "The dates would stay where they are."
            mend = "Write a number of days, of months, or both; a negative one goes back."
            reader.note("empty_value", "days", message, "", mend=mend)
        if reader.violations or attribute is None or address is None:
            return None
        return cls(field=attribute.code, address=address, days=days, months=months)

    def to_document(self) -> dict[str, Any]:
        """Return the JSON document."""
        parts = {name: getattr(self, name) for name in PARTS if getattr(self, name)}
        return {"type": self.type, "field": self.field, **parts, **self.where()}

    def new_data(self, old: Any, cell: Cell, document: Document, structure: Structure) -> Checked:
        """Return the later or earlier day."""
        day = dates.parse(old) if isinstance(old, str) else None
        if day is None:
            return Checked(old)
        try:
            return Checked(self._shifted(day).isoformat())
        except (OverflowError, ValueError):
            mend = "Shift it by less."
            message = "{value}, shifted that far, is no day of the calendar."
            violation = problem("outside_calendar", cell.attribute, message, old, mend=mend)
            return Checked(None, [violation])

    def _shifted(self, day: date) -> date:
        noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
        return (dates.months_later(noon, self.months) + timedelta(days=self.days)).date()
