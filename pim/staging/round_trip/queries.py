"""Ask the database about rows that came back: whom they speak of, and what happened since."""

from __future__ import annotations

from typing import Any, Final

import polars as pl
from sqlalchemy.orm import Session

from pim.db.copy import fetch, number_array, text_array
from pim.products.lookups import NAMES
from pim.products.models import MODEL, PRODUCT
from pim.products.writer import TABLES
from pim.staging.round_trip.past import LINKS, OWN


def find_marked(session: Session, kind: int, keys: pl.Series, ids: pl.Series) -> pl.DataFrame:
    """Return the entities of folded names or ids, held for the transaction in order of id.

    Columns are `id`, `called_key`, `called`, `version`, `family_id`, `variant_id`, `parent_id`.
    """
    query = (
        f"SELECT e.id, lower(e.{NAMES[kind]}), e.{NAMES[kind]}, e.version, {_OWN_IDS[kind]}"  # noqa: S608
        f" FROM {TABLES[kind]} e WHERE lower(e.{NAMES[kind]}) = ANY(CAST(:keys AS text[]))"
        " OR e.id = ANY(CAST(:ids AS bigint[])) ORDER BY e.id FOR NO KEY UPDATE"
    )
    schema = pl.Schema(
        {
            "id": pl.Int64,
            "called_key": pl.String,
            "called": pl.String,
            "version": pl.Int64,
            "family_id": pl.Int64,
            "variant_id": pl.Int64,
            "parent_id": pl.Int64,
        }
    )
    given = {
        "keys": text_array(keys.filter(keys != "").unique()),
        "ids": number_array(ids.unique()),
    }
    return fetch(session, query, schema, given)


_OWN_IDS: Final = {
    PRODUCT: "e.family_id, NULL, e.parent_id",
    MODEL: "NULL, e.family_variant_id, e.parent_id",
}


def find_covered(session: Session, stale: pl.DataFrame) -> pl.DataFrame:
    """Return how many versions since the one seen history tells of: `id`, `covered`.

    `stale` has `id` and `seen`.
    """
    query = f"""
        SELECT h.entity_id, sum(h.to_version - greatest(h.from_version, s.version))
        FROM {_SEEN} JOIN history h ON h.entity_id = s.id AND h.to_version > s.version
        GROUP BY h.entity_id
    """  # noqa: S608 - names of this file
    schema = pl.Schema({"id": pl.Int64, "covered": pl.Int64})
    return fetch(session, query, schema, _given(stale))


def find_leaves(
    session: Session, stale: pl.DataFrame, *, change_set_id: int, file: str
) -> pl.DataFrame:
    """Return the patches back, cell by cell, that others wrote since the versions seen.

    `file` is the sheet's name without its folder, `change_set_id` that of its import.
    """
    query = f"""
        SELECT h.entity_id, h.to_version, b.attribute, b.channel, b.locale, b.data,
            coalesce(c.kind = 'import' AND c.author_id = mine.author_id
                AND substring(h.source_file FROM '[^/]*$') = :file, false)
        FROM {_SEEN} JOIN history h ON h.entity_id = s.id AND h.to_version > s.version
            AND h.action = 0 AND h.change_set_id <> :own
        JOIN change_set c ON c.id = h.change_set_id
        JOIN change_set mine ON mine.id = :own
        CROSS JOIN LATERAL (
            SELECT a.key, c.key, l.key, l.value FROM jsonb_each(h.before -> 'values') a,
                jsonb_each(a.value) c, jsonb_each(c.value) l
            UNION ALL SELECT '{OWN}', k.key, '{OWN}', k.value
                FROM jsonb_each(h.before - 'values' - 'associations') k
            UNION ALL SELECT '{LINKS}', t.key, g.key, g.value
                FROM jsonb_each(h.before -> 'associations') t, jsonb_each(t.value) g
        ) AS b (attribute, channel, locale, data)
    """  # noqa: S608 - names of this file
    given = {**_given(stale), "own": change_set_id, "file": file}
    return fetch(session, query, pl.Schema(LEAVES), given)


LEAVES: Final = {
    "id": pl.Int64,
    "to_version": pl.Int64,
    "attribute": pl.String,
    "channel": pl.String,
    "locale": pl.String,
    "data": pl.String,
    "own": pl.Boolean,
}

_SEEN: Final = "unnest(CAST(:ids AS bigint[]), CAST(:versions AS integer[])) AS s (id, version)"


def _given(stale: pl.DataFrame) -> dict[str, Any]:
    return {"ids": number_array(stale["id"]), "versions": number_array(stale["seen"])}
