"""What every attribute type answers: is this data right, how does it stand in a flat file."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal, NamedTuple

from pim.domain.attribute_types.properties import Settings
from pim.domain.structure import Attribute, Channel, Structure
from pim.domain.violations import Violation

#: How data of a type compares in conditions.
Kind = Literal[
    "text", "number", "metric", "price", "date", "boolean", "options", "media", "keys", "link"
]


@dataclass(frozen=True, kw_only=True)
class CellFormat:
    """How a flat file writes numbers, dates and truth.

    `dates` is a pattern of yyyy, yy, MM, M, dd, d and literal characters ("dd.MM.yyyy"); the
    ISO form is read whatever it says. Words are compared without regard to case.
    """

    decimal: str = "."
    dates: str = "yyyy-MM-dd"
    true: tuple[str, ...] = ("1", "true", "yes")
    false: tuple[str, ...] = ("0", "false", "no")


class Checked(NamedTuple):
    """Canonical data (None: empty, or not valid) and what is wrong with what was given."""

    data: Any
    violations: Sequence[Violation] = ()


EMPTY = Checked(None)

Parts = Mapping[str, str | None]


class AttributeType(ABC):
    """The rules of one type; without state, one instance per process.

    Violations carry the attribute's code as path, with "-unit" or "-EUR" where a companion column
    is at fault; `relocate` moves them to the column or document that the caller knows.
    """

    code: ClassVar[str]
    name: ClassVar[str]
    kind: ClassVar[Kind]
    settings: ClassVar[Settings] = {}
    unique_allowed: ClassVar[bool] = False
    localizable_allowed: ClassVar[bool] = True
    scopable_allowed: ClassVar[bool] = True
    axis_allowed: ClassVar[bool] = False
    has_options: ClassVar[bool] = False
    has_items: ClassVar[bool] = False

    @abstractmethod
    def check(self, data: Any, attribute: Attribute, structure: Structure) -> Checked:
        """Return native JSON data in canonical form, or why it is refused; None stays None."""

    @abstractmethod
    def read(
        self, text: str, attribute: Attribute, structure: Structure, fmt: CellFormat
    ) -> Checked:
        """Return the data that the text of one cell spells; the text is never blank."""

    def write(self, data: Any) -> str:
        """Return the text of the one cell that holds data."""
        return str(data)

    def from_cells(
        self, parts: Parts, attribute: Attribute, structure: Structure, fmt: CellFormat
    ) -> Checked:
        """Return the data that the cells of a value spell, by suffix ("" is the column itself)."""
        text = parts.get("") or ""
        return self.read(text, attribute, structure, fmt) if text.strip() else EMPTY

    def to_cells(self, data: Any, attribute: Attribute, structure: Structure) -> Mapping[str, str]:
        """Return the text of each cell of a value by suffix; blank for empty data."""
        return {"": "" if self.is_empty(data) else self.write(data)}

    def suffixes(self, attribute: Attribute, structure: Structure) -> tuple[str, ...]:
        """Return the suffixes of the columns that a value takes in a flat file."""
        return ("",)

    def is_empty(self, data: Any) -> bool:
        """Tell whether canonical data is no value at all; false and 0 are values."""
        return data is None or data in ("", [], {})

    def is_complete(self, data: Any, channel: Channel) -> bool:
        """Tell whether the value counts as filled for the completeness of a channel."""
        return not self.is_empty(data)

    def check_definition(self, attribute: Attribute, structure: Structure) -> list[Violation]:
        """Return what is wrong between the type's own properties; see `definitions`."""
        return []


def relocate(violations: Iterable[Violation], attribute: str, path: str) -> list[Violation]:
    """Return the violations of an attribute's value with their paths under another name.

    >>> relocate(violations, "price", "price-web")  # "price-EUR" becomes "price-web-EUR"
    """
    return [replace(v, path=path + v.path.removeprefix(attribute)) for v in violations]
