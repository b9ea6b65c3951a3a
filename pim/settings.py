"""Everything that the environment decides, read once."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from pim.errors import PimError


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Where Polka keeps its data and how it is reached.

    `home` holds the embedded database, the storage, runs and feeds; `database_url` empty means
    the embedded server; `storage_url` empty means the folder `home/storage`. `metrics_token` opens
    /metrics to other machines; `keep_history` and `keep_runs` are ages such as "2y" and "90d".
    """

    home: Path
    database_url: str | None = None
    storage_url: str | None = None
    storage_endpoint: str | None = None
    storage_timeout: float = 30.0
    secret_key: str | None = None
    metrics_token: str | None = None
    keep_history: str | None = None
    keep_runs: str | None = None
    keep_bin: str = "30d"

    @classmethod
    def from_environment(cls) -> Settings:
        """Read what the variables PIM_... say; docs/settings.md explains each."""
        return cls(
            home=Path(os.environ.get("PIM_HOME") or "var").absolute(),
            database_url=os.environ.get("PIM_DATABASE_URL") or None,
            storage_url=os.environ.get("PIM_STORAGE_URL") or None,
            storage_endpoint=_first("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"),
            storage_timeout=_seconds("PIM_STORAGE_TIMEOUT", 30.0),
            secret_key=os.environ.get("PIM_SECRET_KEY") or None,
            metrics_token=os.environ.get("PIM_METRICS_TOKEN") or None,
            keep_history=os.environ.get("PIM_KEEP_HISTORY") or None,
            keep_runs=os.environ.get("PIM_KEEP_RUNS") or None,
            keep_bin=os.environ.get("PIM_KEEP_BIN") or "30d",
        )

    @property
    def secrets(self) -> tuple[str | None, ...]:
        """Return what no log may show."""
        return (self.database_url, self.storage_url, self.secret_key, self.metrics_token)

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


def _seconds(name: str, default: float) -> float:
    """Return a variable's seconds; raises PimError for what is no positive number."""
    given = os.environ.get(name)
    try:
        seconds = float(given) if given else default
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < 86_400:
        raise PimError(f"{name} is {given}: give seconds as a number, such as {default:.0f}.")
    return seconds


def _first(*names: str) -> str | None:
    """Return the first of these variables that says something."""
    return next((value for name in names if (value := os.environ.get(name))), None)
