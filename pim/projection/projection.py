"""The projection of one database: refreshed by one process at a time, read by any number."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import polars as pl
import sqlalchemy as sa

from pim.db.conditions import Facts
from pim.domain.structure import Structure
from pim.errors import Retryable
from pim.projection import compaction, manifest, uncovered
from pim.projection.catalogue import Catalogue
from pim.projection.manifest import CURRENT, Manifest
from pim.projection.past import Pasts
from pim.projection.piece import Piece
from pim.projection.projector import Progress, Projector
from pim.projection.reading import Reading
from pim.projection.sharing import Follower, Sharing
from pim.settings import Settings
from pim.storage import Bucket, bucket_of
from pim.structure import queries as structures

_MEMBERS = sa.text("SELECT DISTINCT entity_id FROM history WHERE change_set_id = ANY(:ids)")


class _Open:
    """A catalogue, the manifest's file it came from, and how many readings hold it."""

    def __init__(self, catalogue: Catalogue, target: str) -> None:
        self.catalogue = catalogue
        self.target = target
        self.readings = 0
        self.newest = True

    def shown(self, beside: Sequence[Piece]) -> Catalogue:
        """Return the catalogue with pieces in memory beside it."""
        if not beside:
            return self.catalogue
        known = self.catalogue
        return Catalogue(known.folder, known.lease, before=known, beside=beside)


class Projection:
    """The catalogue in columns, in one folder; with `bucket`, the same on all machines.

    Processes that read must be spawned, or forked before their first reading: Polars' threads do
    not survive a fork. Threads may share one object.
    """

    def __init__(
        self,
        folder: Path,
        engine: sa.Engine,
        *,
        bucket: Bucket | None = None,
        facts: Facts | None = None,
    ) -> None:
        self.folder = folder
        self.engine = engine
        self.facts = facts
        sharing = Sharing(folder, bucket) if bucket else None
        self._projector = Projector(folder=folder, engine=engine, sharing=sharing)
        self._follower = Follower(sharing, engine) if sharing else None
        self._pasts = Pasts(folder)
        self._open: _Open | None = None
        self._lock = threading.Lock()

    @classmethod
    def from_settings(
        cls, settings: Settings, engine: sa.Engine, *, facts: Facts | None = None
    ) -> Projection:
        """Return the projection of the settings' home, shared if they name a storage.

        `facts` answers conditions on what feeds know; those who have no feeds do without.
        """
        return cls(settings.projection, engine, bucket=bucket_of(settings), facts=facts)

    def refresh(self, *, rebuild: bool = False, progress: Progress | None = None) -> Manifest:
        """Bring the projection up to date and return its manifest.

        Covers everything that was committed before the call. `rebuild` writes a new base whatever
        is there; `progress` is told (products done, products in all) while a base is written.
        """
        return self._projector.refresh(rebuild=rebuild, progress=progress)

    @contextmanager
    def read(self) -> Iterator[Reading]:
        """Give a reading of the current manifest; what it shows stays whole until it is left.

        Builds the projection if there is none that can be read.
        """
        opened = self._enter()
        try:
            yield Reading(opened.catalogue, self._structure(), self._members, facts=self.facts)
        finally:
            self._leave(opened)

    @contextmanager
    def read_newest(self, *, author: int | None = None) -> Iterator[Reading]:
        """Give a reading that shows a little more than the manifest, without waiting.

        What the author has written is there, and what others have, while it is little; the
        reading's `behind` tells how much is not. A projector that is busy is not waited for.
        """
        if manifest.load(self.folder):
            self._projector.try_refresh(uncovered.OTHERS)
        opened = self._enter()
        try:
            with self._moment() as connection:
                new = uncovered.since(connection, opened.catalogue.manifest, author=author)
                structure = structures.current(connection)
            beside = [new.piece] if new.piece else []
            shown = opened.shown(beside)
            yield Reading(shown, structure, self._members, behind=new.behind, facts=self.facts)
        finally:
            self._leave(opened)

    @contextmanager
    def read_covering(self) -> Iterator[Reading]:
        """Give a reading of everything that was committed before the call.

        A projector that is busy is waited for only if more has changed than memory should hold.
        """
        if self._projector.try_refresh(uncovered.OWN) is None:
            with self.read_newest() as reading:
                if not reading.behind:
                    yield reading
                    return
            self.refresh()
        with self.read() as reading:
            yield reading

    @contextmanager
    def read_past(self, moment: datetime) -> Iterator[Reading]:
        """Give a reading of the catalogue as it was at a past moment, in today's structure.

        What has changed since is as it was then; what attributes that are gone held is not shown.
        The reading's `as_of` is the moment, and conditions without `now` mean it. Raises Refused
        for a moment whose history was removed.
        """
        if self._projector.try_refresh(uncovered.OWN) is None:
            self.refresh()
        opened = self._enter()
        try:
            with self._moment() as connection:
                structure = structures.current(connection)
                known = opened.catalogue.manifest
                piece = self._pasts.piece(connection, known, structure, moment)
            shown = opened.shown([piece] if piece else [])
            yield Reading(shown, structure, self._members, as_of=moment, facts=self.facts)
        finally:
            self._leave(opened)

    def compact(self) -> Manifest | None:
        """Fold later segments into the base if they have become many; None if there was no need.

        Takes place beside readers and the projector, and in bounded memory.
        """
        return compaction.compact(self._projector)

    def close(self) -> None:
        """Let go of the manifest that is kept open between readings."""
        if self._follower:
            self._follower.close()
        with self._lock:
            if self._open:
                self._retire(self._open)
            self._open = None

    def _enter(self) -> _Open:
        if self._follower:
            self._follower.look()
        with self._lock:
            if self._open is None or self._open.target != self._target():
                opened = self._newest(self._open.catalogue if self._open else None)
                if self._open:
                    self._retire(self._open)
                self._open = opened
            self._open.readings += 1
            return self._open

    def _leave(self, opened: _Open) -> None:
        with self._lock:
            opened.readings -= 1
            if not opened.newest:
                self._retire(opened)

    def _retire(self, opened: _Open) -> None:
        opened.newest = False
        if opened.readings == 0:
            opened.catalogue.lease.release()

    def _newest(self, before: Catalogue | None) -> _Open:
        """Open the current manifest, rebuilding what cannot be opened."""
        for _ in range(2):
            target = self._target()
            lease = manifest.lease(self.folder)
            if lease is not None:
                try:
                    return _Open(Catalogue(self.folder, lease, before=before), target)
                except (OSError, ValueError):  # a segment is missing or cut short
                    lease.release()
            self.refresh()
        raise Retryable("The projection could not be opened; it was just rebuilt. Try again.")

    def _target(self) -> str:
        """Return what the pointer to the current manifest names, "" if it is not there."""
        try:
            return str((self.folder / CURRENT).readlink())
        except OSError:
            return ""

    @contextmanager
    def _moment(self) -> Iterator[sa.Connection]:
        """Open one moment of the database."""
        engine = self.engine.execution_options(isolation_level="REPEATABLE READ")
        with engine.connect() as connection:
            yield connection

    def _structure(self) -> Structure:
        with self.engine.connect() as connection:
            return structures.current(connection)

    def _members(self, change_sets: Sequence[int]) -> pl.Series:
        with self.engine.connect() as connection:
            found = connection.execute(_MEMBERS, {"ids": list(change_sets)}).scalars()
            return pl.Series("id", list(found), dtype=pl.Int64)
