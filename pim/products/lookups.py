"""Find many products and models at once by what people call them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
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


class Parent(NamedTuple):
    """A model as its children see it; `categories` are its own and its root's."""

    id: int
    code: str
    family_variant_id: int
    parent_id: int | None
    categories: frozenset[int]

    @property
    def level(self) -> int:
        """Return where this model stands: 0 for a root, 1 for a sub model."""
        return 0 if self.parent_id is None else 1


_PARENTS = """
    SELECT m.id, m.code, m.family_variant_id, m.parent_id,
        m.categories || coalesce(r.categories, '{{}}')
    FROM product_model m LEFT JOIN product_model r ON r.id = m.parent_id WHERE {where}
"""


def find_parents(
    session: Session, *, codes: Iterable[str] = (), ids: Iterable[int] = ()
) -> tuple[Mapping[str, Parent], Mapping[int, Parent]]:
    """Return models by folded code and by id."""
    rows = session.execute(
        text(_PARENTS.format(where="lower(m.code) = ANY(:codes) OR m.id = ANY(:ids)")),
        {"codes": sorted({fold(c) for c in codes}), "ids": sorted(set(ids))},
    )
    parents = [
        Parent(m, code, variant, above, frozenset(own)) for m, code, variant, above, own in rows
    ]
    return {fold(p.code): p for p in parents}, {p.id: p for p in parents}


def siblings(
    session: Session, kind: int, parent_ids: Iterable[int], axes: Iterable[str]
) -> Iterator[tuple[str, int, dict[str, Any]]]:
    """Yield (name, parent id, {axis: data}) of the children of models."""
    codes = sorted(set(axes))
    columns = ", ".join(f"e.values #> ARRAY[:axis{n}, '<all>', '<all>']" for n in range(len(codes)))
    rows = session.execute(
        text(
            f"SELECT e.{NAMES[kind]}, e.parent_id, {columns} FROM {TABLES[kind]} e"  # noqa: S608
            " WHERE e.parent_id = ANY(:ids) ORDER BY e.id"
        ),
        {"ids": sorted(set(parent_ids)), **{f"axis{n}": code for n, code in enumerate(codes)}},
    )
    for name, parent, *data in rows:
        yield name, parent, dict(zip(codes, data, strict=True))


def inherited_values(session: Session, parent_ids: Iterable[int]) -> dict[int, dict[str, Any]]:
    """Return what models hand down, by their id: their own values over those of their root."""
    rows = session.execute(_INHERITED, {"ids": sorted(set(parent_ids))})
    return {model: merge(root or {}, own) for model, own, root in rows}


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


def unique_owners(
    session: Session, attribute_id: int, values: Sequence[str]
) -> dict[str, tuple[int, str]]:
    """Return who holds each of these values of a unique attribute: value -> (id, name)."""
    rows = session.execute(
        text(
            "SELECT u.value, u.entity_id, coalesce(p.identifier, m.code) FROM unique_value u"
            " LEFT JOIN product p ON p.id = u.entity_id"
            " LEFT JOIN product_model m ON m.id = u.entity_id"
            " WHERE u.attribute_id = :attribute AND u.value = ANY(:values)"
        ),
        {"attribute": attribute_id, "values": list(values)},
    ).all()
    return {value: (entity, name) for value, entity, name in rows}
