"""Read products and models out of PostgreSQL as JSON lines, by COPY and in order of id."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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
_PRODUCT: Final = f"SELECT {_SHARED}, identifier, family_id AS family, enabled, groups FROM product"  # noqa: S608
_MODEL: Final = (
    f"SELECT {_SHARED}, code AS identifier, family_variant_id AS family_variant "  # noqa: S608
    "FROM product_model"
)

_WANTED: Final = " WHERE id = ANY(%s)"


def products(
    connection: psycopg.Connection[Any], structure: Structure, *, ids: Sequence[int] | None = None
) -> Iterator[pl.DataFrame]:
    """Yield products (all, or those with the ids that still exist) with their own values.

    Columns: those of PRODUCTS, then one per value cell that holds data in the chunk.
    """
    return _frames(connection, _PRODUCT, Decoder(structure, PRODUCTS), ids)


def models(
    connection: psycopg.Connection[Any], structure: Structure, *, ids: Sequence[int] | None = None
) -> pl.DataFrame:
    """Return models (all, or those with the ids that still exist) with their own values."""
    frames = list(_frames(connection, _MODEL, Decoder(structure, MODELS), ids))
    return pl.concat(frames, how="diagonal")


def _frames(
    connection: psycopg.Connection[Any],
    query: str,
    decoder: Decoder,
    ids: Sequence[int] | None,
) -> Iterator[pl.DataFrame]:
    where, parameters = ("", None) if ids is None else (_WANTED, [list(ids)])
    ordered = f"{query}{where} ORDER BY id"
    statement = f"COPY (SELECT row_to_json(r) FROM ({ordered}) r) TO STDOUT"  # noqa: S608
    rows: list[bytes] = []
    with connection.cursor().copy(statement, parameters) as copy:
        for row in copy:
            # JSON text holds no tab or line break, so COPY escapes nothing but the backslash.
            rows.append(bytes(row).replace(rb"\\", b"\\"))
            if len(rows) == CHUNK:
                yield decoder.frame(rows)
                rows = []
    yield decoder.frame(rows)
