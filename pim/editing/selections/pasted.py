"""Identifiers as people paste them: from a sheet, a mail, a list with any separator."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

SEPARATORS: Final = "\n\r,;\t\v\f\u2028\u2029"
#: What opens a quoted identifier, and the letters that may close it.
QUOTES: Final = {
    '"': '"',
    "'": "'",
    "\u2018": "\u2019",
    "\u201c": "\u201d",
    "\u201e": "\u201c\u201d",
    "\u00ab": "\u00bb",
}
#: Invisible letters that sheets and mails leave around an identifier.
_UNSEEN: Final = "\ufeff\u200b\u200c\u200d\u2060"
_AROUND: Final = f" \u00a0\u3000{_UNSEEN}"


@dataclass(frozen=True, kw_only=True)
class Pasted:
    """One identifier as it was pasted; a quoted one is never split at its spaces."""

    text: str
    quoted: bool = False

    @property
    def parts(self) -> list[str]:
        """Return what spaces divide it into; itself if nothing does."""
        return [self.text] if self.quoted else self.text.split()


def read_pasted(text: str) -> list[Pasted]:
    """Return the identifiers of a pasted text in their order.

    Lines, commas, semicolons and tabs separate; quotes around an identifier keep separators within
    it, and a doubled quote stands for one. Whether spaces separate too is for the catalogue to
    say: `Pasted.parts`.
    """
    found: list[Pasted] = []
    place = 0
    while place < len(text):
        if text[place] in SEPARATORS or text[place] in _AROUND:
            place += 1
            continue
        item, place = _quoted(text, place) or _plain(text, place)
        found += [item] if item.text else []
    return found


def exact(identifiers: Iterable[str]) -> list[Pasted]:
    """Return identifiers that are told apart already."""
    return [Pasted(text=text.strip(_AROUND), quoted=True) for text in identifiers]


def _plain(text: str, place: int) -> tuple[Pasted, int]:
    end = place
    while end < len(text) and text[end] not in SEPARATORS:
        end += 1
    return Pasted(text=text[place:end].strip(_AROUND)), end


def _quoted(text: str, place: int) -> tuple[Pasted, int] | None:
    """Read a quoted identifier; None if no closing quote stands at the end of an item."""
    close = QUOTES.get(text[place])
    if close is None:
        return None
    read, end = [], place + 1
    while end < len(text):
        if text[end] in close and text.startswith(text[end] * 2, end):
            read.append(text[end])
            end += 2
        elif text[end] in close:
            return _closed("".join(read), text, end + 1)
        else:
            read.append(text[end])
            end += 1
    return None


def _closed(item: str, text: str, end: int) -> tuple[Pasted, int] | None:
    """Return a quoted item if a separator, a space or nothing follows its closing quote."""
    follows = text[end : end + 1]
    if follows and follows not in SEPARATORS and follows not in _AROUND:
        return None
    return Pasted(text=item.strip(_AROUND), quoted=True), end
