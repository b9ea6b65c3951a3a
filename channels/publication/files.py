"""A feed's folder: publications are built aside and become current by one atomic switch.

    <feeds>/<feed>/publications/<id>/   a publication's files, manifest.json, ledger, items
    <feeds>/<feed>/current              symbolic link to the whole publication that readers see
    <feeds>/<feed>/delta                symbolic link to the newest delta, if any
    <feeds>/<feed>/as-of/<time>/        publications for another moment; nothing else knows them

Source of the manner: write aside, fsync file and folder, rename.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

CURRENT = "current"
DELTA = "delta"
MANIFEST = "manifest.json"


@dataclass(frozen=True)
class FeedFolder:
    """The files of one feed."""

    path: Path

    def publication(self, number: int) -> Path:
        """Return the folder of a publication."""
        return self.path / "publications" / str(number)

    def as_of(self, moment: datetime) -> Path:
        """Return the folder of a publication for another moment."""
        return self.path / "as-of" / moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")

    def start(self, number: int) -> Path:
        """Return an empty folder for a publication that is being built."""
        return fresh_folder(self.publication(number))

    def switch(self, number: int, pointer: str = CURRENT) -> None:
        """Point readers to a publication; they see the old one whole or the new one whole."""
        target = Path("publications") / str(number)
        temporary = self.path / f".{pointer}.{os.getpid()}.new"
        temporary.unlink(missing_ok=True)
        temporary.symlink_to(target)
        temporary.replace(self.path / pointer)
        sync_folder(self.path)

    def pointed(self, pointer: str = CURRENT) -> int | None:
        """Return the publication that a pointer names."""
        link = self.path / pointer
        return int(link.readlink().name) if link.is_symlink() else None

    def manifest(self, number: int) -> dict[str, Any] | None:
        """Return the manifest of a publication, None if it was never finished."""
        path = self.publication(number) / MANIFEST
        return dict(orjson.loads(path.read_bytes())) if path.exists() else None

    def clear(self, *, keep: set[int]) -> None:
        """Remove the folders of publications that nobody needs."""
        for folder in (self.path / "publications").glob("*"):
            if int(folder.name) not in keep:
                shutil.rmtree(folder, ignore_errors=True)


def fresh_folder(path: Path) -> Path:
    """Return a folder without anything in it."""
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(parents=True)
    return path


def write_manifest(folder: Path, manifest: Mapping[str, Any]) -> None:
    """Write the manifest last: a folder with a manifest is a finished publication."""
    temporary = folder / f"{MANIFEST}.part"
    temporary.write_bytes(orjson.dumps(manifest, option=orjson.OPT_INDENT_2))
    sync_file(temporary)
    temporary.rename(folder / MANIFEST)
    sync_folder(folder)


def describe(path: Path) -> dict[str, Any]:
    """Return a file's SHA-256 and size, as manifests hold them."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256")
    return {"sha256": digest.hexdigest(), "bytes": path.stat().st_size}


def sync_file(path: Path) -> None:
    """Force a file's bytes to disk; an error means that it must not be published."""
    with path.open("rb") as file:
        os.fsync(file.fileno())


def sync_folder(path: Path) -> None:
    """Force a folder's entries to disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
