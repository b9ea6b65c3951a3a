"""Bring the projection up to date: nothing to do, a delta, or a new base.

A delta takes in the deltas before it as long as they are not much bigger than itself, so their
number stays logarithmic; when they outgrow a fifth of the base, a new base is written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import polars as pl
import psycopg
import sqlalchemy as sa

from pim.domain.structure import Structure
from pim.errors import Conflict, Retryable
from pim.projection import (
    changes,
    cursor,
    extract,
    folding,
    lowered,
    manifest,
    orders,
    resolve,
    segments,
    writing,
)
from pim.projection.catalogue import Catalogue
from pim.projection.cursor import Position
from pim.projection.manifest import SEGMENTS, Manifest
from pim.projection.patching import Patcher
from pim.projection.segments import GONE, ITEMS, OWNERS, Segment
from pim.projection.sharing import Pulled, Sharing
from pim.projection.writing import Draft
from pim.structure import queries as structures

#: A delta may hold this part of the base's rows, and always this many.
SHARE: Final = 0.2
ALWAYS: Final = 200
#: Edits that touch cells of more than this part of the base's rows, and of more than so many,
#: become patches of columns.
PATCH_SHARE: Final = 0.01
PATCH_FROM: Final = 200

#: The advisory lock of the one projector (the bytes of "shelf").
LOCK: Final = 0x736865_6C66

Progress = Callable[[int, int], None]


@dataclass(frozen=True, kw_only=True)
class Projector:
    """Writes segments and manifests of one database into one folder, for all machines if shared."""

    folder: Path
    engine: sa.Engine
    sharing: Sharing | None = None

    def refresh(self, *, rebuild: bool = False, progress: Progress | None = None) -> Manifest:
        """Return a manifest that covers everything committed before the call."""
        known = None if rebuild else self._covering()
        if known:
            return known
        if self.sharing:  # what takes long to fetch is fetched before others have to wait for it
            with self.sharing.exclusive(), self.engine.connect() as connection:
                self.sharing.pull(connection)
        with self.locked(wait=True) as connection:
            assert connection is not None
            result, new = self._brought_up(connection, rebuild=rebuild, progress=progress)
        if new:
            self.warm()
        return result

    def try_refresh(self, most: int) -> Manifest | None:
        """Do the same if nobody else is at it and no more than `most` ids changed, else None."""
        known = self._covering()
        if known or self.sharing:  # with a storage, others would wait for what is sent to it
            return known
        with self.locked(wait=False) as connection:
            known = manifest.load(self.folder)
            if connection is None or known is None or not cursor.is_at(connection, known):
                return None
            if cursor.extent(connection, known.snapshot)[1] > most:
                return None
            return self._brought_up(connection, quick=True)[0]

    def _covering(self) -> Manifest | None:
        """Return the current manifest if nothing has changed since."""
        known = manifest.load(self.folder)
        if known:
            with self.engine.connect() as connection:
                if _covers(connection, known):
                    return known
        return None

    def _brought_up(
        self,
        connection: sa.Connection,
        *,
        rebuild: bool = False,
        progress: Progress | None = None,
        quick: bool = False,
    ) -> tuple[Manifest, bool]:
        """Return a manifest of this moment, and whether its base is new; for holders of the lock.

        A `quick` one leaves it to others to fold later segments into the base.
        """
        with self.shared(connection) as pulled:
            known = None if rebuild else manifest.load(self.folder)
            if known and _covers(connection, known):  # somebody else has done it meanwhile
                return known, False
            result = self._advance(connection, known, progress, pulled, quick=quick)
            return result, known is None or result.base != known.base

    def warm(self) -> None:
        """Work out what the first list after a new base would have to wait for."""
        with self.opened() as catalogue, self.engine.connect() as connection:
            orders.warm(catalogue, structures.current(connection))

    @contextmanager
    def shared(self, connection: sa.Connection) -> Iterator[Pulled]:
        """Work on the newest manifest of all machines."""
        if self.sharing is None:
            yield Pulled()
            return
        with self.sharing.exclusive():
            yield self.sharing.pull(connection)

    def _advance(
        self,
        connection: sa.Connection,
        known: Manifest | None,
        progress: Progress | None,
        pulled: Pulled,
        *,
        quick: bool,
    ) -> Manifest:
        position = cursor.position(connection)
        written: Sequence[Segment] | None = None
        if known and cursor.is_at(connection, known):
            written = self._follow(connection, known, quick=quick)
        if written is None:
            written = [self._base(connection, progress)]
        return self.publish(connection, position, written, pulled)

    def _follow(
        self, connection: sa.Connection, known: Manifest, *, quick: bool
    ) -> list[Segment] | None:
        """Return the segments after the changes since a manifest, None if a base is due."""
        limit = max(ALWAYS, SHARE * known.base.rows)
        structure = structures.current(connection)
        many = max(PATCH_FROM, PATCH_SHARE * known.base.rows)
        found = changes.since(connection, known.snapshot, structure, many=many)
        if len(found.whole) > limit:
            return None
        if not found.whole and not found.cells:
            return list(known.segments)
        with self.opened() as catalogue:
            whole, stored = list(found.whole), list(known.segments)
            if found.cells:
                patcher = Patcher(
                    folder=self.folder / SEGMENTS, catalogue=catalogue, structure=structure
                )
                patched = patcher.patch(connection, driver_of(connection), found.cells)
                stored = [s for s in stored if s.name not in patched.replaced]
                stored += patched.written
                whole += patched.whole
            return self._with_delta(connection, catalogue, stored, whole, limit, quick=quick)

    def _with_delta(
        self,
        connection: sa.Connection,
        catalogue: Catalogue,
        stored: list[Segment],
        whole: Sequence[int],
        limit: float,
        *,
        quick: bool,
    ) -> list[Segment] | None:
        """Return segments with a delta of ids behind, or on a new base if deltas get too many."""
        if not whole:
            return stored
        reach = cursor.reach(connection, whole)
        kept, again = self._absorb(stored, reach.rows)
        if again:
            reach = cursor.reach(connection, whole, again=again)
        if reach.rows > limit:
            return None
        delta = self._delta(connection, reach)
        names = {segment.name for segment in kept}
        patched = stored != list(catalogue.manifest.segments)  # what is open does not show that
        if reach.rows + sum(s.rows for s in kept[1:]) > limit and not patched and not quick:
            return [self._folded(connection, catalogue), delta]
        return [*kept, *(s for s in stored if s.of in names), delta]

    def _folded(self, connection: sa.Connection, catalogue: Catalogue) -> Segment:
        with Draft(self.folder / SEGMENTS) as draft:
            return folding.fold(draft, catalogue, structures.current(connection))

    def _absorb(self, stored: Sequence[Segment], rows: int) -> tuple[list[Segment], list[int]]:
        """Return base and deltas to keep, and the ids of those that the next delta takes in."""
        kept, again = [s for s in stored if s.of is None], list[int]()
        while len(kept) > 1 and kept[-1].rows <= 2 * rows:
            rows += kept[-1].rows
            folder = self.folder / SEGMENTS / kept.pop().name
            for name in (ITEMS, OWNERS, GONE):
                again += segments.open_file(folder / name)["id"].to_pylist()
        return kept, again

    @contextmanager
    def opened(self) -> Iterator[Catalogue]:
        """Open the current manifest's catalogue."""
        lease = manifest.lease(self.folder)
        if lease is None:
            raise Retryable("The projection went while it was being brought up to date.")
        try:
            yield Catalogue(self.folder, lease)
        finally:
            lease.release()

    def _delta(self, connection: sa.Connection, reach: cursor.Reach) -> Segment:
        structure = structures.current(connection)
        items, owners = rows_of(driver_of(connection), structure, reach)
        return writing.write(self.folder / SEGMENTS, items=items, owners=owners, gone=reach.gone)

    def _base(self, connection: sa.Connection, progress: Progress | None) -> Segment:
        structure = structures.current(connection)
        driver = driver_of(connection)
        total = connection.execute(sa.text("SELECT count(*) FROM product")).scalar_one()
        with Draft(self.folder / SEGMENTS) as draft:
            owners = resolve.owners(extract.models(driver, structure), structure)
            draft.write(OWNERS, lowered.added(owners, structure))
            above = owners.select("id", "categories", "family_variant")
            del owners  # on disk by now
            with extract.products(driver, structure) as chunks:
                items = writing.write_chunks(
                    draft,
                    (
                        lowered.added(resolve.items(chunk, above, structure), structure)
                        for chunk in _told(chunks, total, progress)
                    ),
                )
            draft.write_gone(())
            return draft.publish(items=items, owners=above.height)

    def publish(
        self,
        connection: sa.Connection,
        position: Position,
        written: Sequence[Segment],
        pulled: Pulled,
    ) -> Manifest:
        """Make segments the current manifest, of all machines if shared."""
        sharing = self.sharing
        result = Manifest(
            number=(sharing.next_number(pulled) if sharing else manifest.next_number(self.folder)),
            system=position.system,
            database=position.database,
            snapshot=position.snapshot,
            at=position.at,
            segments=tuple(written),
            unfinished=cursor.unfinished(connection),
        )
        if sharing:
            try:
                sharing.push(pulled, result)
            except Conflict as conflict:
                raise Retryable(f"{conflict} What it has projected is fetched next.") from conflict
        manifest.publish(self.folder, result)
        return result

    @contextmanager
    def locked(self, *, wait: bool) -> Iterator[sa.Connection | None]:
        """Keep others from projecting this database; open one moment of it.

        The lock comes first, in a transaction of its own: a snapshot taken before the wait would
        miss what the others have projected meanwhile. Log, data and structure are of one snapshot.
        Yields None if somebody else has the lock and is not to be waited for.
        """
        engine = self.engine.execution_options(isolation_level="REPEATABLE READ")
        with engine.connect() as connection:
            taken = connection.scalar(_WAIT if wait else _TRY, {"key": LOCK}) is not False
            connection.commit()
            try:
                if not taken:
                    yield None
                    return
                with connection.begin():
                    yield connection
            finally:
                if taken:
                    connection.execute(_UNLOCK, {"key": LOCK})
                    connection.commit()


