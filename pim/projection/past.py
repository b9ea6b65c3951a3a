"""The catalogue as it was at a past moment: a piece that holds what has changed since, as it was.

It lies beside a manifest's pieces and wins over them, id by id. History is folded back in SQL
(`pim.products.past`); documents become columns by the ways of the projector. The structure is
today's.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import Final

import polars as pl
import sqlalchemy as sa

from pim.domain.structure import Structure
from pim.errors import Retryable
from pim.products.models import MODEL, PRODUCT
from pim.products.past.folding import gather, rows_sql
from pim.products.past.reach import Changed, changed
from pim.projection import cursor, extract, lowered, resolve
from pim.projection.catalogue import open_pieces
from pim.projection.cursor import Place, Position, Reach
from pim.projection.manifest import SEGMENTS, Manifest
from pim.projection.piece import Piece
from pim.projection.projector import driver_of
from pim.projection.segments import OWNERS
from pim.projection.uncovered import tables
from pim.projection.writing import Draft, write_chunks

#: Rows that memory holds; more are written to a segment that nobody else sees.
IN_MEMORY: Final = 50_000
#: Moments whose pieces are kept for the next reading.
REMEMBERED: Final = 2


@dataclass
class _Known:
    """A piece and the moment of the database at which it was made."""

    place: Position
    structure: int
    piece: Piece | None


@dataclass
class Pasts:
    """Makes pieces of past moments; the last few are kept as long as nothing changes."""

    folder: Path
    _known: dict[datetime, _Known] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def piece(
        self, connection: sa.Connection, known: Place, structure: Structure, moment: datetime
    ) -> Piece | None:
        """Return what differs between a manifest and a moment; None if nothing does.

        The connection reads one moment of the database, at which the manifest is past. Raises
        Refused for a moment whose history was removed.
        """
        with self._lock:
            found = self._known.pop(moment, None)
            if found is None or not _stands(connection, found, structure):
                place = cursor.position(connection)
                piece = self._made(connection, known, structure, moment, place.snapshot)
                found = _Known(place, structure.version, piece)
            self._known[moment] = found
            while len(self._known) > REMEMBERED:
                del self._known[next(iter(self._known))]
            return found.piece

    def _made(
        self,
        connection: sa.Connection,
        known: Place,
        structure: Structure,
        moment: datetime,
        snapshot: str,
    ) -> Piece | None:
        if not cursor.is_at(connection, known):
            raise Retryable("The database is not the one that the projection has read. Try again.")
        gather(connection, moment)
        since = cursor.changed(connection, known.snapshot)
        there = changed(connection)
        reach = _reach(connection, there, since)
        if not reach.rows:
            return None
        key = f"as of {moment.isoformat()} at {snapshot}"
        owners = _owners(connection, structure, reach)
        with _items(connection, structure, reach, owners) as items:
            owners = lowered.added(owners, structure)
            if reach.rows > IN_MEMORY:
                return self._on_disk(key, items, owners, reach)
            gone = pl.Series("id", reach.gone, dtype=pl.Int64)
            return Piece(key, tables(pl.concat(items, how="diagonal")), tables(owners), gone)

    def _on_disk(
        self, key: str, items: Iterable[pl.DataFrame], owners: pl.DataFrame, reach: Reach
    ) -> Piece:
        """Return a piece whose rows lie in files, which have no name any more once it is open.

        Others take the folder for a draft until then, and remove it should this process die.
        """
        with Draft(self.folder / SEGMENTS) as draft:
            draft.write(OWNERS, owners)
            draft.write_gone(reach.gone)
            height = write_chunks(draft, items)
            segment = draft.publish(items=height, owners=owners.height, gone=len(reach.gone))
            alone = Manifest(
                number=0, system="", database=0, snapshot="", at="", segments=(segment,)
            )
            (opened,) = open_pieces(self.folder, alone, {})
            shutil.rmtree(self.folder / SEGMENTS / segment.name)
        opened.key = key
        return opened


def _stands(connection: sa.Connection, known: _Known, structure: Structure) -> bool:
    """Tell whether nothing has changed since a piece was made."""
    if known.structure != structure.version or not cursor.is_at(connection, known.place):
        return False
    if not cursor.extent(connection, known.place.snapshot)[0]:
        return True
    return not cursor.changed(connection, known.place.snapshot)  # feeds, campaigns: nothing


def _reach(connection: sa.Connection, there: Changed, since: Iterable[int]) -> Reach:
    """Return the rows of the piece: as things are connected today, and as they were."""
    ids = sorted({*there.ids, *since})
    today = cursor.reach(connection, ids)
    models = ({*today.models} | there.models | there.parents) - there.unborn
    products = ({*today.products} | there.products) - there.unborn
    gone = {*ids, *today.gone} - models - products
    return Reach(products=sorted(products), models=sorted(models), gone=sorted(gone))


def _owners(connection: sa.Connection, structure: Structure, reach: Reach) -> pl.DataFrame:
    source = _source(connection, MODEL)
    models = extract.models(driver_of(connection), structure, ids=reach.models, source=source)
    return resolve.owners(models, structure)


@contextmanager
def _items(
    connection: sa.Connection, structure: Structure, reach: Reach, owners: pl.DataFrame
) -> Iterator[Iterator[pl.DataFrame]]:
    source = _source(connection, PRODUCT)
    driver = driver_of(connection)
    with extract.products(driver, structure, ids=reach.products, source=source) as chunks:
        yield (lowered.added(resolve.items(c, owners, structure), structure) for c in chunks)


def _source(connection: sa.Connection, kind: int) -> str:
    """Return the rows of the moment for a statement with parameters of psycopg."""
    return f"({rows_sql(connection, kind).replace('%', '%%')})"
