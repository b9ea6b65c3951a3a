"""Users' regular expressions, behind a hook that must limit their time.

The standard library cannot stop a pattern that backtracks for hours, so it never runs one here.
`pim.products.patterns` installs a matcher with a time limit when the products room is imported.

Patterns are written as in the field: bare (`^[0-9]{13}$`) or between delimiters with flags
(`/^[a-z]+$/i`). They are searched for, not matched as a whole: anchor them to say otherwise.
"""

from __future__ import annotations

import re
from typing import NamedTuple, Protocol

from pim.errors import PimError

FLAGS = "imsxu"


class Pattern(NamedTuple):
    """A pattern without its delimiters, and its flags in letters of `imsxu`."""

    source: str
    flags: str = ""


class OutOfTime(PimError):
    """Say that a pattern took longer than it may."""


class Matcher(Protocol):
    """What runs users' patterns; raises OutOfTime rather than running on."""

    def fault(self, pattern: Pattern) -> str | None:
        """Return why the pattern cannot be read, or None."""
        ...

    def replacement_fault(self, pattern: Pattern, replacement: str) -> str | None:
        """Return why the replacement cannot be used with the pattern, or None."""
        ...

    def search(self, pattern: Pattern, text: str) -> bool:
        """Tell whether the pattern occurs in the text."""
        ...

    def replace(self, pattern: Pattern, replacement: str, text: str) -> str:
        r"""Return the text with every occurrence replaced; \1 and \g<name> insert groups."""
        ...


class Unlimited:
    """Stand where no matcher is installed: read patterns, refuse to run them."""

    def fault(self, pattern: Pattern) -> str | None:
        """Return why the standard library cannot read the pattern, or None."""
        try:
            re.compile(pattern.source)
        except re.error as error:
            return str(error)
        return None

    def replacement_fault(self, pattern: Pattern, replacement: str) -> str | None:
        """Return why the standard library cannot use the replacement, or None."""
        try:
            re.compile(f"(?:{pattern.source})|").sub(replacement, "")
        except (re.error, IndexError) as error:
            return str(error)
        return None

    def search(self, pattern: Pattern, text: str) -> bool:
        """Refuse."""
        raise PimError("No matcher with a time limit is installed; import pim.products.patterns.")

    def replace(self, pattern: Pattern, replacement: str, text: str) -> str:
        """Refuse."""
        raise PimError("No matcher with a time limit is installed; import pim.products.patterns.")


class _Hook:
    """Hold the matcher of this process."""

    matcher: Matcher = Unlimited()


def install(matcher: Matcher) -> None:
    """Let this matcher run every pattern of the process from now on."""
    _Hook.matcher = matcher


def read(text: str) -> Pattern:
    """Return a pattern as written, delimiters and flags taken off.

    >>> read("/^[a-z]+$/i")
    Pattern(source='^[a-z]+$', flags='i')
    """
    mark = text[:1]
    if mark in ("/", "#", "~") and (end := text.rfind(mark)) > 0:
        flags = text[end + 1 :]
        if set(flags) <= set(FLAGS):
            return Pattern(text[1:end].replace(f"\\{mark}", mark), flags)
    return Pattern(text)


def fault(text: str) -> str | None:
    """Return why a pattern cannot be used, or None."""
    return _Hook.matcher.fault(read(text))


def matches(text: str, subject: str) -> bool:
    """Tell whether a pattern, as written, occurs in a subject; raises OutOfTime."""
    return _Hook.matcher.search(read(text), subject)


def replaced(text: str, replacement: str, subject: str, *, ignore_case: bool = False) -> str:
    """Return the subject with every occurrence of a pattern replaced; raises OutOfTime."""
    source, flags = read(text)
    return _Hook.matcher.replace(Pattern(source, flags + "i" * ignore_case), replacement, subject)


def replacement_fault(text: str, replacement: str) -> str | None:
    """Return why a replacement cannot be used with a pattern (a group that it lacks), or None."""
    return _Hook.matcher.replacement_fault(read(text), replacement)
