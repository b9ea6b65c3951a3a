"""Find many products and models at once by what people call them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from pim.domain.values import merge
from pim.products.models import MODEL, PRODUCT
from pim.products.writer import TABLES

NAMES = {PRODUCT: "identifier", MODEL: "code"}

_ASCII_LOWER = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}


def fold(name: str) -> str:
    """Return a name as the unique indexes compare it: ASCII letters in lower case."""
    return name.lower() if name.isascii() else name.translate(_ASCII_LOWER)


class Stored(NamedTuple):
    """An entity as it is stored; `values` and `associations` are JSON text.

    `group_ids`, `enabled` and `family_id` are of products only; models have a family variant.
    """

    id: int
    name: str
    family_id: int | None
    family_variant_id: int | None
    parent_id: int | None
    enabled: bool
    categories: list[int]
    group_ids: list[int]
    associations: str
    values: str
    version: int


_COLUMNS = {
    PRODUCT: "e.id, e.identifier, e.family_id, NULL::bigint, e.parent_id, e.enabled, e.categories,"
    " e.groups, e.associations::text, e.values::text, e.version",
    MODEL: "e.id, e.code, NULL::bigint, e.family_variant_id, e.parent_id, true, e.categories,"
    " '{}'::bigint[], e.associations::text, e.values::text, e.version",
}


def find_stored(
    session: Session, kind: int, names: Iterable[str], *, lock: bool = False
) -> dict[str, Stored]:
    """Return entities by folded name; `lock` holds them for the transaction, in order of id."""
    folded = sorted({fold(name) for name in names})
    rows = session.execute(
        text(
            f"SELECT {_COLUMNS[kind]} FROM {TABLES[kind]} e"  # noqa: S608 - fixed names
            f" WHERE lower(e.{NAMES[kind]}) = ANY(:names) ORDER BY e.id"
            f"{' FOR NO KEY UPDATE' if lock else ''}"
        ),
        {"names": folded},
    ).all()
    return {fold(row[1]): Stored(*row) for row in rows}


def inherited_values(session: Session, parent_ids: Iterable[int]) -> dict[int, dict[str, Any]]:
    """Return what models hand down, by their id: their own values over those of their root."""
    rows = session.execute(_INHERITED, {"ids": sorted(set(parent_ids))})
    return {model: merge(root or {}, own) for model, own, root in rows}


def ids_of(session: Session, kind: int, names: Iterable[str]) -> dict[str, int]:
    """Return the ids of entities by folded name."""
    query = (
        f"SELECT {NAMES[kind]}, id FROM {TABLES[kind]}"  # noqa: S608 - fixed names
        f" WHERE lower({NAMES[kind]}) = ANY(:names)"
    )
    rows = session.execute(text(query), {"names": sorted({fold(name) for name in names})})
    return {fold(name): number for name, number in rows}


def names_of(session: Session, ids: Iterable[int]) -> dict[int, str]:
    """Return what people call products and models, by id."""
    rows = session.execute(_NAMES, {"ids": sorted(set(ids))})
    return {entity: name for entity, name in rows if name is not None}


_INHERITED = text(
    "SELECT m.id, m.values, r.values FROM product_model m"
    " LEFT JOIN product_model r ON r.id = m.parent_id WHERE m.id = ANY(:ids)"
)

_NAMES = text(
    "SELECT id, identifier FROM product WHERE id = ANY(:ids)"
    " UNION ALL SELECT id, code FROM product_model WHERE id = ANY(:ids)"
)
