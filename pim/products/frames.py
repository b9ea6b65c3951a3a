"""Find many products and models at once, as columns, by what people call them.

Names are compared folded, as the unique indexes compare them: see `folded`.
"""

from __future__ import annotations

import string
from collections.abc import Sequence
from typing import Any, Final

import polars as pl
from sqlalchemy.orm import Session

from pim.db.copy import fetch, number_array, number_lists, text_array
from pim.domain.values import Cell
from pim.products.lookups import NAMES
from pim.products.models import MODEL, PRODUCT
from pim.products.writer import TABLES

_OWN: Final = {
    PRODUCT: "e.family_id, NULL, e.parent_id, e.enabled, e.categories, e.groups",
    MODEL: "NULL, e.family_variant_id, e.parent_id, true, e.categories, '{}'",
}
_ENTITY: Final = {
    "id": pl.Int64,
    "key": pl.String,
    "stored_family": pl.Int64,
    "stored_variant": pl.Int64,
    "stored_parent": pl.Int64,
    "stored_enabled": pl.Boolean,
    "stored_categories": pl.String,
    "stored_groups": pl.String,
}
_MODEL: Final = {
    "parent_id": pl.Int64,
    "parent_key": pl.String,
    "parent_code": pl.String,
    "parent_variant": pl.Int64,
    "parent_level": pl.Int64,
    "above": pl.String,
}


def folded(names: pl.Series) -> pl.Series:
    """Return names with their ASCII letters in lower case."""
    ascii_only = names.str.len_bytes() == names.str.len_chars()
    lower = names.str.to_lowercase()
    if ascii_only.all():
        return lower
    by_letter = names.str.replace_many(list(string.ascii_uppercase), list(string.ascii_lowercase))
    return lower.zip_with(ascii_only, by_letter)


def find_entities(
    session: Session, kind: int, keys: pl.Series, cells: Sequence[Cell] = ()
) -> pl.DataFrame:
    """Return the entities of these folded names, held for the transaction in order of id.

    Columns are those of _ENTITY (`stored_categories` and `stored_groups` as lists) and the JSON
    text of each cell, named by its position: "0", "1" and so on.
    """
    query = (
        f"SELECT e.id, lower(e.{NAMES[kind]}), {_OWN[kind]}{_asked(cells)}"  # noqa: S608
        f" FROM {TABLES[kind]} e WHERE lower(e.{NAMES[kind]}) = ANY(CAST(:keys AS text[]))"
        " ORDER BY e.id FOR NO KEY UPDATE"
    )
    given = {"keys": text_array(keys.filter(keys != "").unique()), **_paths(cells)}
    found = fetch(session, query, _schema(_ENTITY, cells), given)
    return found.with_columns(
        number_lists(pl.col(name)).alias(name) for name in ("stored_categories", "stored_groups")
    )


def find_models(session: Session, *, keys: pl.Series, ids: pl.Series) -> pl.DataFrame:
    """Return models by folded code or id, as their children see them.

    Columns are those of _MODEL: `parent_level` is 0 for a root and 1 below one, `above` lists the
    categories of the model and its root.
    """
    query = (
        "SELECT m.id, lower(m.code), m.code, m.family_variant_id,"
        " CASE WHEN m.parent_id IS NULL THEN 0 ELSE 1 END,"
        " m.categories || coalesce(r.categories, '{}')"
        " FROM product_model m LEFT JOIN product_model r ON r.id = m.parent_id"
        " WHERE lower(m.code) = ANY(CAST(:keys AS text[])) OR m.id = ANY(CAST(:ids AS bigint[]))"
    )
    given = {
        "keys": text_array(keys.filter(keys != "").unique()),
        "ids": number_array(ids.unique()),
    }
    found = fetch(session, query, pl.Schema(_MODEL), given)
    return found.with_columns(number_lists(pl.col("above")).alias("above"))


def find_children(
    session: Session, kind: int, parents: pl.Series, axes: Sequence[str]
) -> pl.DataFrame:
    """Return the children of models in order of id.

    Columns are `id`, `owner` (the name), `parent_id`, and the JSON text of each axis, named by its
    position.
    """
    cells = [Cell(axis) for axis in axes]
    query = (
        f"SELECT e.id, e.{NAMES[kind]}, e.parent_id{_asked(cells)} FROM {TABLES[kind]} e"  # noqa: S608
        " WHERE e.parent_id = ANY(CAST(:parents AS bigint[])) ORDER BY e.id"
    )
    columns = {"id": pl.Int64, "owner": pl.String, "parent_id": pl.Int64}
    given = {"parents": number_array(parents.unique()), **_paths(cells)}
    return fetch(session, query, _schema(columns, cells), given)


def find_holders(session: Session, attribute_id: int, values: pl.Series) -> pl.DataFrame:
    """Return who has each of these values of a unique attribute: `value`, `holder_id`, `holder`."""
    query = (
        "SELECT u.value, u.entity_id, coalesce(p.identifier, m.code) FROM unique_value u"
        " LEFT JOIN product p ON p.id = u.entity_id"
        " LEFT JOIN product_model m ON m.id = u.entity_id"
        " WHERE u.attribute_id = :attribute AND u.value = ANY(CAST(:values AS text[]))"
    )
    columns = {"value": pl.String, "holder_id": pl.Int64, "holder": pl.String}
    given = {"attribute": attribute_id, "values": text_array(values.unique())}
    return fetch(session, query, pl.Schema(columns), given)


def _asked(cells: Sequence[Cell]) -> str:
    return "".join(f', e."values" #> CAST(:path{n} AS text[])' for n in range(len(cells)))


def _paths(cells: Sequence[Cell]) -> dict[str, str]:
    return {f"path{n}": text_array(pl.Series(list(cell))) for n, cell in enumerate(cells)}


def _schema(columns: dict[str, Any], cells: Sequence[Cell]) -> pl.Schema:
    return pl.Schema({**columns, **{str(n): pl.String for n in range(len(cells))}})
