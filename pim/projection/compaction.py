"""Fold later segments into the base in the background, beside readers and the projector."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from pim.projection import folding, manifest
from pim.projection.cursor import Position
from pim.projection.manifest import SEGMENTS, Manifest
from pim.projection.projector import ALWAYS, Projector
from pim.projection.segments import Segment
from pim.projection.writing import Draft
from pim.structure import queries as structures

#: Folding in the background is due from this part of the base's rows, or from so many patches on,
#: and not before a base is so many seconds old.
DUE_SHARE: Final = 0.03
DUE_PATCHES: Final = 8
DUE_SECONDS: Final = 60.0
FOLDING: Final = ".folding"


def compact(projector: Projector) -> Manifest | None:
    """Fold later segments into a new base if they are many; None if that is not due.

    The base is written without keeping anybody from projecting. It takes the place of the
    segments that it was folded from; those that came meanwhile stay behind it. After a patch or
    another base it is of no use and given up.
    """
    with _alone(projector.folder) as alone:
        known = manifest.load(projector.folder) if alone else None
        if known is None or not _is_due(projector.folder, known):
            return None
        with Draft(projector.folder / SEGMENTS) as draft:
            folded, base = _fold(projector, draft)
            result = _put_in_place(projector, folded, base)
    if result:
        projector.warm()
    return result


def _fold(projector: Projector, draft: Draft) -> tuple[Manifest, Segment]:
    """Write what the current manifest shows; return it, let go by now, and the new base."""
    with projector.opened() as catalogue:
        folded = catalogue.manifest
        with projector.engine.connect() as connection:
            structure = structures.current(connection)
        return folded, folding.fold(draft, catalogue, structure)


def _put_in_place(projector: Projector, folded: Manifest, base: Segment) -> Manifest | None:
    """Publish a base instead of the segments it was folded from, if that is still right."""
    with projector.locked(wait=True) as connection:
        assert connection is not None
        with projector.shared(connection) as pulled:
            known = manifest.load(projector.folder)
            if known is None or known.base != folded.base or known.patches != folded.patches:
                return None
            later = [s for s in known.segments if s not in folded.segments]
            position = Position(
                system=known.system,
                database=known.database,
                snapshot=known.snapshot,
                at=known.at,
            )
            return projector.publish(connection, position, [base, *later], pulled)


@contextmanager
def _alone(folder: Path) -> Iterator[bool]:
    """Tell whether nobody else on this machine is folding."""
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder / FOLDING, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        yield _taken(descriptor)
    finally:
        os.close(descriptor)


def _taken(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_due(folder: Path, known: Manifest) -> bool:
    """Tell whether later segments have become so many that folding them is worth its time."""
    rows = sum(segment.rows for segment in known.deltas)
    if rows <= max(ALWAYS, DUE_SHARE * known.base.rows) and len(known.patches) < DUE_PATCHES:
        return False
    age = time.time() - (folder / SEGMENTS / known.base.name).stat().st_mtime
    return age >= DUE_SECONDS
