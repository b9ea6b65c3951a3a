"""Archives: a tar file or a folder, written and read in one pass, with a checksum per member.

Members come in the order in which they were written; the list of checksums and the manifest are
the last two, so an archive without a manifest was never finished.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tarfile
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Final, Protocol

import orjson

from pim.errors import Refused

MANIFEST: Final = "manifest.json"
CHECKSUMS: Final = "checksums.sha256"
BLOCK: Final = 1024 * 1024


class Target(Protocol):
    """Where members go."""

    def write(self, name: str, content: IO[bytes], size: int) -> str:
        """Write exactly `size` bytes; return their SHA-256."""

    def finish(self) -> None:
        """Force everything to disk and give it its name."""

    def abandon(self) -> None:
        """Remove what was written."""


class TarTarget:
    """One tar file, which appears under its name when it is whole."""

    def __init__(self, path: Path) -> None:
        self._path, self._draft = path, path.with_name(f".{path.name}.part")
        self._file = self._draft.open("wb")
        self._tar = tarfile.TarFile.open(fileobj=self._file, mode="w|", bufsize=BLOCK)

    def write(self, name: str, content: IO[bytes], size: int) -> str:
        """Write a member."""
        member = tarfile.TarInfo(name)
        member.size, member.mtime, member.mode = size, int(time.time()), 0o600
        reader = _Hashing(content)
        self._tar.addfile(member, reader)
        return reader.digest.hexdigest()

    def finish(self) -> None:
        """Close, force to disk, rename."""
        self._tar.close()
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        self._draft.replace(self._path)

    def abandon(self) -> None:
        """Remove the draft."""
        with suppress(OSError):  # a full disk has no room for the end either
            self._tar.close()
        self._file.close()
        self._draft.unlink(missing_ok=True)


class FolderTarget:
    """A folder, which appears under its name when it is whole."""

    def __init__(self, path: Path) -> None:
        self._path, self._draft = path, path.with_name(f".{path.name}.part")
        shutil.rmtree(self._draft, ignore_errors=True)
        self._draft.mkdir(parents=True, mode=0o700)

    def write(self, name: str, content: IO[bytes], size: int) -> str:
        """Write a member as a file."""
        place = self._draft / name
        place.parent.mkdir(parents=True, exist_ok=True)
        reader = _Hashing(content)
        with place.open("wb") as file:
            shutil.copyfileobj(reader, file, BLOCK)
            if file.tell() != size:
                raise OSError(f"{name} has changed while it was read.")
        return reader.digest.hexdigest()

    def finish(self) -> None:
        """Force to disk, rename."""
        os.sync()
        self._draft.rename(self._path)

    def abandon(self) -> None:
        """Remove the draft."""
        shutil.rmtree(self._draft, ignore_errors=True)


@dataclass
class Writer:
    """Adds members to a target and keeps the list of their checksums."""

    target: Target
    members: int = 0
    size: int = 0
    _list: IO[bytes] = field(default_factory=tempfile.SpooledTemporaryFile)

    def write(self, name: str, content: IO[bytes], size: int) -> None:
        """Write a member."""
        digest = self.target.write(name, content, size)
        self._list.write(line(digest, size, name))
        self.members += 1
        self.size += size

    def write_file(self, name: str, path: Path) -> None:
        """Write a file that nobody changes."""
        with path.open("rb") as file:
            self.write(name, file, path.stat().st_size)

    def finish(self, manifest: dict[str, Any]) -> None:
        """Write checksums and manifest, and finish the target."""
        size = self._list.tell()
        self._list.seek(0)
        digest = self.target.write(CHECKSUMS, self._list, size)
        whole = {**manifest, "members": self.members, "bytes": self.size, "checksums": digest}
        text = orjson.dumps(whole, option=orjson.OPT_INDENT_2)
        with tempfile.SpooledTemporaryFile() as file:
            file.write(text)
            file.seek(0)
            self.target.write(MANIFEST, file, len(text))
        self.target.finish()

    def close(self) -> None:
        """Let go of the list."""
        self._list.close()


@contextmanager
def writing(path: Path) -> Iterator[Writer]:
    """Yield a writer to a tar file (by its ending) or to a folder; what fails leaves nothing.

    Raises Refused when there is something already.
    """
    if path.exists():
        raise Refused(f"{path} exists already; name another file, a backup is never overwritten.")
    path.parent.mkdir(parents=True, exist_ok=True)
    target: Target = TarTarget(path) if path.suffix == ".tar" else FolderTarget(path)
    writer = Writer(target)
    try:
        yield writer
    except BaseException:
        target.abandon()
        raise
    finally:
        writer.close()


def reading(path: Path) -> Iterator[tuple[str, int, IO[bytes]]]:
    """Yield name, size and content of every member, in order, manifest last.

    Raises Refused when there is no such archive, or it is cut short.
    """
    if path.is_dir():
        yield from _folder(path)
        return
    try:
        with tarfile.open(path, mode="r|", bufsize=BLOCK) as tar:
            for member in tar:
                content = tar.extractfile(member)
                if content is not None:
                    yield member.name, member.size, content
    except FileNotFoundError as error:
        raise Refused(f"There is no backup {path}.") from error
    except tarfile.ReadError as error:
        raise cut_short(path, error) from error


def cut_short(path: Path, error: Exception) -> Refused:
    """Return what to say of a file that ends too early, also in the middle of a member."""
    return Refused(f"{path} is no backup, or only the beginning of one: {error}.")


def _folder(path: Path) -> Iterator[tuple[str, int, IO[bytes]]]:
    listed = path / CHECKSUMS
    if not listed.exists():
        raise Refused(f"{path} is no backup: it has no {CHECKSUMS}.")
    with listed.open(encoding="utf-8") as lines:
        names = (each.rstrip("\n").split("  ", 2)[2] for each in lines)
        for name in names:
            place = path / name
            if not place.is_relative_to(path) or ".." in place.parts:
                raise Refused(f"{path} names a file outside of it: {name}.")
            if place.exists():
                with place.open("rb") as file:
                    yield name, place.stat().st_size, file
    for name in (CHECKSUMS, MANIFEST):
        if (path / name).exists():
            with (path / name).open("rb") as file:
                yield name, (path / name).stat().st_size, file


def line(digest: str, size: int, name: str) -> bytes:
    """Return a line of the list of checksums."""
    return f"{digest}  {size}  {name}\n".encode()


class _Hashing:
    """A file that hashes what is read from it."""

    def __init__(self, content: IO[bytes]) -> None:
        self._content = content
        self.digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        block = self._content.read(size)
        self.digest.update(block)
        return block
