"""Media named in cells: files beside the import are stored, keys of stored files are kept."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import polars as pl

from pim.assets.storage import Storage
from pim.domain.attribute_types import type_of
from pim.domain.attribute_types.media import Media
from pim.domain.structure import Attribute
from pim.domain.violations import Violation
from pim.staging.findings import Findings
from pim.staging.header import ValueColumns

MEDIA_TYPES = frozenset({"pim_catalog_image", "pim_catalog_file", "pim_catalog_asset_collection"})


@dataclass
class MediaFiles:
    """Finds the files that cells name below `root`, and stores each once.

    In a dry run (`store` false) a file counts as stored without being copied.
    """

    storage: Storage
    root: Path | None = None
    store: bool = True
    known: dict[str, str | None] = field(default_factory=dict)

    def keys(self, texts: pl.Series, value: ValueColumns, findings: Findings) -> pl.Series:
        """Return the keys for a column of paths.

        A missing file is a warning, one that breaks the attribute's rules rejects its row and is
        not stored; both are left out.
        """
        column = value.columns[""]
        cells = texts.fill_null("").to_list()
        read = {text: self._cell(text, value.attribute) for text in dict.fromkeys(cells)}
        for position, text in enumerate(cells):
            for fault in read[text][1]:
                findings.add(position, dataclasses.replace(fault, path=column))
        return pl.Series(texts.name, [read[text][0] for text in cells], dtype=pl.String)

    def _cell(self, text: str, attribute: Attribute) -> tuple[str, list[Violation]]:
        """Return the keys that stand for a cell, and what is wrong with its files."""
        listed = attribute.type == "pim_catalog_asset_collection"
        names = [name.strip() for name in text.split(",")] if listed else [text.strip()]
        keys, found = [], list[Violation]()
        for name in filter(None, names):
            faults = self._faults(name, attribute)
            key = None if faults else self._key(name)
            if key is not None:
                keys.append(key)
            found += faults or ([] if key else [_missing(name)])
        return ",".join(keys), found

    def _faults(self, name: str, attribute: Attribute) -> list[Violation]:
        """Return which rules of the attribute a file breaks: its kind, its size."""
        path = self._local(name)
        kind = type_of(attribute)
        if path is None or not isinstance(kind, Media):
            return []
        return kind.file_faults(name, attribute, path.stat().st_size)

    def _key(self, name: str) -> str | None:
        if name not in self.known:
            self.known[name] = self._find(name)
        return self.known[name]

    def _find(self, name: str) -> str | None:
        path = self._local(name)
        if path is not None:
            return self.storage.put(path) if self.store else self.storage.key_for(path)
        return name if self.storage.exists(name) else None

    def _local(self, name: str) -> Path | None:
        """Return the file that a cell names, if it lies below the root."""
        if self.root is None:
            return None
        path = (self.root / name).resolve()
        return path if path.is_relative_to(self._inside) and path.is_file() else None

    @cached_property
    def _inside(self) -> Path:
        return (self.root or Path()).resolve()


def _missing(name: str) -> Violation:
    return Violation(
        code="file_missing",
        path="",
        message='There is no file "{name}" beside the import or in the storage; it is left out.',
        parameters={"name": name},
        value=name,
        mend="Put the file where the cell says, relative to the folder of the import.",
        severity="warning",
    )
