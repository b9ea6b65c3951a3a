"""Empty the bin: what was deleted long ago does not come back any more."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import Engine, text

from pim.products.bin.queries import LIES_THERE

CHUNK: Final = 10_000

# The row stays as history's, which tells what a product was like at past moments; history has
# a retention of its own.
_EMPTY = text(
    f"""
    WITH old AS (
        SELECT h.entity_id, h.change_set_id FROM history h
        WHERE {LIES_THERE} AND h.at < :before ORDER BY h.at LIMIT :chunk
    )
    UPDATE history h SET after = jsonb_build_object('emptied', now())
    FROM old WHERE h.entity_id = old.entity_id AND h.change_set_id = old.change_set_id
    """  # noqa: S608 - statements of this code
)


def empty_bin(engine: Engine, *, before: datetime) -> int:
    """Take from the bin what was deleted before a moment; return how much.

    History keeps it for as long as its own retention says.
    """
    emptied = 0
    while True:
        with engine.begin() as connection:
            count = connection.execute(_EMPTY, {"before": before, "chunk": CHUNK}).rowcount
        emptied += count
        if count < CHUNK:
            return emptied
