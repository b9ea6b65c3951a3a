"""Cells of campaigns that are given one by one: stored once, under their digest."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from functools import cache

import polars as pl
from sqlalchemy import BigInteger, Text, cast, insert, literal, select
from sqlalchemy.dialects.postgresql import ARRAY

from pim.campaigns.models import CampaignSheet, CampaignSheetColumn
from pim.campaigns.running import Readable
from pim.db.unit_of_work import Work

#: A sheet's cells: product id, the cell's address ("<all>" for none), and its data as JSON.
SCHEMA = {
    "id": pl.Int64,
    "attribute": pl.String,
    "scope": pl.String,
    "locale": pl.String,
    "data": pl.String,
}
ADDRESS = ("attribute", "scope", "locale")


def frame(connection: Readable, sheet: str) -> pl.DataFrame:
    """Return a sheet's cells (SCHEMA), column by column, in order of ids; none if it is unknown."""
    column = CampaignSheetColumn
    query = (
        select(column.attribute, column.scope, column.locale, column.ids, column.data)
        .where(column.digest == sheet)
        .order_by(column.position)
    )
    parts = [
        pl.DataFrame({"id": row.ids, "data": row.data}, schema={"id": pl.Int64, "data": pl.String})
        .with_columns(*(pl.lit(getattr(row, name)).alias(name) for name in ADDRESS))
        .select(*SCHEMA)
        for row in connection.execute(query)
    ]
    return pl.concat(parts) if parts else pl.DataFrame(schema=SCHEMA)


def sheets_of(connection: Readable) -> Callable[[str], pl.DataFrame]:
    """Return what gives sheets by their digest, each read once."""
    return cache(lambda sheet: frame(connection, sheet))


def keep(work: Work, cells: pl.DataFrame) -> str:
    """Store cells (SCHEMA) and return the sheet's digest; the same cells are stored once."""
    ordered = cells.sort(*ADDRESS, "id")
    digest = _digest(ordered)
    if work.session.get(CampaignSheet, digest) is not None:
        return digest
    work.session.add(
        CampaignSheet(digest=digest, products=ordered["id"].n_unique(), cells=ordered.height)
    )
    work.session.flush()
    parts = ordered.partition_by(*ADDRESS, maintain_order=True)
    for position, part in enumerate(parts):
        attribute, scope, locale = part.row(0)[1:4]
        work.session.execute(
            insert(CampaignSheetColumn).values(
                digest=digest,
                position=position,
                attribute=attribute,
                scope=scope,
                locale=locale,
                # One text: the driver takes its time over arrays of thousands.
                ids=cast(literal(_array(part["id"]), Text), ARRAY(BigInteger)),
                data=part["data"].to_list(),
            )
        )
    return digest


def _array(ids: Iterable[int]) -> str:
    return "{" + ",".join(map(str, ids)) + "}"


def _digest(cells: pl.DataFrame) -> str:
    """Return what names these cells in any database and at any time."""
    text = cells.select(*SCHEMA).write_ndjson()
    return hashlib.sha256(text.encode()).hexdigest()
