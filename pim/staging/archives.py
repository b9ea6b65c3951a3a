"""Unpack a zip that somebody sent: nothing lands outside its folder or grows without bound."""

from __future__ import annotations

import shutil
import stat
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from pim.errors import Refused

CHUNK = 1024 * 1024
UTF8_NAME = 0x800
ENCRYPTED = 0x1


@dataclass(frozen=True, kw_only=True)
class ArchiveLimits:
    """Bounds of a zip: how many files, how many bytes unpacked, how many times its packed size."""

    entries: int = 100_000
    unpacked_bytes: int = 20 * 1024**3
    ratio: int = 300


def unpack(path: Path, target: Path, *, limits: ArchiveLimits | None = None) -> Path:
    """Unpack a zip into an own folder and return that folder; what was there before goes.

    Raises Refused, naming the entry, before anything is written: for paths that lead outside,
    links, passwords, names that occur twice (also without regard to case) and for its size.
    """
    limits = limits or ArchiveLimits()
    try:
        with zipfile.ZipFile(path) as archive:
            entries = dict(_checked(path, archive, limits))
            shutil.rmtree(target, ignore_errors=True)
            target.mkdir(parents=True)
            for name, entry in entries.items():
                _write(archive, entry, target / name)
    except (zipfile.BadZipFile, NotImplementedError, EOFError) as error:
        raise Refused(f"{path.name}: this is no zip, or a damaged one ({error}).") from error
    return target


def _checked(
    path: Path, archive: zipfile.ZipFile, limits: ArchiveLimits
) -> Iterator[tuple[str, zipfile.ZipInfo]]:
    """Yield the files to unpack by their names; raises Refused at the first that must not be."""
    entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    unpacked = sum(entry.file_size for entry in entries)
    packed = max(path.stat().st_size, 1)
    if len(entries) > limits.entries:
        raise Refused(f"{path.name}: it packs {len(entries)} files, more than {limits.entries}.")
    if unpacked > limits.unpacked_bytes:
        raise Refused(
            f"{path.name}: it unpacks to {unpacked:,} bytes, more than {limits.unpacked_bytes:,}."
        )
    if unpacked > CHUNK * 64 and unpacked > packed * limits.ratio:
        raise Refused(
            f"{path.name}: it unpacks to {unpacked // packed} times its size, "
            f"more than {limits.ratio} times: a zip bomb?"
        )
    seen: set[str] = set()
    for entry in entries:
        name = _name(entry)
        reason = _reason_against(entry, name, seen)
        if reason:
            raise Refused(f'{path.name}: "{name}" {reason}. Nothing was unpacked.')
        seen.add(name.casefold())
        yield name, entry


def _name(entry: zipfile.ZipInfo) -> str:
    """Return an entry's name; many tools write UTF-8 without saying so."""
    if entry.flag_bits & UTF8_NAME:
        return entry.filename
    try:
        return entry.filename.encode("cp437").decode("utf-8")
    except UnicodeError:
        return entry.filename


def _reason_against(entry: zipfile.ZipInfo, name: str, seen: set[str]) -> str | None:
    parts = PurePosixPath(name).parts
    if name.startswith("/") or ".." in parts or "\\" in name or "\0" in name or ":" in parts[0]:
        return "leads outside the folder it is unpacked into"
    if stat.S_ISLNK(entry.external_attr >> 16):
        return "is a link, not a file"
    if entry.flag_bits & ENCRYPTED:
        return "is protected by a password"
    return "occurs twice" if name.casefold() in seen else None


def _write(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path) -> None:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with archive.open(entry) as source, target.open("xb") as file:
            shutil.copyfileobj(source, file, CHUNK)
    except (FileExistsError, NotADirectoryError) as error:
        raise Refused(f'"{entry.filename}" is both a file and a folder.') from error
