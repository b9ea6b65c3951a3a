"""The settings of attributes: which exist, what they may say, and how to read them.

They may come as JSON (true, 10, ["png"]) or as a flat file's text ("1", "10", "png,jpg").
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from pim.domain import dates, decimals, patterns
from pim.domain.structure import Attribute

TRUE = frozenset({"1", "true", "yes"})
FALSE = frozenset({"0", "false", "no", ""})


@dataclass(frozen=True, kw_only=True)
class Property:
    """One setting: what it expects, in words, and the test of a given value."""

    expects: str
    accepts: Callable[[Any], bool]


Settings = Mapping[str, Property]


def number(attribute: Attribute, name: str) -> Decimal | None:
    """Return a numeric setting, or None when it is absent."""
    return as_number(attribute.properties.get(name))


def day(attribute: Attribute, name: str) -> date | None:
    """Return a date setting, or None when it is absent."""
    return as_day(attribute.properties.get(name))


def flag(attribute: Attribute, name: str, *, default: bool) -> bool:
    """Return a yes-or-no setting; absent means the default."""
    value = attribute.properties.get(name)
    return default if value in (None, "") else as_flag(value) is True


def words(attribute: Attribute, name: str) -> tuple[str, ...]:
    """Return a list setting in lower case; absent means an empty one."""
    return as_words(attribute.properties.get(name))


def text(attribute: Attribute, name: str) -> str:
    """Return a text setting; absent means an empty one."""
    return str(attribute.properties.get(name) or "")


def as_number(value: Any) -> Decimal | None:
    """Return the number that a setting spells, or None."""
    if value is None or isinstance(value, bool):
        return None
    try:
        return decimals.parse(str(value).strip()) or Decimal(decimals.canonical(str(value)))
    except (InvalidOperation, ValueError):
        return None


def as_day(value: Any) -> date | None:
    """Return the day that a setting spells, or None."""
    return dates.parse(str(value)) if value else None


def as_flag(value: Any) -> bool | None:
    """Return the truth that a setting spells, or None."""
    word = str(value).strip().lower()
    return True if word in TRUE else False if word in FALSE else None


def as_words(value: Any) -> tuple[str, ...]:
    """Return the words that a setting lists, in lower case."""
    parts = value.split(",") if isinstance(value, str) else value or ()
    return tuple(str(part).strip().lower().removeprefix(".") for part in parts if str(part).strip())


def _count(most: int) -> Callable[[Any], bool]:
    def accepts(value: Any) -> bool:
        found = as_number(value)
        return found is not None and found == found.to_integral_value() and 1 <= found <= most

    return accepts


def count(most: int) -> Property:
    """Return a setting that is a whole number from 1 to `most`."""
    return Property(expects=f"a whole number from 1 to {most}", accepts=_count(most))


def choice(*words: str) -> Property:
    """Return a setting that is one of these words."""
    return Property(expects=f"one of {', '.join(words)}", accepts=lambda value: value in words)


def _size(value: Any) -> bool:
    found = as_number(value)
    return found is not None and Decimal("0.01") <= found <= Decimal("9999.99")


NUMBER = Property(expects="a number", accepts=lambda value: as_number(value) is not None)
DAY = Property(expects="a date as yyyy-MM-dd", accepts=lambda value: as_day(value) is not None)
FLAG = Property(expects="true or false", accepts=lambda value: as_flag(value) is not None)
WORDS = Property(
    expects="file extensions", accepts=lambda value: isinstance(value, str | list | tuple)
)
TEXT = Property(expects="text", accepts=lambda value: isinstance(value, str))
SIZE = Property(expects="megabytes from 0.01 to 9999.99", accepts=_size)
PATTERN = Property(
    expects="a regular expression",
    accepts=lambda value: isinstance(value, str) and patterns.fault(value) is None,
)
