"""Words of a sheet become codes of options: known ones by code or label, new ones if allowed."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from typing import NamedTuple

from pim.domain.structure import Attribute
from pim.staging.profiles.words import bare, latin

LONGEST = 90


class NewOption(NamedTuple):
    """An option to be created: its attribute, its code and the word that stood in the sheet."""

    attribute: str
    code: str
    label: str


@dataclass
class OptionBook:
    """Finds codes for words, the same one whenever the same word comes again."""

    _new: dict[tuple[str, str], NewOption] = field(default_factory=dict)
    _untaken: list[NewOption] = field(default_factory=list)

    def code(self, word: str, attribute: Attribute, *, create: bool) -> str:
        """Return the code for a word; the word itself if it is unknown and may not be created."""
        known = attribute.options.get(word.strip())
        if known is not None:
            return known.code
        labelled = self._by_label(word, attribute)
        if labelled is not None:
            return labelled
        remembered = self._new.get((attribute.code, bare(word)))
        if remembered is not None:
            return remembered.code
        return self._create(word.strip(), attribute).code if create else word

    def take(self) -> list[NewOption]:
        """Return the new options since the last call."""
        taken, self._untaken = self._untaken, []
        return taken

    def _by_label(self, word: str, attribute: Attribute) -> str | None:
        """Return the one option with this label in any locale; None if there are several."""
        wanted = bare(word)
        found = {
            option.code
            for option in attribute.options
            if any(bare(label) == wanted for label in option.labels.values())
        }
        return found.pop() if len(found) == 1 else None

    def _create(self, label: str, attribute: Attribute) -> NewOption:
        taken = {code.casefold() for a, code, _ in self._new.values() if a == attribute.code}
        stem = option_code(label)
        code, number = stem, 1
        while code.casefold() in taken or code in attribute.options:
            number += 1
            code = f"{stem}_{number}"
        made = NewOption(attribute.code, code, label)
        self._new[attribute.code, bare(label)] = made
        self._untaken.append(made)
        return made


def option_code(label: str) -> str:
    """Return a code made of a label: letters, digits and underscores, Cyrillic transliterated."""
    plain = unicodedata.normalize("NFKD", latin(label))
    code = re.sub(r"[^A-Za-z0-9]+", "_", plain.encode("ascii", "ignore").decode()).strip("_")
    return code[:LONGEST].lower() or "option"
