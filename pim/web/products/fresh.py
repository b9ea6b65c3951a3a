"""Let the list show what was just written: small changes are taken in at once."""

from __future__ import annotations

from pim.projection import cursor, manifest
from pim.web import state

#: So many changed products are projected within a request; more are left to a worker.
AT_ONCE = 300


def catch_up() -> int:
    """Take in what has changed since the projection, if it is little; return how much is left."""
    projection = state.parts().projection
    known = manifest.load(projection.folder)
    if known is None:
        return 0  # the first reading builds it
    connection = state.work().session.connection()
    if not cursor.is_at(connection, known):
        return 0
    changes, products = cursor.extent(connection, known.snapshot)
    if not changes:
        return 0
    if products > AT_ONCE:
        return products
    projection.refresh()
    return 0
