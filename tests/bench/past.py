"""What the past costs: bytes of history, and reading a moment before an edit of all."""

from __future__ import annotations

from time import perf_counter
from typing import Any, Final

import sqlalchemy as sa

from tests.bench.edits import change_set_of_all
from tests.bench.place import Place
from tests.bench.rows import Measured
from tests.bench.step import Step

MILLION: Final = 1_000_000

# Rows as they lie in pages (a line pointer each), and their share of the indexes.
_BYTES: Final = sa.text(
    """
    SELECT count(*) AS rows, sum(pg_column_size(h.*) + 4) AS heap,
        count(*) * pg_indexes_size('history') / greatest(1, (
            SELECT reltuples FROM pg_class WHERE oid = 'history'::regclass)) AS indexes
    FROM history h WHERE change_set_id = :change_set
    """
)
_BEGUN: Final = sa.text("SELECT created FROM change_set WHERE id = :change_set")


def _size(place: Place) -> Measured:
    """Weigh the history of the bulk edit of one value on all products."""
    begun = perf_counter()
    with place.engine() as engine, engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(
            sa.text("ANALYZE history")
        )
        row = connection.execute(_BYTES, {"change_set": change_set_of_all(place)}).one()
    cells = int(place.recall("bulk")["changed"])
    per_cell = (float(row.heap) + float(row.indexes)) / max(1, cells)
    details: dict[str, Any] = {
        "bytes_per_cell": round(per_cell),
        "heap": int(row.heap),
        "indexes": round(float(row.indexes)),
    }
    return Measured(
        count=cells,
        seconds=perf_counter() - begun,
        note=f"{per_cell * MILLION / 1_000_000:,.0f} MB per million cells",
        details=details,
    )


def _before(place: Place) -> Measured:
    """Read the catalogue as it was before that edit of all products."""
    with place.engine() as engine, engine.connect() as connection:
        moment = connection.scalar(_BEGUN, {"change_set": change_set_of_all(place)})
    assert moment is not None
    begun = perf_counter()
    with place.projection() as projection, projection.read_past(moment) as reading:
        rows = reading.frame(["badge-web"]).height
        seconds = perf_counter() - begun
    return Measured(count=rows, seconds=seconds)


STEPS: Final = {
    "history: what a million cells take": Step(measure=_size),
    "a past moment: before the edit of all": Step(measure=_before),
}
