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
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from pim.errors import Conflict

CURRENT = "current"
DELTA = "delta"
MANIFEST = "manifest.json"
#: Switch a pointer whatever was told last.
ANY = -1


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

    def file(self, number: int, name: str) -> Path:
        """Return the path of a publication's file, which may be missing."""
        return self.publication(number) / name

    def shown(self, number: int) -> Path:
        """Return where a publication's files lie, for readers in `current` if they are told it."""
        return self.path / CURRENT if self.pointed() == number else self.publication(number)

    def share(self, folder: Path) -> None:
        """Give a finished folder to the other machines; here there are none."""

    def settle(self) -> None:
        """Finish what a killed process may have left behind its switch; here nothing."""

    def start(self, number: int) -> Path:
        """Return an empty folder for a publication that is being built."""
        return fresh_folder(self.publication(number))

    def discard(self, number: int) -> None:
        """Remove what a publication had written when it failed; one that is whole stays."""
        folder = self.publication(number)
        if not (folder / MANIFEST).exists():
            shutil.rmtree(folder, ignore_errors=True)

    def switch(self, number: int, pointer: str = CURRENT, *, told: int | None = ANY) -> None:
        """Point readers to a publication; they see the old one whole or the new one whole.

        Raises Conflict when the newest publication is not `told` any more, with which this one
        was compared.
        """
        if told != ANY and self.newest() != told:
            raise outrun(self.path.name)
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

    def newest(self) -> int | None:
        """Return the publication that the destination was told last, whole or delta."""
        pointed = (self.pointed(CURRENT), self.pointed(DELTA))
        return max((number for number in pointed if number is not None), default=None)

    def unpoint(self, pointer: str) -> None:
        """Take a pointer away; harmless when there is none."""
        (self.path / pointer).unlink(missing_ok=True)
        sync_folder(self.path)

    def chain(self, number: int | None) -> Iterator[int]:
        """Yield a publication and those that it builds on, down to a whole one."""
        while number is not None:
            yield number
            number = (self.manifest(number) or {}).get("base")

    def finished(self) -> list[int]:
        """Return the publications with a manifest, the newest first."""
        return self.kept()

    def kept(self, name: str = MANIFEST) -> list[int]:
        """Return the publications whose file of this name is kept, the newest first."""
        folders = (self.path / "publications").glob("*")
        numbers = (int(each.name) for each in folders if (each / name).exists())
        return sorted(numbers, reverse=True)

    def highest(self) -> int:
        """Return the highest number that a publication's folder has, 0 if there is none."""
        folders = (self.path / "publications").glob("*")
        return max((int(each.name) for each in folders), default=0)

    def manifest(self, number: int) -> dict[str, Any] | None:
        """Return the manifest of a publication, None if it was never finished."""
        path = self.file(number, MANIFEST)
        return dict(orjson.loads(path.read_bytes())) if path.exists() else None

    def retire(self, *, retention: int, held: Collection[int] = ()) -> None:
        """Remove old files; stay what readers, deltas and releases need, and the newest ones.

        Kept are what the pointers name with all that it builds on, held publications, the newest
        `retention` finished ones, and as many for other moments. Whoever calls publishes alone:
        a folder without a manifest belongs to a process that is gone.
        """
        keep = {*held, *self.finished()[:retention]}
        for pointer in (CURRENT, DELTA):
            keep.update(self.chain(self.pointed(pointer)))
        self._retire(keep, aside=retention)

    def remove(self) -> None:
        """Remove all files of the feed."""
        shutil.rmtree(self.path, ignore_errors=True)

    def _retire(self, keep: Collection[int], *, aside: int) -> None:
        """Remove all publications but some, and all but the newest `aside` for other moments."""
        for folder in (self.path / "publications").glob("*"):
            if int(folder.name) not in keep:
                shutil.rmtree(folder, ignore_errors=True)
        for pointer in self.path.glob(".*.new"):
            pointer.unlink(missing_ok=True)
        moments = (self.path / "as-of").glob("*")
        for folder in sorted(moments, key=_modified, reverse=True)[aside:]:
            shutil.rmtree(folder, ignore_errors=True)


def outrun(code: str) -> Conflict:
    """Return what to raise when another process has published the same feed meanwhile."""
    return Conflict(
        f'Another process has published "{code}" meanwhile; its files stand. Publish again.'
    )


def _modified(path: Path) -> float:
    return path.stat().st_mtime


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
