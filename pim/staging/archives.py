"""Unpack a zip that somebody sent: nothing lands outside its folder or grows without bound.

A child process reads the archive and may die of it; this side only writes files whose names the
child has found harmless.
"""

from __future__ import annotations

import shutil
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import IO

from importers.sandbox import Bounds, Frames, frames_from
from pim.errors import Refused

#: What the child runs, and the frame with which a file begins.
UNPACKING = "importers.unpacking:frames"
BEGINS = b"F"


@dataclass(frozen=True, kw_only=True)
class ArchiveLimits:
    """Bounds of a zip: how many files, how many bytes unpacked, how many times its packed size.

    `memory` and `seconds` (on the processor) bound the child process that reads it.
    """

    entries: int = 100_000
    unpacked_bytes: int = 20 * 1024**3
    ratio: int = 300
    memory: int = 1024**3
    seconds: int = 600


def unpack(path: Path, target: Path, *, limits: ArchiveLimits | None = None) -> Path:
    """Unpack a zip into an own folder and return that folder; what was there before goes.

    Raises Refused, naming the entry, before anything is written: for paths that lead outside,
    links, passwords, names that occur twice (also without regard to case) and for its size.
    Later it is raised when the archive turns out damaged.
    """
    limits = limits or ArchiveLimits()
    request = {
        "path": str(path.absolute()),
        "entries": limits.entries,
        "unpacked": limits.unpacked_bytes,
        "ratio": limits.ratio,
    }
    bounds = Bounds(limits.memory, limits.seconds)
    with frames_from(UNPACKING, request, name=path.name, bounds=bounds) as frames:
        first = next(frames, None)
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir(parents=True)
        if first is not None:
            _write(chain((first,), frames), target)
    return target


def _write(frames: Frames, target: Path) -> None:
    """Write the files as they come; a frame with a name begins the next one."""
    with ExitStack() as opened:
        file: IO[bytes] | None = None
        for kind, body in frames:
            if kind == BEGINS:
                opened.close()
                file = opened.enter_context(_created(target, body.decode()))
            elif file is not None:
                file.write(body)


def _created(target: Path, name: str) -> IO[bytes]:
    path = target / name
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.open("xb")
    except (FileExistsError, NotADirectoryError) as error:
        raise Refused(f'"{name}" is both a file and a folder.') from error
