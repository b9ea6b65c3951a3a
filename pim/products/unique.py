"""The register of unique values, kept in step with the values of products and models."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl
from sqlalchemy import text
from sqlalchemy.orm import Session

from pim.db.copy import copy_in
from pim.domain.structure import Structure
from pim.products.lookups import NAMES
from pim.products.writer import TABLES


def sync_unique_values(
    session: Session, *, kind: int, ids: Sequence[int], structure: Structure
) -> None:
    """Bring the register in line with the stored values of these entities."""
    parameters = _parameters(ids, structure)
    if parameters:
        session.execute(_FORGET, parameters)
        session.execute(text(_REGISTER.format(table=TABLES[kind])), parameters)


def register(session: Session, *, attribute_id: int, values: pl.Series, ids: pl.Series) -> None:
    """Register the values that new entities have of a unique attribute, null where they have none.

    Raises IntegrityError when somebody else has one of them by now.
    """
    rows = pl.DataFrame({"value": values, "entity_id": ids}).drop_nulls("value")
    copy_in(session, "unique_value", rows.with_columns(pl.lit(attribute_id).alias("attribute_id")))


def yield_unique_values(
    session: Session, *, kind: int, ids: Sequence[int], structure: Structure
) -> list[tuple[str | None, str, str]]:
    """Take from entities the unique values that others hold; return (name, attribute, value)."""
    parameters = _parameters(ids, structure)
    if not parameters:
        return []
    rows = session.execute(
        text(_TAKEN.format(table=TABLES[kind], name=NAMES[kind])), parameters
    ).all()
    for entity, _, code, _ in rows:
        session.execute(
            text(_DROP.format(table=TABLES[kind])),
            {"code": code, "id": entity},
        )
    return [(name, code, value) for _, name, code, value in rows]


def _parameters(ids: Sequence[int], structure: Structure) -> dict[str, Any]:
    """Return what the statements need; nothing when no value is unique."""
    attributes = [a for a in structure.attributes if a.unique and a != structure.identifier]
    if not attributes or not ids:
        return {}
    return {
        "ids": "{" + ",".join(map(str, ids)) + "}",
        "attributes": [a.id for a in attributes],
        "codes": [a.code for a in attributes],
    }


_FORGET = text(
    "DELETE FROM unique_value"
    " WHERE entity_id = ANY(CAST(:ids AS bigint[])) AND attribute_id = ANY(:attributes)"
)

_DROP = 'UPDATE {table} SET "values" = "values" - CAST(:code AS text) WHERE id = :id'

_REGISTER = """
    INSERT INTO unique_value (attribute_id, value, entity_id)
    SELECT a.id, e.values #>> ARRAY[a.code, '<all>', '<all>'], e.id
    FROM {table} AS e
    CROSS JOIN unnest(CAST(:attributes AS bigint[]), CAST(:codes AS text[])) AS a (id, code)
    WHERE e.id = ANY(CAST(:ids AS bigint[]))
      AND e.values #> ARRAY[a.code, '<all>', '<all>'] IS NOT NULL
"""

_TAKEN = """
    SELECT e.id, e.{name}, a.code, u.value
    FROM {table} AS e
    CROSS JOIN unnest(CAST(:attributes AS bigint[]), CAST(:codes AS text[])) AS a (id, code)
    JOIN unique_value u ON u.attribute_id = a.id AND u.entity_id <> e.id
      AND u.value = e.values #>> ARRAY[a.code, '<all>', '<all>']
    WHERE e.id = ANY(CAST(:ids AS bigint[])) ORDER BY e.id, a.code
"""
