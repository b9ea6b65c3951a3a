"""The manifest: which segments are the projection now, and up to which moment of the database.

Manifests are numbered files; `current` is a link to one of them, switched atomically. A reader
holds a shared lock on the manifest that it reads (the kernel drops it when the reader dies), and
the projector removes only manifests, and then segments, that nobody holds.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from pim.projection.segments import Segment, collect, sync_folder

FORMAT: Final = 1
CURRENT: Final = "current"
MANIFESTS: Final = "manifests"
#: The ending of a manifest that is being written.
DRAFT: Final = ".new"
SEGMENTS: Final = "segments"
#: Orders of text columns, by base: worked out by readers, removed with the base.
ORDERS: Final = "orders"


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """One state of the projection.

    `system` and `database` name the PostgreSQL cluster and database that it was read from,
    `snapshot` the moment (a pg_snapshot), `unfinished` the change sets that were then running.
    """

    number: int
    system: str
    database: int
    snapshot: str
    at: str
    segments: tuple[Segment, ...]
    unfinished: tuple[int, ...] = ()

    @property
    def base(self) -> Segment:
        """Return the segment that holds the whole catalogue."""
        return self.segments[0]

    @property
    def deltas(self) -> tuple[Segment, ...]:
        """Return the segments of rows written since the base, oldest first."""
        return tuple(segment for segment in self.segments[1:] if segment.of is None)

    @property
    def patches(self) -> tuple[Segment, ...]:
        """Return the segments that stand for columns of others, oldest first."""
        return tuple(segment for segment in self.segments if segment.of is not None)


class Lease:
    """A manifest that stays whole, with its segments, until the lease is released."""

    def __init__(self, descriptor: int, manifest: Manifest) -> None:
        self._descriptor: int | None = descriptor
        self.manifest = manifest

    def release(self) -> None:
        """Let the manifest go; harmless when done before."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def lease(folder: Path) -> Lease | None:
    """Return a lease on the current manifest, or None if there is none that can be read."""
    while True:
        try:
            descriptor = os.open(folder / CURRENT, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        if (
            os.fstat(descriptor).st_nlink == 0
        ):  # removed between open and lock: a newer one is there
            os.close(descriptor)
            continue
        manifest = parse(os.pread(descriptor, os.fstat(descriptor).st_size, 0))
        if manifest is None:
            os.close(descriptor)
            return None
        return Lease(descriptor, manifest)


def load(folder: Path) -> Manifest | None:
    """Return the current manifest, or None if it is missing, damaged or lacks a segment's bytes."""
    with suppress(OSError):
        manifest = parse((folder / CURRENT).read_bytes())
        if manifest and all(s.whole(folder / SEGMENTS) for s in manifest.segments):
            return manifest
    return None


def publish(folder: Path, manifest: Manifest) -> None:
    """Make a manifest the current one, in one step, and remove what nobody needs any more."""
    name = f"{manifest.number:012}.json"
    folder.joinpath(MANIFESTS).mkdir(parents=True, exist_ok=True)
    with _new_file(folder / MANIFESTS / name) as file:
        file.write(dump(manifest))
    sync_folder(folder / MANIFESTS)
    link = folder / f".{CURRENT}"
    link.unlink(missing_ok=True)
    link.symlink_to(Path(MANIFESTS) / name)
    link.rename(folder / CURRENT)
    sync_folder(folder)
    _collect(folder, manifest)


def next_number(folder: Path) -> int:
    """Return a number above every manifest that is there, also above damaged ones."""
    with suppress(FileNotFoundError):
        taken = [int(path.stem) for path in (folder / MANIFESTS).glob("*.json")]
        return max(taken, default=0) + 1
    return 1


def _collect(folder: Path, current: Manifest) -> None:
    """Remove manifests that no reader holds, then segments that no manifest names, and drafts."""
    for draft in (folder / MANIFESTS).glob(f".*{DRAFT}"):
        draft.unlink(missing_ok=True)
    named = {segment.name for segment in current.segments}
    for path in (folder / MANIFESTS).glob("*.json"):
        if path.stem != f"{current.number:012}" and not _remove_unless_leased(path):
            held = parse(path.read_bytes())
            named |= {segment.name for segment in held.segments} if held else set()
    collect(folder / SEGMENTS, keep=named)
    collect(folder / ORDERS, keep=named)


def _remove_unless_leased(path: Path) -> bool:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        path.unlink()
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)
    return True


@contextmanager
def _new_file(path: Path) -> Iterator[Any]:
    """Open a file that appears whole under its name, and safe on disk, or not at all.

    A draft that a killed process leaves has no number as its name, and goes with the next one.
    """
    draft = path.with_name(f".{path.name}{DRAFT}")
    try:
        with draft.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        draft.rename(path)
    except BaseException:
        draft.unlink(missing_ok=True)  # a full disk
        raise


def dump(manifest: Manifest) -> bytes:
    """Return a manifest as it is written."""
    return json.dumps({"format": FORMAT, **asdict(manifest)}, indent=1).encode()


def parse(text: bytes) -> Manifest | None:
    """Return a written manifest, None if it is damaged or of another format."""
    try:
        document = json.loads(text)
        if document.pop("format") != FORMAT:
            return None
        segments = tuple(Segment(**segment) for segment in document.pop("segments"))
        unfinished = tuple(document.pop("unfinished"))
        return Manifest(segments=segments, unfinished=unfinished, **document) if segments else None
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
