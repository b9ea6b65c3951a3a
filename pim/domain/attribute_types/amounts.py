"""The numbers inside numbers, metrics and prices: read, checked and explained once."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from pim.domain import decimals
from pim.domain.attribute_types import properties
from pim.domain.attribute_types.problems import problem, wrong_type
from pim.domain.structure import Attribute
from pim.domain.violations import Violation

PROPERTIES = {
    "number_min": properties.NUMBER,
    "number_max": properties.NUMBER,
    "decimals_allowed": properties.FLAG,
    "negative_allowed": properties.FLAG,
}

SIGN_NAMES = {".": "point", ",": "comma"}

#: Letters that pass for 0 and 1: Latin O, o, l, I and their Cyrillic twins.
_DIGIT_LIKE = "OolI\u041e\u043e\u0406"


class Amount(NamedTuple):
    """A canonical number (None: not valid) and what is wrong with what was given."""

    number: str | None
    violations: list[Violation]


def check(data: Any, attribute: Attribute, path: str) -> Amount:
    """Return a JSON number or decimal text in canonical form, or why it is refused."""
    if isinstance(data, str):
        return read(data, attribute, path)
    if isinstance(data, bool) or not isinstance(data, int | float | Decimal):
        return Amount(None, [wrong_type(path, data, "a number")])
    try:
        # A float's repr is the shortest decimal that reads back as the same float.
        return within(Decimal(repr(data) if isinstance(data, float) else data), attribute, path)
    except InvalidOperation:
        return Amount(None, [_not_a_number(str(data), path, ".")])


def read(text: str, attribute: Attribute, path: str, sign: str = ".") -> Amount:
    """Return the number that text spells with a decimal sign, or why it is refused."""
    stripped = text.strip()
    plain = stripped if sign == "." else _pointed(stripped, sign)
    number = decimals.parse(plain)
    if number is None:
        return Amount(None, [_not_a_number(text, path, sign)])
    return within(number, attribute, path)


def _pointed(text: str, sign: str) -> str:
    return "" if "." in text else text.replace(sign, ".")


def within(number: Decimal, attribute: Attribute, path: str) -> Amount:
    """Return a number in canonical form if the attribute allows it."""
    if not decimals.fits(number):
        return Amount(None, [_too_many_digits(number, path)])
    violations = [*_form(number, attribute, path), *_range(number, attribute, path)]
    return Amount(None if violations else decimals.canonical(number), violations)


def _form(number: Decimal, attribute: Attribute, path: str) -> list[Violation]:
    found = []
    if decimals.decimals_of(number) and not properties.flag(
        attribute, "decimals_allowed", default=True
    ):
        mend = "Write a whole number."
        message = "{value} has decimals; only whole numbers are allowed."
        found.append(problem("decimals_not_allowed", path, message, number, mend=mend))
    if number < 0 and not properties.flag(attribute, "negative_allowed", default=True):
        mend = "Write zero or more."
        message = "{value} is below zero, which is not allowed."
        found.append(problem("negative_not_allowed", path, message, number, mend=mend))
    return found


def _range(number: Decimal, attribute: Attribute, path: str) -> list[Violation]:
    least = properties.number(attribute, "number_min")
    most = properties.number(attribute, "number_max")
    if least is not None and number < least:
        message = "{value} is less than {limit}, the least allowed."
        mend = "Write {limit} or more."
        return [problem("too_small", path, message, number, limit=least, mend=mend)]
    if most is not None and number > most:
        message = "{value} is more than {limit}, the most allowed."
        mend = "Write {limit} or less."
        return [problem("too_large", path, message, number, limit=most, mend=mend)]
    return []


def empty_range(attribute: Attribute) -> list[Violation]:
    """Return the violation of a definition whose least number is above its most."""
    least = properties.number(attribute, "number_min")
    most = properties.number(attribute, "number_max")
    if least is None or most is None or least <= most:
        return []
    message = "The least number {value} is above the most, {most}."
    mend = "Swap number_min and number_max, or leave one out."
    return [problem("empty_range", "number_min", message, least, most=most, mend=mend)]


def _too_many_digits(number: Decimal, path: str) -> Violation:
    return problem(
        "too_many_digits",
        path,
        "{value} has more than {before} digits before or {after} after the decimal sign.",
        number,
        before=decimals.INTEGER_DIGITS,
        after=decimals.FRACTION_DIGITS,
        mend="Round it; numbers are kept exactly, never cut silently.",
    )


def _not_a_number(text: str, path: str, sign: str) -> Violation:
    return problem(
        "not_a_number",
        path,
        '"{value}" is not a number.',
        text,
        sign=SIGN_NAMES.get(sign, sign),
        mend=_hint(text.strip(), sign),
    )


def _hint(text: str, sign: str) -> str:
    """Return the likeliest reason why text is not a number, as advice."""
    expected = "The decimal sign is a {sign}; "
    if re.fullmatch(r"[+-]?[0-9.,]+[eE][+-]?[0-9]+", text):
        return "A spreadsheet shortened it: format the column as text or number and export again."
    if letter := _letter_for_digit(text):
        return f"{expected}is {_place(text, letter)} the letter {letter}?"
    if re.fullmatch(r"[+-]?[0-9]+[.,][0-9]+", text):
        return f"{expected}write it with one, or set the other sign in the profile."
    if re.fullmatch(r"[+-]?[0-9]{1,3}([ .,'\u2019\u00a0\u202f][0-9]{3})+([.,][0-9]+)?", text):
        return f"{expected}write the number without marks between thousands."
    if re.fullmatch(r"[^0-9]{0,4}[+-]?[0-9][0-9.,]*[^0-9]{0,8}", text):
        return f"{expected}write digits only, units and currencies stand in their own column."
    return f"{expected}write digits only, for example 12{sign}5."


def _letter_for_digit(text: str) -> str | None:
    found = re.fullmatch(rf"[+-]?[0-9.,]*([{_DIGIT_LIKE}])[0-9.,{_DIGIT_LIKE}]*", text)
    return found[1] if found and re.search("[0-9]", text) else None


def _place(text: str, letter: str) -> str:
    if text.endswith(letter):
        return "the last character"
    return "the first character" if text.startswith(letter) else "a character"
