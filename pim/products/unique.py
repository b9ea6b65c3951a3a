"""The register of unique values, kept in step with the values of products and models."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import text
from sqlalchemy.orm import Session

from pim.domain.structure import Structure
from pim.products.writer import TABLES


def sync_unique_values(
    session: Session, *, kind: int, ids: Sequence[int], structure: Structure
) -> None:
    """Bring the register in line with the stored values of these entities."""
    attributes = [a for a in structure.attributes if a.unique and a != structure.identifier]
    if not attributes or not ids:
        return
    parameters = {
        "ids": list(ids),
        "attributes": [a.id for a in attributes],
        "codes": [a.code for a in attributes],
    }
    session.execute(_FORGET, parameters)
    session.execute(text(_REGISTER.format(table=TABLES[kind])), parameters)


_FORGET = text(
    "DELETE FROM unique_value WHERE entity_id = ANY(:ids) AND attribute_id = ANY(:attributes)"
)

_REGISTER = """
    INSERT INTO unique_value (attribute_id, value, entity_id)
    SELECT a.id, e.values #>> ARRAY[a.code, '<all>', '<all>'], e.id
    FROM {table} AS e
    CROSS JOIN unnest(CAST(:attributes AS bigint[]), CAST(:codes AS text[])) AS a (id, code)
    WHERE e.id = ANY(:ids) AND e.values #> ARRAY[a.code, '<all>', '<all>'] IS NOT NULL
"""
