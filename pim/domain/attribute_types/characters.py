"""What text may be made of, for every type that holds text."""

from __future__ import annotations

import re
from typing import Final

from pim.domain.attribute_types.problems import escape, problem
from pim.domain.violations import Violation

#: Control characters other than tab, line feed and carriage return, and halves of surrogate pairs:
#: PostgreSQL, XML or UTF-8 cannot hold them.
ILLEGAL: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


def illegal_character(text: str, path: str) -> list[Violation]:
    """Return the violation of the first character that no text may hold."""
    found = ILLEGAL.search(text)
    if found is None:
        return []
    return [
        problem(
            "illegal_character",
            path,
            '"{value}" holds the character {character} at position {position}; '
            "text may hold no control characters.",
            text,
            character=escape(found[0]),
            position=found.start() + 1,
            mend=_mend(found[0]),
        )
    ]


def _mend(character: str) -> str:
    if "\x7f" <= character <= "\x9f":
        return (
            "Delete it; was the file saved in another encoding (Windows-1252) than it was read in?"
        )
    return "Delete it; it is invisible and often comes with text pasted from another programme."


def too_long(text: str, path: str, limit: int) -> list[Violation]:
    """Return the violation of text with more characters than allowed."""
    if len(text) <= limit:
        return []
    return [
        problem(
            "too_long",
            path,
            '"{value}" has {length} characters; at most {limit} are allowed.',
            text,
            length=len(text),
            limit=limit,
            mend="Shorten it by {excess} characters."
            if len(text) - limit > 1
            else "Shorten it by {excess} character.",
            excess=len(text) - limit,
        )
    ]
