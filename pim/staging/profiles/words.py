"""Words as they compare, and what the words of headers mean."""

# ruff: noqa: RUF001, RUF002 - Cyrillic letters are meant.

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

_CYRILLIC = dict(zip("абвгдезийклмнопрстуфыэ", "abvgdeziyklmnoprstufye", strict=True)) | {
    "ё": "e", "ж": "zh", "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch",
    "ъ": "", "ь": "", "ю": "yu", "я": "ya",
}  # fmt: skip
_LATIN = str.maketrans(_CYRILLIC | {k.upper(): v.capitalize() for k, v in _CYRILLIC.items()})


def bare(text: str) -> str:
    """Return text as words compare: folded, composed, one space between words."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().replace("ё", "е").split())


def spoken(text: str) -> str:
    """Return the words of a header: signs become spaces, camel case comes apart."""
    apart = re.sub(r"(?<=[a-zа-я])(?=[A-ZА-Я])", " ", text)
    return " ".join(re.sub(r"[^\w]+|_", " ", bare(apart)).split())


def latin(text: str) -> str:
    """Return text with Cyrillic letters written in Latin ones."""
    return text.translate(_LATIN)


@cache
def lexicon() -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    """Return the words of words.toml by section and meaning."""
    text = files(__package__).joinpath("words.toml").read_text(encoding="utf-8")
    return {
        section: {meaning: tuple(words) for meaning, words in meanings.items()}
        for section, meanings in tomllib.loads(text).items()
    }


@dataclass(frozen=True, kw_only=True)
class Heading:
    """What a header says: its words, and the currency, unit and language named beside them."""

    words: str
    currency: str | None = None
    unit: str | None = None
    language: str | None = None


def heading_of(header: str) -> Heading:
    """Return what a header says: "Цена, руб." is a price in RUB."""
    words = spoken(header).split()
    found: dict[str, str] = {}
    for section, name in (("currencies", "currency"), ("units", "unit"), ("locales", "language")):
        meaning, words = _taken(section, words)
        if meaning:
            found[name] = meaning
    signs = lexicon()["currencies"].items()
    sign = next(
        (code for code, all_ in signs for s in all_ if s in header and not s[0].isalnum()), None
    )
    currency = found.get("currency") or sign
    return Heading(
        words=" ".join(words),
        currency=currency,
        unit=found.get("unit"),
        language=found.get("language"),
    )


def _taken(section: str, words: list[str]) -> tuple[str | None, list[str]]:
    """Return what one of the words after the first means, and the words without it."""
    for meaning, known in lexicon()[section].items():
        spellings = {spoken(word) for word in known}
        for word in words[1:]:
            if word in spellings:
                return meaning, [other for other in words if other != word]
    return None, words
