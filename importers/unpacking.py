"""The child's side of archives: what a zip holds is checked, then streamed file by file.

Frames: `F` a file begins (its name, UTF-8), `D` some of its bytes. Refused before the first frame
are paths that lead outside, links, passwords, names that occur twice (also without regard to case)
and too many or too large files; a file that turns out larger than the archive said ends it.
"""

from __future__ import annotations

import stat
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from pim.errors import Refused

CHUNK = 1024 * 1024
UTF8_NAME = 0x800
ENCRYPTED = 0x1
#: Archives that unpack to less than this are no bombs, however well they are packed.
HARMLESS = 64 * CHUNK


def frames(request: Mapping[str, Any]) -> Iterator[tuple[bytes, bytes]]:
    """Yield the files of a zip."""
    path = Path(request["path"])
    try:
        with zipfile.ZipFile(path) as archive:
            for name, entry in list(_checked(archive, path.stat().st_size, request)):
                yield b"F", name.encode()
                yield from _content(archive, entry)
    except (zipfile.BadZipFile, NotImplementedError, EOFError) as error:
        raise Refused(f"this is no zip, or a damaged one ({error}).") from error


def _checked(
    archive: zipfile.ZipFile, packed: int, limits: Mapping[str, Any]
) -> Iterator[tuple[str, zipfile.ZipInfo]]:
    """Yield the files to unpack by their names; raises Refused at the first that must not be."""
    entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    unpacked = sum(entry.file_size for entry in entries)
    times = unpacked // max(packed, 1)
    if len(entries) > limits["entries"]:
        raise Refused(f"it packs {len(entries)} files, more than {limits['entries']}.")
    if unpacked > limits["unpacked"]:
        raise Refused(f"it unpacks to {unpacked:,} bytes, more than {limits['unpacked']:,}.")
    if unpacked > HARMLESS and times > limits["ratio"]:
        raise Refused(
            f"it unpacks to {times} times its size, more than {limits['ratio']} times: a zip bomb?"
        )
    seen: set[str] = set()
    for entry in entries:
        name = _name(entry)
        reason = _reason_against(entry, name, seen)
        if reason:
            raise Refused(f'"{name}" {reason}. Nothing was unpacked.')
        seen.add(name.casefold())
        yield name, entry


def _content(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Iterator[tuple[bytes, bytes]]:
    left = entry.file_size
    with archive.open(entry) as file:
        while chunk := file.read(CHUNK):
            left -= len(chunk)
            if left < 0:
                raise Refused(f'"{entry.filename}" is larger than the archive says.')
            yield b"D", chunk


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
    strange = not parts or name.startswith("/") or "\\" in name or "\0" in name
    if strange or ".." in parts or ":" in parts[0]:
        return "leads outside the folder it is unpacked into"
    if stat.S_ISLNK(entry.external_attr >> 16):
        return "is a link, not a file"
    if entry.flag_bits & ENCRYPTED:
        return "is protected by a password"
    return "occurs twice" if name.casefold() in seen else None
