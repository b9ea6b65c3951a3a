"""Remove old history, change set by change set, so that what can be undone can be undone whole.

Always kept: the last 31 days (undo, and the lowest price of 30 days that a reduced price must be
told beside), change sets that are under way, the change sets themselves (who did what, when), and
who created what is still there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Engine, text

LEAST_HISTORY: Final = timedelta(days=31)
#: Rows per transaction: short enough that nobody waits for its end.
CHUNK: Final = 50_000

_OLD = text(
    """
    SELECT id FROM change_set
    WHERE finished < :before AND state IN ('done', 'failed', 'cancelled', 'interrupted', 'undone')
    ORDER BY id
    """
)
# Creations of what is still there stay: they say who made it, and from which row of which file.
_REMOVABLE: Final = """
    SELECT h.entity_id FROM history h
    WHERE h.change_set_id = :change_set AND h.entity_id > :after
      AND NOT (h.action = 1 AND (
          EXISTS (SELECT FROM product p WHERE p.id = h.entity_id)
          OR EXISTS (SELECT FROM product_model m WHERE m.id = h.entity_id)))
"""
_COUNT = text(
    f"""
    SELECT count(*) FROM change_set c CROSS JOIN LATERAL (
        {_REMOVABLE.replace(":change_set", "c.id").replace(":after", "0")}
    ) AS row WHERE c.id = ANY(:change_sets)
    """  # noqa: S608 - a statement of this file
)
_REMOVE = text(
    f"""
    WITH old AS ({_REMOVABLE} ORDER BY h.entity_id LIMIT :chunk),
    gone AS (
        DELETE FROM history h USING old
        WHERE h.change_set_id = :change_set AND h.entity_id = old.entity_id
        RETURNING h.entity_id
    )
    SELECT count(*) AS rows, max(entity_id) AS last FROM gone
    """  # noqa: S608 - a statement of this file
)
_HORIZON = text(
    """
    UPDATE horizon SET history_before = :before
    WHERE history_before IS NULL OR history_before < :before
    """
)
_EXPIRED = text(
    "UPDATE change_set SET state = 'expired' WHERE id = :change_set AND state <> 'undone'"
)


@dataclass
class Pruned:
    """What was removed, or would be: rows of how many change sets, older than `before`."""

    before: datetime
    change_sets: int = 0
    rows: int = 0
    dry_run: bool = False

    def document(self) -> dict[str, Any]:
        """Return the JSON of this outcome."""
        return {**vars(self), "before": self.before.isoformat()}


def prune_history(
    engine: Engine,
    *,
    before: datetime,
    dry_run: bool = False,
    progress: Callable[[int, int, str], None] = lambda _done, _total, _stage: None,
) -> Pruned:
    """Remove the history of change sets that ended before a moment.

    From then on nobody can ask what a product was like before it. Killed, it is whole up to its
    last chunk; run again, it goes on.
    """
    result = Pruned(before, dry_run=dry_run)
    with engine.connect() as connection:
        old = list(connection.scalars(_OLD, {"before": before}))
        if dry_run:
            result.rows = connection.scalar(_COUNT, {"change_sets": old}) or 0
            result.change_sets = len(old)
            return result
    for number, change_set in enumerate(old):
        result.rows += _remove(engine, change_set, before)
        result.change_sets += 1
        progress(number + 1, len(old), "change sets")
    return result


def _remove(engine: Engine, change_set: int, before: datetime) -> int:
    """Remove a change set's rows; from the first on it counts as one that cannot be undone."""
    removed, after = 0, 0
    with engine.begin() as connection:
        connection.execute(_HORIZON, {"before": before})
        connection.execute(_EXPIRED, {"change_set": change_set})
    while True:
        with engine.begin() as connection:
            values = {"change_set": change_set, "after": after, "chunk": CHUNK}
            row = connection.execute(_REMOVE, values).one()
        removed += int(row.rows)
        if row.rows < CHUNK:
            return removed
        after = row.last
