"""List the cells that an undo would keep, or has kept, page by page: there may be many."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from pim.products.documents import document_sql, flatten
from pim.products.lookups import NAMES
from pim.products.models import MODEL, PRODUCT
from pim.products.writer import TABLES

#: Entities on a page; each may have several cells.
PAGE: Final = 50


@dataclass
class Kept:
    """Kept cells {identifier, field, ours, theirs}; `next` is where to go on, None at the end."""

    cells: list[dict[str, Any]] = field(default_factory=list)
    next: int | None = None


def kept_cells(session: Session, change_set_id: int, *, after: int = 0, limit: int = PAGE) -> Kept:
    """Return cells that hold neither what the change set found nor what it wrote.

    Those are kept by its undo, before which and after which this tells the same. `limit` counts
    products and models, `after` is the last page's `next`.
    """
    parameters = {"target": change_set_id, "after": after, "limit": limit}
    rows = session.execute(_KEPT, parameters).all()
    cells = [
        {"identifier": row.name, "field": column, "ours": ours, "theirs": now.get(column)}
        for row in rows
        for now in (flatten(row.document),)
        for column, ours in flatten(row.kept).items()
    ]
    return Kept(cells, rows[-1].id if len(rows) == limit else None)


def _of_kind(kind: int) -> str:
    document = document_sql(kind)
    return f"""
        SELECT e.id, e.{NAMES[kind]} AS name, {document} AS document,
            pim_revert({document}, h.before, h.after, 'kept') AS kept
        FROM history h JOIN {TABLES[kind]} e ON e.id = h.entity_id
        WHERE h.change_set_id = :target AND h.action = 0 AND h.kind = {kind}
          AND h.entity_id > :after
    """  # noqa: S608 - names and numbers of this code


_KEPT = text(
    f"""
    SELECT id, name, document, kept
    FROM ({_of_kind(MODEL)} UNION ALL {_of_kind(PRODUCT)}) AS touched
    WHERE kept IS NOT NULL ORDER BY id LIMIT :limit
    """  # noqa: S608 - statements of this file
)
