"""Which products and models look different when what changed since a moment is taken back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, text

from pim.products.models import MODEL, PRODUCT
from pim.products.past.folding import rows_sql


@dataclass(frozen=True, kw_only=True)
class Changed:
    """What `past_change` holds: every id in it, and those that did not exist at the moment.

    `products` and `models` were deleted since; `parents` are the models of that moment above
    whatever has changed (and above these).
    """

    ids: Sequence[int]
    unborn: frozenset[int]
    products: frozenset[int]
    models: frozenset[int]
    parents: frozenset[int]


def changed(connection: Connection) -> Changed:
    """Return what `gather` has found."""
    rows = connection.execute(_CHANGED).all()
    back = {kind: frozenset(r.id for r in rows if r.is_kept and r.kind == kind) for kind in _KINDS}
    parents = frozenset(connection.execute(_MOVED).scalars())
    return Changed(
        ids=[row.id for row in rows],
        unborn=frozenset(row.id for row in rows if row.gone),
        products=back[PRODUCT],
        models=back[MODEL],
        parents=parents | _above(connection, parents | back[MODEL]),
    )


def _above(connection: Connection, models: frozenset[int]) -> frozenset[int]:
    """Return the parents that models had at the moment; there are two levels of them at most."""
    if not models:
        return frozenset()
    query = f"SELECT parent_id FROM ({rows_sql(connection, MODEL)}) m WHERE id = ANY(:ids)"  # noqa: S608
    found = connection.execute(text(query), {"ids": sorted(models)}).scalars()
    return frozenset(parent for parent in found if parent is not None)


_KINDS: Final = (PRODUCT, MODEL)
_CHANGED = text("SELECT id, kind, gone, kept IS NOT NULL AS is_kept FROM past_change ORDER BY id")

# A model above that has not changed is found where it stands today; only what moved needs a look.
_MOVED = text(
    """
    SELECT DISTINCT coalesce(patch ->> 'parent', kept ->> 'parent_id')::bigint FROM past_change
    WHERE NOT gone AND coalesce(patch ->> 'parent', kept ->> 'parent_id') IS NOT NULL
    """
)
