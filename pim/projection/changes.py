"""What the change log says since a moment: rows to project anew, and cells of many rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection, text

from pim.domain.structure import Structure
from pim.projection import cursor

PRODUCT, MODEL = "product", "product_model"

#: What a log row may name beside attributes without more than this being touched: each patch
#: compares these columns anyway, and associations are not projected.
BESIDE = frozenset({"enabled", "categories", "groups", "family", "associations"})

_ROWS = text(
    """
    SELECT subject, attributes, ids
    FROM change_log
    WHERE xid >= pg_snapshot_xmin(CAST(:snapshot AS pg_snapshot))
      AND NOT pg_visible_in_snapshot(xid, CAST(:snapshot AS pg_snapshot))
      AND subject IN ('product', 'product_model')
    """
)
_ABOUT = text(
    """
    SELECT subject, attributes, attributes::text AS label,
           coalesce(sum(cardinality(ids)), 0) AS ids
    FROM change_log
    WHERE xid >= pg_snapshot_xmin(CAST(:snapshot AS pg_snapshot))
      AND NOT pg_visible_in_snapshot(xid, CAST(:snapshot AS pg_snapshot))
    GROUP BY 1, 2
    """
)


@dataclass(frozen=True, kw_only=True)
class Cells:
    """Many products and models of which only some attributes were touched."""

    products: Sequence[int] = ()
    models: Sequence[int] = ()
    attributes: frozenset[str] = field(default_factory=frozenset)


@dataclass(frozen=True, kw_only=True)
class Changes:
    """Changes since a moment: ids of products and models as a whole, and cells of many others."""

    whole: Sequence[int]
    cells: Cells | None = None


def since(connection: Connection, snapshot: str, structure: Structure, *, many: float) -> Changes:
    """Return what changed since a snapshot.

    Cells are told apart when log rows that name their attributes hold more than `many` ids.
    """
    about = connection.execute(_ABOUT, {"snapshot": snapshot}).all()
    named = [row for row in about if _is_named(row.subject, row.attributes, structure)]
    if sum(row.ids for row in named) <= many:
        return Changes(whole=cursor.changed(connection, snapshot))
    whole = set(cursor.changed(connection, snapshot, but=[row.label for row in named]))
    ids: Mapping[str, set[int]] = {PRODUCT: set(), MODEL: set()}
    attributes: set[str] = set()
    for row in connection.execute(_ROWS, {"snapshot": snapshot}):
        if _is_named(row.subject, row.attributes, structure):
            ids[row.subject].update(row.ids)
            attributes.update(row.attributes)
    cells = Cells(
        products=sorted(ids[PRODUCT] - whole),
        models=sorted(ids[MODEL] - whole),
        attributes=frozenset(structure.attributes[code].code for code in attributes - BESIDE),
    )
    return Changes(whole=sorted(whole), cells=cells)


def _is_named(subject: str, attributes: Sequence[str], structure: Structure) -> bool:
    """Tell whether a log row says which attributes were touched, and columns show them."""
    if subject not in (PRODUCT, MODEL) or not attributes:
        return False
    unknown = [code for code in attributes if code not in BESIDE]
    return all(_is_plain(code, structure) for code in unknown)


def _is_plain(code: str, structure: Structure) -> bool:
    attribute = structure.attributes.get(code)
    return attribute is not None and attribute is not structure.identifier
