"""Check a backup without restoring it: every member against its checksum."""

from __future__ import annotations

import hashlib
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Final

import orjson

from pim.errors import Refused
from pim.operations.backup.archive import BLOCK, CHECKSUMS, MANIFEST, cut_short, line, reading

SHOWN: Final = 20


@dataclass
class Verified:
    """What was found: the manifest, and what is wrong."""

    manifest: dict[str, Any]
    problems: list[str] = field(default_factory=list)

    @property
    def whole(self) -> bool:
        """Return whether the backup can be restored."""
        return not self.problems


def verify(path: Path) -> Verified:
    """Read a whole backup and compare each member; memory does not grow with it.

    Raises Refused when it is no backup at all, or was never finished.
    """
    with tempfile.TemporaryFile("w+b") as seen, tempfile.TemporaryFile("w+b") as listed:
        manifest: dict[str, Any] | None = None
        listing = hashlib.sha256()
        try:
            for name, size, content in reading(path):
                if name == MANIFEST:
                    manifest = orjson.loads(content.read())
                elif name == CHECKSUMS:
                    while block := content.read(BLOCK):
                        listing.update(block)
                        listed.write(block)
                else:
                    seen.write(line(_digest(content), size, name))
        except tarfile.ReadError as error:
            raise cut_short(path, error) from error
        if manifest is None:
            raise Refused(f"{path} has no manifest: the backup was not finished. Make a new one.")
        result = Verified(manifest)
        if listing.hexdigest() != manifest["checksums"]:
            result.problems.append(f"{CHECKSUMS} is not the list that was written.")
        result.problems += _differences(listed, seen)
        return result


def require_whole(path: Path) -> dict[str, Any]:
    """Return the manifest of a backup that is whole; raise Refused naming what is damaged."""
    found = verify(path)
    if not found.whole:
        raise Refused(f"{path} is damaged, nothing was restored: {' '.join(found.problems)}")
    return found.manifest


def _digest(content: IO[bytes]) -> str:
    digest = hashlib.sha256()
    while block := content.read(BLOCK):
        digest.update(block)
    return digest.hexdigest()


def _differences(listed: IO[bytes], seen: IO[bytes]) -> list[str]:
    """Return what differs between two lists; only if any does are they held in memory."""
    if _whole(listed) == _whole(seen):
        return []
    expected, found = _entries(listed), _entries(seen)
    problems = []
    for name in sorted({*expected, *found}):
        if name not in found:
            problems.append(f"{name} is missing.")
        elif name not in expected:
            problems.append(f"{name} does not belong to it.")
        elif expected[name] != found[name]:
            problems.append(f"{name} is damaged.")
    more = len(problems) - SHOWN
    return problems[:SHOWN] + ([f"... and {more} more."] if more > 0 else [])


def _whole(lines: IO[bytes]) -> str:
    lines.seek(0)
    digest = _digest(lines)
    lines.seek(0)
    return digest


def _entries(lines: IO[bytes]) -> dict[str, str]:
    return dict(_split(each) for each in lines)


def _split(each: bytes) -> tuple[str, str]:
    digest, size, name = each.decode().rstrip("\n").split("  ", 2)
    return name, f"{digest} {size}"


def members(path: Path) -> Iterator[tuple[str, int, IO[bytes]]]:
    """Yield the members that hold data."""
    for name, size, content in reading(path):
        if name not in (MANIFEST, CHECKSUMS):
            yield name, size, content
