"""Attach stored files by their names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Literal, Self

from pim.domain.addresses import Address, cells
from pim.domain.attribute_types.media import file_name
from pim.domain.file_patterns import FilePattern, parse_pattern
from pim.domain.operations.contract import Operation, described
from pim.domain.operations.reader import DocumentReader
from pim.domain.structure import Structure
from pim.domain.values import Cell

MODES: Final = ("replace", "add")
#: Files of one operation; more are attached in several.
MOST: Final = 20_000

TYPES: Final = frozenset({"pim_catalog_image", "pim_catalog_file", "pim_catalog_asset_collection"})


@dataclass(frozen=True, kw_only=True)
class File:
    """A stored file by its key, and the name that it came with."""

    name: str
    key: str


@dataclass(frozen=True, kw_only=True)
class AttachMedia(Operation):
    """Give rows the files whose names match them, in the order of their numbers.

    With the mode "add" a collection keeps what it has in front.
    """

    type: ClassVar[str] = "attach_media"
    keys: ClassVar[frozenset[str]] = frozenset(
        {"field", "scope", "locale", "pattern", "files", "mode"}
    )
    field: str
    address: Address
    pattern: FilePattern
    files: tuple[File, ...]
    mode: Literal["replace", "add"] = "replace"

    @classmethod
    def read(cls, reader: DocumentReader) -> Self | None:
        """Return the operation, or None after noting what is wrong."""
        attribute = reader.attribute()
        if attribute is not None and attribute.type not in TYPES:
            reader.note(
                "type_not_allowed", "field",
                "{value} is of the type {type}; an image, a file or an asset collection is needed"
                " here.",
                attribute.code, type=attribute.type, mend="Choose another attribute.",
            )  # fmt: skip
            attribute = None
        address = reader.address(attribute) if attribute else None
        mode = reader.document.get("mode", "replace")
        if mode not in MODES:
            reader.wrong_type("mode", '"replace" or "add"')
        files, pattern = _files(reader), _pattern(reader)
        if reader.violations or attribute is None or address is None or pattern is None:
            return None
        return cls(field=attribute.code, address=address, pattern=pattern, files=files, mode=mode)

    def to_document(self) -> dict[str, Any]:
        """Return the JSON document."""
        return {
            "type": self.type,
            "field": self.field,
            **described(self.address, ("scope", "locale")),
            "pattern": self.pattern.text,
            "files": [_document(file) for file in self.files],
            "mode": self.mode,
        }

    def cells(self, structure: Structure) -> list[Cell]:
        """Return the cells that it may write."""
        return cells(structure.attributes[self.field], self.address, structure)


def file_document(name: str, key: str) -> str | dict[str, str]:
    """Return a file as documents list it: its key, with the name where that says more."""
    return key if file_name(key) == name else {"name": name, "key": key}


def _document(file: File) -> str | dict[str, str]:
    return file_document(file.name, file.key)


def _pattern(reader: DocumentReader) -> FilePattern | None:
    text = reader.text("pattern")
    if text is None:
        return None
    pattern, faults = parse_pattern(text, reader.structure, f"{reader.path}.pattern")
    reader.violations.extend(faults)
    return pattern


def _files(reader: DocumentReader) -> tuple[File, ...]:
    given = reader.document.get("files")
    if not isinstance(given, list | tuple):
        reader.wrong_type("files", "a list of keys of stored files")
        return ()
    if len(given) > MOST:
        reader.note(
            "too_many_listed", "files", "{value} files are listed; an operation takes {most}.",
            len(given), most=MOST, mend="Attach them in several edits.",
        )  # fmt: skip
    return tuple(filter(None, (_file(reader, n, each) for n, each in enumerate(given[:MOST]))))


def _file(reader: DocumentReader, number: int, given: Any) -> File | None:
    match given:
        case str(key) if key:
            return File(name=file_name(key), key=key)
        case Mapping() if {*given} == {"name", "key"} and all(
            isinstance(text, str) and text for text in given.values()
        ):
            return File(name=given["name"], key=given["key"])
    reader.note(
        "wrong_type", f"files[{number}]", "{value} is no stored file.", given,
        mend='Write its key, or {{"name", "key"}}.',
    )  # fmt: skip
    return None
