"""Media named in cells: files beside the import are stored, keys of stored files are kept."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from pim.assets.storage import Storage
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
        """Return the keys for a column of paths; a missing file is a warning, and left out."""
        column = value.columns[""]
        listed = value.attribute.type == "pim_catalog_asset_collection"
        replaced = []
        for position, text in enumerate(texts.fill_null("").to_list()):
            names = [n.strip() for n in text.split(",")] if listed else [text.strip()]
            keys = []
            for name in filter(None, names):
                key = self._key(name)
                if key is None:
                    findings.add(position, _missing(column, name))
                else:
                    keys.append(key)
            replaced.append(",".join(keys))
        return pl.Series(texts.name, replaced, dtype=pl.String)

    def _key(self, name: str) -> str | None:
        if name not in self.known:
            self.known[name] = self._find(name)
        return self.known[name]

    def _find(self, name: str) -> str | None:
        if self.root is not None:
            path = (self.root / name).resolve()
            if path.is_relative_to(self.root.resolve()) and path.is_file():
                return self.storage.put(path) if self.store else self.storage.key_for(path)
        return name if self.storage.exists(name) else None


def _missing(column: str, name: str) -> Violation:
    return Violation(
        code="file_missing",
        path=column,
        message='There is no file "{name}" beside the import or in the storage; it is left out.',
        parameters={"name": name},
        value=name,
        mend="Put the file where the cell says, relative to the folder of the import.",
        severity="warning",
    )
