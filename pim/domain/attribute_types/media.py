"""Keys of stored files: what an image, a file and a collection of assets have in common."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import PurePosixPath
from typing import Any, ClassVar

from pim.domain.attribute_types import properties
from pim.domain.attribute_types.characters import illegal_character
from pim.domain.attribute_types.contract import EMPTY, AttributeType, CellFormat, Checked, Kind
from pim.domain.attribute_types.problems import listed, problem, wrong_type
from pim.domain.attribute_types.properties import Settings
from pim.domain.structure import Attribute, Structure
from pim.domain.violations import Violation

MEGABYTE = Decimal(1_000_000)

_HASH = re.compile(r"[0-9a-f]{40}_")


class Media(AttributeType):
    """The key of one stored file; the cell holds the path of the file beside the flat file."""

    kind: ClassVar[Kind] = "media"
    settings: ClassVar[Settings] = {
        "max_file_size": properties.SIZE,
        "allowed_extensions": properties.WORDS,
    }
    #: What the type takes where the attribute does not say; empty: anything.
    extensions: ClassVar[tuple[str, ...]] = ()

    def check(self, data: Any, attribute: Attribute, structure: Structure) -> Checked:
        """Return the key, or why it is refused."""
        if data is None:
            return EMPTY
        if not isinstance(data, str):
            return Checked(None, [wrong_type(attribute.code, data, "the key of a file")])
        key = data.strip()
        if not key:
            return EMPTY
        violations = self.file_faults(key, attribute)
        return Checked(None, violations) if violations else Checked(key)

    def read(
        self, text: str, attribute: Attribute, structure: Structure, fmt: CellFormat
    ) -> Checked:
        """Return the key in the cell."""
        return self.check(text, attribute, structure)

    def file_faults(
        self, name: str, attribute: Attribute, size: int | None = None
    ) -> list[Violation]:
        """Return why a file may not be used: name, extension, size in bytes if known."""
        return [
            *illegal_character(name, attribute.code),
            *self._extension_faults(name, attribute),
            *_size_faults(name, attribute, size),
        ]

    def _extension_faults(self, name: str, attribute: Attribute) -> list[Violation]:
        allowed = properties.words(attribute, "allowed_extensions") or self.extensions
        extension = PurePosixPath(name).suffix.lower().removeprefix(".")
        if not allowed or extension in allowed:
            return []
        return [
            problem(
                "extension_not_allowed",
                attribute.code,
                'The file "{value}" may not be used: only {allowed} are allowed.',
                file_name(name),
                allowed=listed(allowed, most=20),
                mend="Convert the file, or allow its extension in the attribute.",
            )
        ]


def file_name(key: str) -> str:
    """Return the name that a stored file was uploaded under, which conditions compare.

    >>> file_name("0/a/" + "0a" * 20 + "_front.jpg")
    'front.jpg'
    """
    last = key.rsplit("/", 1)[-1]
    return last[41:] if _HASH.match(last) else last


def _size_faults(name: str, attribute: Attribute, size: int | None) -> list[Violation]:
    limit = properties.number(attribute, "max_file_size")
    if size is None or limit is None or size <= limit * MEGABYTE:
        return []
    return [
        problem(
            "file_too_large",
            attribute.code,
            'The file "{value}" has {size} MB; at most {limit} MB are allowed.',
            file_name(name),
            size=f"{size / MEGABYTE:.2f}",
            limit=limit,
            mend="Make the file smaller, or raise max_file_size of the attribute.",
        )
    ]
