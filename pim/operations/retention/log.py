"""Remove rows of the change log that every reader has seen.

A reader that is not counted here (another machine's columns, a feed that rests) is not fooled: it
sees that the log begins later than where it stopped, and starts anew.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Final

from sqlalchemy import Connection, Engine, text

from pim.projection import manifest
from pim.settings import Settings

#: Rows of the last day stay: who looks into a problem reads them.
KEPT: Final = timedelta(days=1)
#: A feed that was not published for so long looks at all of its products next time.
WAITED_FOR: Final = timedelta(days=14)

_FEEDS = text(
    """
    SELECT DISTINCT ON (feed_id, kind) snapshot FROM publication
    WHERE state IN ('published', 'held') AND kind <> 'as_of' AND at > now() - :waited
      AND snapshot IS NOT NULL
    ORDER BY feed_id, kind, id DESC
    """
)
_LIMIT = text(
    """
    SELECT least(
        (SELECT min(pg_snapshot_xmin(CAST(s AS pg_snapshot))::text::bigint)
         FROM unnest(CAST(:snapshots AS text[])) AS s),
        (SELECT min(xid::text::bigint) FROM change_log WHERE at > now() - :kept),
        pg_snapshot_xmin(pg_current_snapshot())::text::bigint
    )
    """
)
_HORIZON = text(
    """
    UPDATE horizon SET log_before = CAST(CAST(:limit AS text) AS xid8)
    WHERE log_before < CAST(CAST(:limit AS text) AS xid8)
    """
)
_REMOVE = text("DELETE FROM change_log WHERE xid < CAST(CAST(:limit AS text) AS xid8)")
_ANY = text("SELECT EXISTS (SELECT FROM change_log WHERE xid < CAST(CAST(:limit AS text) AS xid8))")


def prune_log(engine: Engine, settings: Settings) -> int:
    """Remove what the columns and all feeds have seen; return how many rows."""
    with engine.begin() as connection:
        limit = connection.scalar(
            _LIMIT, {"snapshots": _snapshots(connection, settings), "kept": KEPT}
        )
        if limit is None or not connection.scalar(_ANY, {"limit": limit}):
            return 0
        connection.execute(_HORIZON, {"limit": limit})
        return int(connection.execute(_REMOVE, {"limit": limit}).rowcount)


def _snapshots(connection: Connection, settings: Settings) -> list[str]:
    """Return where readers stand; without any projection nothing may go by it."""
    known = list(connection.scalars(_FEEDS, {"waited": WAITED_FOR}))
    try:
        text_ = (settings.projection / manifest.CURRENT).read_bytes()
        known.append(json.loads(text_)["snapshot"])
    except (OSError, ValueError, KeyError):
        pass
    return known
