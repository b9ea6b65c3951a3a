"""Violations of values, worded once."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from pim.domain.violations import Violation

LONGEST_SHOWN = 80
LONGEST_KEPT = 1000


def problem(
    code: str, path: str, message: str, value: Any, *, mend: str = "", **parameters: Any
) -> Violation:
    """Return a violation whose texts may name {value}, shortened, beside their own parameters.

    Parameters that JSON does not know (numbers, days) are kept as text.
    """
    text = visible(value)
    return Violation(
        code=code,
        path=path,
        message=message,
        parameters={"value": shortened(text, LONGEST_SHOWN), **_as_json(parameters)},
        value=shortened(text, LONGEST_KEPT),
        mend=mend,
    )


def _as_json(parameters: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: given if given is None or isinstance(given, str | int) else str(given)
        for name, given in parameters.items()
    }


def wrong_type(path: str, value: Any, expected: str) -> Violation:
    """Return the violation of JSON data of another type than the attribute holds."""
    return problem(
        "wrong_type",
        path,
        "{value} is {found}; {expected} is expected.",
        value,
        found=named_type(value),
        expected=expected,
        mend="Write {expected}.",
    )


def named_type(value: Any) -> str:
    """Return what JSON calls the type of a value, with its article."""
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case str():
            return "text"
        case list() | tuple():
            return "a list"
        case dict():
            return "an object"
    return "a number"


def visible(value: Any) -> str:
    r"""Return a value as text in which what cannot be stored or seen is an escape like \x00."""
    text = value if isinstance(value, str) else _shown(value)
    if text.isprintable():
        return text
    return "".join(
        c if c.isprintable() or c in "\t\n\r" or c.isspace() else escape(c) for c in text
    )


def _shown(value: Any) -> str:
    if isinstance(value, Mapping | list | tuple):
        return json.dumps(value, ensure_ascii=False, default=str)
    return str(value)


def escape(character: str) -> str:
    """Return a character as a Python escape."""
    return character.encode("unicode_escape").decode("ascii")


def shortened(text: str, length: int) -> str:
    """Return text of at most `length` characters, an ellipsis where it was cut."""
    return text if len(text) <= length else text[: length - 1] + "…"


def listed(words: Iterable[str], *, most: int = 10) -> str:
    """Return words as a person lists them: a, b and 3 more."""
    found = list(words)
    if len(found) <= most:
        return ", ".join(found)
    return f"{', '.join(found[:most])} and {len(found) - most} more"