_WAIT = sa.text("SELECT pg_advisory_lock(:key)")
_TRY = sa.text("SELECT pg_try_advisory_lock(:key)")
_UNLOCK = sa.text("SELECT pg_advisory_unlock(:key)")


def rows_of(
    driver: psycopg.Connection[Any], structure: Structure, reach: cursor.Reach
) -> tuple[list[pl.DataFrame], pl.DataFrame]:
    """Return products, in chunks, and models of a reach as segments hold them."""
    owners = resolve.owners(extract.models(driver, structure, ids=reach.models), structure)
    with extract.products(driver, structure, ids=reach.products) as chunks:
        items = [lowered.added(resolve.items(c, owners, structure), structure) for c in chunks]
    return items, lowered.added(owners, structure)


def _told(
    chunks: Iterator[pl.DataFrame], total: int, progress: Progress | None
) -> Iterator[pl.DataFrame]:
    done = 0
    for chunk in chunks:
        yield chunk
        done += chunk.height
        if progress:
            progress(done, total)


def _covers(connection: sa.Connection, known: Manifest) -> bool:
    return cursor.is_at(connection, known) and not _extent(connection, known)[0]


def _extent(connection: sa.Connection, known: Manifest) -> tuple[int, int]:
    return cursor.extent(connection, known.snapshot)


def driver_of(connection: sa.Connection) -> psycopg.Connection[Any]:
    """Return psycopg's own connection, which can COPY."""
    driver = connection.connection.driver_connection
    if not isinstance(driver, psycopg.Connection):
        raise TypeError(f"COPY needs psycopg, not {type(driver).__name__}")
    return driver
