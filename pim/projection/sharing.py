"""One projection for many machines: segments travel through the storage, a pointer names them.

    projection/current              the newest manifest, and which segments it has given up when
    projection/segments/<name>/     the files of one segment, written once

Whoever projects (PostgreSQL lets one do it at a time) first pulls the newest manifest, then writes
new segments, and last replaces the pointer on condition that it is the one that was pulled. So a
kill at any moment leaves the old projection or the new one, and a projector that has lost its lock
without noticing loses against the quicker one. Each machine maps its own copy of the segments.
"""

from __future__ import annotations

import fcntl
import logging
import os
import secrets
import shutil
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import orjson
import sqlalchemy as sa

from pim.errors import NotFound, Retryable
from pim.projection import cursor, manifest
from pim.projection.manifest import CURRENT, SEGMENTS, Manifest
from pim.projection.segments import Segment, sync_folder
from pim.storage import Bucket, Found

logger = logging.getLogger(__name__)

ROOT: Final = "projection"
LOCK: Final = ".lock"
#: How long a segment stays after the newest manifest has given it up, or if none ever named it:
#: other machines may be fetching it, or about to name it.
GRACE: Final = timedelta(hours=1)
#: Seconds between two looks of a reading process at the pointer.
EVERY: Final = 2.0
#: Between two of these manifests the storage is looked through for segments nobody names.
SWEEP_EVERY: Final = 50
TRIES: Final = 3


@dataclass(frozen=True, kw_only=True)
class Pulled:
    """The pointer as it was read: `state` for the conditional write, what it says, what went.

    `manifest` is None when there is none, or one whose segments are lost; `number` is its number.
    """

    state: Found | None = None
    manifest: Manifest | None = None
    number: int = 0
    given_up: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Sharing:
    """The projection's place in the storage, and this machine's copy of it in `folder`."""

    folder: Path
    bucket: Bucket

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Be the only process of this machine that changes its copy."""
        self.folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self.folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def pull(self, connection: sa.Connection) -> Pulled:
        """Make the newest manifest this machine's, with its segments; for `exclusive` holders.

        A manifest of another database, or of a future that a restored backup does not know, is
        left alone: the projector then writes a new base over it.
        """
        pulled = Pulled()
        for _ in range(TRIES):
            pulled = self._look()
            newest = pulled.manifest
            if newest is None or not cursor.is_at(connection, newest):
                return pulled
            if manifest.load(self.folder) == newest:
                return pulled
            try:
                for segment in newest.segments:
                    self._fetch(segment)
            except NotFound:  # given up meanwhile, for a newer one
                continue
            manifest.publish(self.folder, newest)
            return pulled
        logger.error(
            "The storage has lost segments of manifest %s; it is written anew", pulled.number
        )
        return replace(pulled, manifest=None)

    def push(self, pulled: Pulled, result: Manifest) -> None:
        """Send new segments, then make a manifest the newest of all machines.

        Raises Conflict when another machine has been quicker since `pulled`.
        """
        known = set(_names(pulled.manifest))
        for segment in result.segments:
            if segment.name not in known:
                self._send(segment)
        now = datetime.now(UTC)
        due = [n for n, at in pulled.given_up.items() if datetime.fromisoformat(at) < now - GRACE]
        given_up = _given_up(pulled, result, due=due, now=now)
        self.bucket.write(f"{ROOT}/{CURRENT}", _written(result, given_up), before=pulled.state)
        self._sweep(result, given_up, due=due, before=now - GRACE)

    def next_number(self, pulled: Pulled) -> int:
        """Return a number above every manifest of this machine, and above the newest of all."""
        return max(manifest.next_number(self.folder), pulled.number + 1)

    def _look(self) -> Pulled:
        state = self.bucket.read(f"{ROOT}/{CURRENT}")
        if state is None:
            return Pulled()
        try:
            document: Mapping[str, Any] = orjson.loads(state.content)
            newest = manifest.parse(orjson.dumps(document["manifest"]))
            number = newest.number if newest else 0
            given_up = dict(document["given_up"])
            return Pulled(state=state, manifest=newest, number=number, given_up=given_up)
        except (ValueError, KeyError, TypeError):
            return Pulled(state=state)

    def _fetch(self, segment: Segment) -> None:
        """Bring a segment here, whole under its name, unless it is here."""
        folder = self.folder / SEGMENTS
        if segment.whole(folder):
            return
        draft = folder / f".{secrets.token_hex(8)}"
        for name in segment.files:
            self.bucket.fetch(_key(segment, name), draft / name)
        sync_folder(draft)
        shutil.rmtree(folder / segment.name, ignore_errors=True)
        draft.rename(folder / segment.name)
        sync_folder(folder)
        if not segment.whole(folder):
            raise Retryable(f"The storage gave another segment {segment.name} than was written.")

    def _send(self, segment: Segment) -> None:
        for name in segment.files:
            self.bucket.put_file(self.folder / SEGMENTS / segment.name / name, _key(segment, name))

    def _sweep(
        self,
        result: Manifest,
        given_up: Mapping[str, str],
        *,
        due: Sequence[str],
        before: datetime,
    ) -> None:
        """Remove segments that no manifest has named for a while; the pointer already stands."""
        try:
            for name in due:
                self.bucket.delete_folder(f"{ROOT}/{SEGMENTS}/{name}")
            if result.number % SWEEP_EVERY == 0:
                self._sweep_unnamed({*_names(result), *given_up}, before)
        except Retryable:
            logger.exception("Old segments stay in the storage; they are removed later")

    def _sweep_unnamed(self, named: set[str], before: datetime) -> None:
        """Remove what killed projectors have left."""
        listed = self.bucket.list(f"{ROOT}/{SEGMENTS}")
        stray = [e.key for e in listed if e.modified < before and e.key.split("/")[2] not in named]
        self.bucket.delete(stray)


class Follower:
    """Keeps the copy of a process that only reads up to date, in the background."""

    def __init__(self, sharing: Sharing, engine: sa.Engine) -> None:
        self._sharing, self._engine = sharing, engine
        self._looked = 0.0
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()

    def look(self) -> None:
        """See whether another machine has projected, at most every few seconds; do not wait."""
        with self._lock:
            now = time.monotonic()
            if now - self._looked < EVERY or (self._thread and self._thread.is_alive()):
                return
            self._looked = now
            self._thread = threading.Thread(target=self._pull, name="Following", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """Wait for a look that is under way."""
        with self._lock:
            if self._thread:
                self._thread.join()

    def _pull(self) -> None:
        try:
            with self._sharing.exclusive(), self._engine.connect() as connection:
                self._sharing.pull(connection)
        except Exception:
            logger.exception("The newest projection could not be fetched; it is tried again")


def _names(known: Manifest | None) -> list[str]:
    return [segment.name for segment in known.segments] if known else []


def _given_up(
    pulled: Pulled, result: Manifest, *, due: Sequence[str], now: datetime
) -> dict[str, str]:
    """Return which segments are named no more since when, without those that are removed now."""
    fresh = {name: now.isoformat() for name in _names(pulled.manifest)}
    named = {*_names(result), *due}
    return {n: at for n, at in {**fresh, **pulled.given_up}.items() if n not in named}


def _written(result: Manifest, given_up: Mapping[str, str]) -> bytes:
    document = {"manifest": orjson.loads(manifest.dump(result)), "given_up": given_up}
    return orjson.dumps(document, option=orjson.OPT_INDENT_2)


def _key(segment: Segment, name: str) -> str:
    return f"{ROOT}/{SEGMENTS}/{segment.name}/{name}"
