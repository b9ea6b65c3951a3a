"""Read products and models out of PostgreSQL as JSON lines, by COPY and in order of id."""

from __future__ import annotations

from collections.abc import Collection, Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any, Final

import polars as pl
import psycopg
import pyarrow as pa

from pim.domain.structure import Structure
from pim.projection.decode import Decoder

CHUNK: Final = 50_000

IDS: Final = pa.list_(pa.int64())

_COMMON: Final = {
    "id": pa.int64(),
    "uuid": pa.string(),
    "identifier": pa.string(),
    "parent": pa.int64(),
    "categories": IDS,
    "created": pa.int64(),
    "updated": pa.int64(),
    "version": pa.int64(),
}
PRODUCTS: Final = _COMMON | {"family": pa.int64(), "enabled": pa.bool_(), "groups": IDS}
MODELS: Final = _COMMON | {"family_variant": pa.int64()}

# What follows is put together from constants of this file alone.
_SHARED: Final = """
    id, uuid, parent_id AS parent, categories, version, "values",
    (extract(epoch FROM created) * 1000000)::bigint AS created,
    (extract(epoch FROM updated) * 1000000)::bigint AS updated
"""
_PRODUCT: Final = f"SELECT {_SHARED}, identifier, family_id AS family, enabled, groups FROM "  # noqa: S608
_MODEL: Final = f"SELECT {_SHARED}, code AS identifier, family_variant_id AS family_variant FROM "  # noqa: S608

_WANTED: Final = " WHERE id = ANY(%s)"

#: What a patch compares with what is stored, and what every write changes.
_KEYS: Final = {
    "id": pa.int64(),
    "identifier": pa.string(),
    "parent": pa.int64(),
    "family_variant": pa.int64(),
    "categories": IDS,
    "updated": pa.int64(),
    "version": pa.int64(),
}
PRODUCT_CELLS: Final = _KEYS | {"family": pa.int64(), "enabled": pa.bool_(), "groups": IDS}
MODEL_CELLS: Final = _KEYS

_CELLS: Final = """
    e.id, e.parent_id AS parent, e.categories, e.version,
    (extract(epoch FROM e.updated) * 1000000)::bigint AS updated
"""
_CELLS_OF_PRODUCTS: Final = (
    f"SELECT {_CELLS}, e.identifier, e.family_id AS family, e.enabled, e.groups, "  # noqa: S608
    'm.family_variant_id AS family_variant, jsonb_build_object({values}) AS "values" '
    "FROM product e LEFT JOIN product_model m ON m.id = e.parent_id WHERE e.id = ANY(%s)"
)
_CELLS_OF_MODELS: Final = (
    f"SELECT {_CELLS}, e.code AS identifier, e.family_variant_id AS family_variant, "  # noqa: S608
    'jsonb_build_object({values}) AS "values" FROM product_model e WHERE e.id = ANY(%s)'
)


@contextmanager
def products(
    connection: psycopg.Connection[Any],
    structure: Structure,
    *,
    ids: Sequence[int] | None = None,
    source: str = "product",
) -> Iterator[Iterator[pl.DataFrame]]:
    """Give products (all, or those with the ids that still exist) with their own values, in chunks.

    Columns: those of PRODUCTS, then one per value cell that holds data in the chunk. `source` is
    the table, or a query with its columns in brackets. The connection is of no other use until the
    `with` is left: whoever stops between two chunks, and rolls back, would wait for the COPY.
    """
    query = f"{_PRODUCT}{source} e"
    with closing(_frames(connection, *_asked(query, ids), Decoder(structure, PRODUCTS))) as frames:
        yield frames


def models(
    connection: psycopg.Connection[Any],
    structure: Structure,
    *,
    ids: Sequence[int] | None = None,
    source: str = "product_model",
) -> pl.DataFrame:
    """Return models (all, or those with the ids that still exist) with their own values."""
    query = f"{_MODEL}{source} e"
    frames = list(_frames(connection, *_asked(query, ids), Decoder(structure, MODELS)))
    return pl.concat(frames, how="diagonal")


def product_cells(
    connection: psycopg.Connection[Any],
    structure: Structure,
    *,
    ids: Sequence[int],
    attributes: Collection[str],
) -> pl.DataFrame:
    """Return some attributes of products, beside PRODUCT_CELLS; `family_variant` is the model's."""
    asked = _narrowed(_CELLS_OF_PRODUCTS, ids, attributes)
    frames = list(_frames(connection, *asked, Decoder(structure, PRODUCT_CELLS)))
    return pl.concat(frames, how="diagonal")


def model_cells(
    connection: psycopg.Connection[Any],
    structure: Structure,
    *,
    ids: Sequence[int],
    attributes: Collection[str],
) -> pl.DataFrame:
    """Return some attributes of models as these own them, beside MODEL_CELLS."""
    asked = _narrowed(_CELLS_OF_MODELS, ids, attributes)
    frames = list(_frames(connection, *asked, Decoder(structure, MODEL_CELLS)))
    return pl.concat(frames, how="diagonal")


def _asked(query: str, ids: Sequence[int] | None) -> tuple[str, list[Any] | None]:
    return (query, None) if ids is None else (f"{query}{_WANTED}", [list(ids)])


def _narrowed(query: str, ids: Sequence[int], attributes: Collection[str]) -> tuple[str, list[Any]]:
    codes = sorted(attributes)
    pairs = ", ".join(['%s::text, e."values" -> %s'] * len(codes))
    bound = [code for code in codes for _ in range(2)]
    return query.replace("{values}", pairs), [*bound, list(ids)]


def _frames(
    connection: psycopg.Connection[Any],
    query: str,
    parameters: Sequence[Any] | None,
    decoder: Decoder,
) -> Generator[pl.DataFrame]:
    statement = f"COPY (SELECT row_to_json(r) FROM ({query} ORDER BY id) r) TO STDOUT"  # noqa: S608
    rows: list[bytes] = []
    with connection.cursor().copy(statement, parameters) as copy:
        for row in copy:
            # JSON text holds no tab or line break, so COPY escapes nothing but the backslash.
            rows.append(bytes(row).replace(rb"\\", b"\\"))
            if len(rows) == CHUNK:
                yield decoder.frame(rows)
                rows = []
    yield decoder.frame(rows)
