"""The projection: whole, of this database, and equal to what it would be if it were built now."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import polars as pl
from sqlalchemy import Connection, text

from pim.errors import NotFound
from pim.operations.backup.tables import driver
from pim.operations.doctor.finding import Finding, Patient, error, ok, warning
from pim.projection import Reading, cursor, extract, manifest, resolve, writing
from pim.projection.catalogue import MODEL_LEVELS, PRODUCT_LEVELS, Catalogue
from pim.projection.manifest import CURRENT, SEGMENTS, Lease, Manifest
from pim.structure import queries as structures

SAMPLE: Final = 300
MOST_SEGMENTS: Final = 40
_SPREAD = text("SELECT id FROM product ORDER BY hashint8(id) LIMIT :sample")
_COUNTS = text(
    """
    SELECT (SELECT count(*) FROM product) AS products,
           (SELECT count(*) FROM product_model) AS models
    """
)
MEND: Final = "It is made from the database: remove PIM_HOME/projection, the next reader builds it."


def projection(patient: Patient) -> Iterator[Finding]:
    """Compare manifest, files and rows with the database, and a sample value by value."""
    folder = patient.settings.projection
    if not os.path.lexists(folder / CURRENT):
        yield ok("projection", "There is none yet; the first reader builds it.")
        return
    lease = manifest.lease(folder) if manifest.load(folder) else None
    if lease is None:
        yield warning(
            "projection",
            "Its manifest is damaged or of another format, or lacks files.",
            mend="The next reader or worker builds it anew: pim run list shows when.",
        )
        return
    try:
        yield from _against_database(patient, folder, lease)
    finally:
        lease.release()


def _against_database(patient: Patient, folder: Path, lease: Lease) -> Iterator[Finding]:
    known = lease.manifest
    frozen = patient.engine.execution_options(isolation_level="REPEATABLE READ")
    with frozen.connect() as connection, connection.begin():
        if not cursor.is_at(connection, known):
            yield warning(
                "projection",
                "It is of another database, or of this one before a restore.",
                mend="The next reader or worker builds it anew.",
            )
            return
        rows, changes = cursor.extent(connection, known.snapshot)
        if rows:
            yield ok("projection", f"{changes:,} changes are not in it yet.")
            return
        yield from _compared(connection, folder, lease)
    yield from _size(known)


def _compared(connection: Connection, folder: Path, lease: Lease) -> Iterator[Finding]:
    """Compare with the very moment that it shows."""
    stored = Reading(Catalogue(folder, lease), structures.current(connection), _nobody)
    there = connection.execute(_COUNTS).one()
    products = stored.frame(["id"], levels=PRODUCT_LEVELS).height
    models = stored.frame(["id"], levels=MODEL_LEVELS).height
    if (products, models) != (there.products, there.models):
        yield error(
            "projection",
            f"It has {products:,} products and {models:,} models, the database {there.products:,} "
            f"and {there.models:,}.",
            mend=MEND,
        )
        return
    sample = list(connection.scalars(_SPREAD, {"sample": SAMPLE}))
    wrong = _differing(connection, stored, sample)
    if wrong:
        shown = ", ".join(wrong[:5])
        yield error(
            "projection", f"{len(sample)} products were built anew: {shown} differ.", mend=MEND
        )
    else:
        yield ok(
            "projection",
            f"{products:,} products and {models:,} models as in the database; "
            f"{len(sample)} of them built anew are equal.",
        )


def _differing(connection: Connection, stored: Reading, sample: Sequence[int]) -> list[str]:
    """Return the columns in which a sample differs from the same rows built now."""
    if not sample:
        return []
    with tempfile.TemporaryDirectory(prefix="polka-") as place:
        folder = Path(place)
        _build(connection, folder, sample, stored.manifest)
        lease = manifest.lease(folder)
        if lease is None:
            return ["(nothing was written)"]
        try:
            catalogue = Catalogue(folder, lease)
            fresh = Reading(catalogue, stored.structure, _nobody)
            names = sorted(catalogue.names)
            ids = pl.Series("id", sorted(sample), dtype=pl.Int64)
            return list(_unequal(stored, fresh, names, ids))
        finally:
            lease.release()


def _unequal(
    stored: Reading, fresh: Reading, names: Sequence[str], ids: pl.Series
) -> Iterator[str]:
    for name in names:
        try:
            one, other = (each.frame([name], ids=ids).to_series() for each in (stored, fresh))
        except NotFound:  # a helper column that has no name outside
            continue
        if not one.equals(other, null_equal=True):
            yield name


def _build(connection: Connection, folder: Path, ids: Sequence[int], like: Manifest) -> None:
    """Write a projection of a few products and all that is above them."""
    structure = structures.current(connection)
    reach = cursor.reach(connection, list(ids))
    models = extract.models(driver(connection), structure, ids=reach.models)
    owners = resolve.owners(models, structure)
    with extract.products(driver(connection), structure, ids=list(ids)) as chunks:
        items = [resolve.items(chunk, owners, structure) for chunk in chunks]
    written = writing.write(folder / SEGMENTS, items=items, owners=owners)
    manifest.publish(
        folder,
        Manifest(
            number=1,
            system=like.system,
            database=like.database,
            snapshot=like.snapshot,
            at=like.at,
            segments=(written,),
        ),
    )


def _size(known: Manifest) -> Iterator[Finding]:
    if len(known.segments) > MOST_SEGMENTS:
        yield warning(
            "projection",
            f"It has {len(known.segments)} segments.",
            mend="A worker merges them; is one at work?",
        )


def _nobody(_change_sets: Sequence[int]) -> pl.Series:
    return pl.Series("id", [], dtype=pl.Int64)
