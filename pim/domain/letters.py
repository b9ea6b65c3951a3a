"""Letter case as languages write it, by Unicode's full case mapping without ICU.

Known: Turkish and Azerbaijani (i with a dot and without one are two letters), German (ß becomes SS;
nouns keep their capitals in sentences), Dutch (IJ begins a word). Not known: Greek capitals
keep their accents, Lithuanian has its own rules for dots, and every language has words that stay
small in titles.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final, Literal, get_args

Case = Literal["upper", "lower", "title", "sentence"]
CASES: Final = get_args(Case)

#: Languages that tell i with a dot from i without one.
_DOTTED: Final = frozenset({"tr", "az"})
_TO_UPPER: Final = str.maketrans({"i": "İ", "\u0131": "I"})
_TO_LOWER: Final = str.maketrans({"İ": "i", "I": "\u0131"})

#: A word with what stands for its apostrophe: "men's" is one, "slip-on" are two.
_WORD: Final = re.compile(r"\w[\w\u0300-\u036f]*(?:['\u2019]\w[\w\u0300-\u036f]*)*")
#: The first word of the text, of a line, and after the end of a sentence.
_START: Final = re.compile(r"(?:^|\n|[.!?…](?=[\W_]{0,9}[\s\ue000]))[\W_]{0,40}(?=\w)")

#: Tags and references in HTML, which are no letters of the text.
_MARKUP: Final = re.compile(r"<[^<>]*>|&#?\w+;|\ue000")
_PLACE: Final = "\ue000"


def changed(text: str, case: Case, locale: str, *, html: bool = False) -> str:
    """Return text in another case, as the language of a locale ("" for none) writes it.

    Words with a digit (5XL, H2O) keep their letters, except in `upper` and `lower`. With `html`
    tags and references stay as they are.

    >>> changed("izmir IŞIĞI", "upper", "tr_TR"), changed("men's slip-on", "title", "en_GB")
    ('İZMİR IŞIĞI', "Men's Slip-On")
    """
    language = locale.partition("_")[0].casefold()
    change = _CHANGES[case]
    if not html:
        return change(text, language)
    markup = iter(_MARKUP.findall(text))
    plain = change(_MARKUP.sub(_PLACE, text), language)
    return re.sub(_PLACE, lambda _: next(markup), plain)


def _upper(text: str, language: str) -> str:
    return (text.translate(_TO_UPPER) if language in _DOTTED else text).upper()


def _lower(text: str, language: str) -> str:
    if language not in _DOTTED:
        return text.lower()
    return text.replace("I\u0307", "i").translate(_TO_LOWER).lower()


def _title(text: str, language: str) -> str:
    return _WORD.sub(lambda word: _capital(_small(word[0], language), language), text)


def _sentence(text: str, language: str) -> str:
    """Return text whose sentences begin with a capital; German keeps those of its nouns."""
    small = text if language == "de" else _WORD.sub(lambda word: _small(word[0], language), text)
    starts = {found.end() for found in _START.finditer(small)}
    return _WORD.sub(
        lambda word: _capital(word[0], language) if word.start() in starts else word[0], small
    )


def _small(word: str, language: str) -> str:
    return word if _has_digit(word) else _lower(word, language)


def _capital(word: str, language: str) -> str:
    if _has_digit(word):
        return word
    if language == "nl" and word[:2].lower() == "ij":
        return "IJ" + word[2:]
    if language in _DOTTED and word[0] == "i":
        return "İ" + word[1:]
    return word[0].title() + word[1:]


def _has_digit(word: str) -> bool:
    return any(letter.isdigit() for letter in word)


_CHANGES: Final[Mapping[str, Callable[[str, str], str]]] = {
    "upper": _upper,
    "lower": _lower,
    "title": _title,
    "sentence": _sentence,
}
