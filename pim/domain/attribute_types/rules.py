"""Rules that an attribute's owner may put on text: email, url, a regular expression."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import urlsplit

from pim.domain import patterns
from pim.domain.attribute_types import properties
from pim.domain.attribute_types.problems import problem
from pim.domain.structure import Attribute
from pim.domain.violations import Violation

VALIDATION_RULES: Final = ("email", "url", "regexp")

_EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(?:\.[^@\s.]+)+")


def broken_rule(text: str, attribute: Attribute) -> list[Violation]:
    """Return the violation of the attribute's validation rule, if it has one."""
    rule = _RULES.get(properties.text(attribute, "validation_rule"))
    return rule(text, attribute) if rule else []


def _email(text: str, attribute: Attribute) -> list[Violation]:
    if _EMAIL.fullmatch(text):
        return []
    mend = "Write it like name@example.com."
    return [
        problem(
            "not_an_email", attribute.code, '"{value}" is not an email address.', text, mend=mend
        )
    ]


def _url(text: str, attribute: Attribute) -> list[Violation]:
    if _is_url(text):
        return []
    mend = "Write the whole address, beginning with http:// or https://, without spaces."
    return [
        problem("not_a_url", attribute.code, '"{value}" is not a web address.', text, mend=mend)
    ]


def _is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return (
            parts.scheme in ("http", "https")
            and bool(parts.hostname)
            and not re.search(r"\s", text)
        )
    except ValueError:
        return False


def _pattern(text: str, attribute: Attribute) -> list[Violation]:
    pattern = properties.text(attribute, "validation_regexp")
    try:
        if not pattern or patterns.matches(pattern, text):
            return []
    except patterns.OutOfTime:
        return [_out_of_time(text, attribute, pattern)]
    return [
        problem(
            "pattern_mismatch",
            attribute.code,
            '"{value}" does not match the pattern {pattern}.',
            text,
            pattern=pattern,
            mend="Write it as the pattern asks, or change the attribute's regular expression.",
        )
    ]


def _out_of_time(text: str, attribute: Attribute, pattern: str) -> Violation:
    return problem(
        "pattern_too_slow",
        attribute.code,
        '"{value}" could not be checked: the pattern {pattern} takes too long on it.',
        text,
        pattern=pattern,
        mend="Make the attribute's regular expression simpler: avoid repeats inside repeats.",
    )


_RULES: Mapping[str, Callable[[str, Attribute], list[Violation]]] = {
    "email": _email,
    "url": _url,
    "regexp": _pattern,
}
