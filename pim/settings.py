"""Everything that the environment decides, read once."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Where Polka keeps its data and how it is reached.

    `home` holds the embedded database, the storage, runs and feeds; `database_url` empty means
    the embedded server; `storage_url` empty means the folder `home/storage`.
    """

    home: Path
    database_url: str | None = None
    storage_url: str | None = None
    secret_key: str | None = None

    @classmethod
    def from_environment(cls) -> Settings:
        """Read PIM_HOME, PIM_DATABASE_URL, PIM_STORAGE_URL and PIM_SECRET_KEY."""
        return cls(
            home=Path(os.environ.get("PIM_HOME") or "var").absolute(),
            database_url=os.environ.get("PIM_DATABASE_URL") or None,
            storage_url=os.environ.get("PIM_STORAGE_URL") or None,
            secret_key=os.environ.get("PIM_SECRET_KEY") or None,
        )

    @property
    def feeds(self) -> Path:
        """Return the folder of published feeds."""
        return self.home / "feeds"

    @property
    def runs(self) -> Path:
        """Return the folder of files that belong to one run (uploads, staged rows, reports)."""
        return self.home / "runs"

    @property
    def uploads(self) -> Path:
        """Return where uploads wait to be imported, each in a folder of its own."""
        return self.runs / "uploads"

    @property
    def projection(self) -> Path:
        """Return the folder of the projection's segments and manifests."""
        return self.home / "projection"

    @property
    def storage(self) -> Path:
        """Return the folder of media when no storage URL is set."""
        return self.home / "storage"
