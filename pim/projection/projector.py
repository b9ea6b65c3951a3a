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

import psycopg
import sqlalchemy as sa

from pim.errors import Conflict, Retryable
from pim.projection import cursor, extract, manifest, resolve, segments
from pim.projection.cursor import Position
from pim.projection.manifest import SEGMENTS, Manifest
from pim.projection.segments import GONE, ITEMS, OWNERS, Segment
from pim.projection.sharing import Pulled, Sharing
from pim.structure import queries as structures

#: A delta may hold this part of the base's rows, and always this many.
SHARE: Final = 0.2
ALWAYS: Final = 200

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
        known = None if rebuild else manifest.load(self.folder)
        if known:
            with self.engine.connect() as connection:
                if _covers(connection, known):
                    return known
        if self.sharing:  # what takes long to fetch is fetched before others have to wait for it
            with self.sharing.exclusive(), self.engine.connect() as connection:
                self.sharing.pull(connection)
        with self._alone() as connection, self._shared(connection) as pulled:
            known = None if rebuild else manifest.load(self.folder)
            if known and _covers(connection, known):  # somebody else has done it meanwhile
                return known
            return self._advance(connection, known, progress, pulled)

    @contextmanager
    def _shared(self, connection: sa.Connection) -> Iterator[Pulled]:
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
    ) -> Manifest:
        position = cursor.position(connection)
        written: Sequence[Segment] | None = None
        if known and cursor.is_at(connection, known):
            written = self._follow(connection, known)
        if written is None:
            written = [self._base(connection, progress)]
        return self._publish(connection, position, written, pulled)

    def _follow(self, connection: sa.Connection, known: Manifest) -> list[Segment] | None:
        """Return the segments after the changes since a manifest, None if a base is due."""
        limit = max(ALWAYS, SHARE * known.base.rows)
        if _extent(connection, known)[1] > limit * 2:  # ids may repeat, so only a rough refusal
            return None
        changed = cursor.changed(connection, known.snapshot)
        if not changed:
            return list(known.segments)
        reach = cursor.reach(connection, changed)
        kept, again = self._absorb(known, reach.rows)
        if again:
            reach = cursor.reach(connection, changed, again=again)
        if reach.rows + sum(s.rows for s in kept) > limit:
            return None
        return [known.base, *kept, self._delta(connection, reach)]

    def _absorb(self, known: Manifest, rows: int) -> tuple[list[Segment], list[int]]:
        """Return the deltas to keep, and the ids of those that the next delta takes in."""
        kept, again = list(known.deltas), list[int]()
        while kept and kept[-1].rows <= 2 * rows:
            rows += kept[-1].rows
            folder = self.folder / SEGMENTS / kept.pop().name
            for name in (ITEMS, OWNERS, GONE):
                again += segments.open_file(folder / name)["id"].to_pylist()
        return kept, again

    def _delta(self, connection: sa.Connection, reach: cursor.Reach) -> Segment:
        structure = structures.current(connection)
        driver = _driver(connection)
        owners = resolve.owners(extract.models(driver, structure, ids=reach.models), structure)
        items = [
            resolve.items(chunk, owners, structure)
            for chunk in extract.products(driver, structure, ids=reach.products)
        ]
        return segments.write(self.folder / SEGMENTS, items=items, owners=owners, gone=reach.gone)

    def _base(self, connection: sa.Connection, progress: Progress | None) -> Segment:
        structure = structures.current(connection)
        driver = _driver(connection)
        owners = resolve.owners(extract.models(driver, structure), structure)
        total = connection.execute(sa.text("SELECT count(*) FROM product")).scalar_one()
        items, done = [], 0
        for chunk in extract.products(driver, structure):
            items.append(resolve.items(chunk, owners, structure))
            done += chunk.height
            if progress:
                progress(done, total)
        return segments.write(self.folder / SEGMENTS, items=items, owners=owners)

    def _publish(
        self,
        connection: sa.Connection,
        position: Position,
        written: Sequence[Segment],
        pulled: Pulled,
    ) -> Manifest:
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
    def _alone(self) -> Iterator[sa.Connection]:
        """Wait until no other process projects this database; open one moment of it.

        The lock comes first, in a transaction of its own: a snapshot taken before the wait would
        miss what the others have projected meanwhile. Log, data and structure are of one snapshot.
        """
        engine = self.engine.execution_options(isolation_level="REPEATABLE READ")
        with engine.connect() as connection:
            connection.execute(sa.text("SELECT pg_advisory_lock(:key)"), {"key": LOCK})
            connection.commit()
            try:
                with connection.begin():
                    yield connection
            finally:
                connection.execute(sa.text("SELECT pg_advisory_unlock(:key)"), {"key": LOCK})
                connection.commit()


def _covers(connection: sa.Connection, known: Manifest) -> bool:
    return cursor.is_at(connection, known) and not _extent(connection, known)[0]


def _extent(connection: sa.Connection, known: Manifest) -> tuple[int, int]:
    return cursor.extent(connection, known.snapshot)


def _driver(connection: sa.Connection) -> psycopg.Connection[Any]:
    driver = connection.connection.driver_connection
    if not isinstance(driver, psycopg.Connection):
        raise TypeError(f"COPY needs psycopg, not {type(driver).__name__}")
    return driver
