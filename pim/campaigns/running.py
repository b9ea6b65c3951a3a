"""What readings need to know of campaigns: which run, and which have changed."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, text
from sqlalchemy.orm import Session, scoped_session

#: What a drop does: its products are not there for its channels while it runs.
WITHHOLD: Final = "withhold"

Readable = Session | scoped_session[Session] | Connection

#: Lists of frozen products kept per process; a list of 700,000 takes 28 MB.
KEPT = 32

_COLUMNS = """
    v.campaign_id, v.version, v.code, v.label, v.starts_at, v.ends_at, v.channels, v.locales,
    v.priority, v.document->'where' AS "where", v.document->'do' AS "do", v.members
"""
_ORDER = "v.priority DESC, v.starts_at DESC, v.campaign_id DESC, v.version DESC"
_CURRENT = f"""
    SELECT {_COLUMNS} FROM campaign AS c
    JOIN campaign_version AS v ON v.campaign_id = c.id AND v.version = c.version
    WHERE (cardinality(v.channels) = 0 OR CAST(:channel AS text) IS NULL
           OR EXISTS (SELECT FROM unnest(v.channels) AS named
                      WHERE lower(named) = lower(CAST(:channel AS text))))
"""  # noqa: S608 - constants of this module
_RUNNING = text(f"{_CURRENT} AND v.starts_at <= :at AND :at < v.ends_at ORDER BY {_ORDER}")
_BOUNDARIES = text(
    f"""
    {_CURRENT} AND v.starts_at < v.ends_at
      AND (v.starts_at > :after AND v.starts_at <= :until
           OR v.ends_at > :after AND v.ends_at <= :until)
    ORDER BY {_ORDER}
    """
)
_LEFT = text(f"{_CURRENT} AND v.starts_at < v.ends_at AND v.ends_at > :after ORDER BY {_ORDER}")
_THEN = text(
    f"""
    SELECT {_COLUMNS}
    FROM (
        SELECT DISTINCT ON (campaign_id) * FROM campaign_version
        WHERE at <= :saved ORDER BY campaign_id, version DESC
    ) AS v
    WHERE v.action <> 'deleted' AND v.starts_at <= :at AND :at < v.ends_at ORDER BY {_ORDER}
    """  # noqa: S608 - constants of this module
)
_VERSIONS = text(
    f"""
    SELECT {_COLUMNS} FROM campaign_version AS v
    JOIN unnest(CAST(:ids AS bigint[]), CAST(:versions AS int[])) AS w (id, version)
      ON w.id = v.campaign_id AND w.version = v.version
    ORDER BY {_ORDER}
    """  # noqa: S608 - constants of this module
)
_SINCE = text(
    f"""
    WITH changed AS (
        SELECT campaign_id, min(version) AS first FROM campaign_version
        WHERE xid >= pg_snapshot_xmin(CAST(:snapshot AS pg_snapshot))
          AND NOT pg_visible_in_snapshot(xid, CAST(:snapshot AS pg_snapshot))
        GROUP BY 1
    )
    SELECT {_COLUMNS} FROM changed
    JOIN campaign_version AS v
      ON v.campaign_id = changed.campaign_id AND v.version >= changed.first - 1
    WHERE v.action <> 'deleted' ORDER BY {_ORDER}
    """  # noqa: S608 - constants of this module
)
_MEMBERS = text("SELECT digest, ids FROM campaign_members WHERE digest = ANY(:digests)")

_members: OrderedDict[str, tuple[int, ...]] = OrderedDict()
_lock = threading.Lock()


@dataclass(frozen=True, kw_only=True)
class Campaign:
    """One version of a campaign, as readings apply it.

    It runs in [starts_at, ends_at), both UTC; empty `channels` or `locales` mean all of them.
    `where` and `do` are documents of a condition and of operations, with {"type": "cells",
    "sheet": digest} among them (`pim.campaigns.sheets.frame`). `members` are the ids of frozen
    products, in order; None means that the selection follows the catalogue.
    """

    id: int
    version: int
    code: str
    label: str
    starts_at: datetime
    ends_at: datetime
    channels: tuple[str, ...]
    locales: tuple[str, ...]
    priority: int
    where: Mapping[str, Any]
    do: Sequence[Mapping[str, Any]]
    members: tuple[int, ...] | None

    @property
    def withholds(self) -> bool:
        """Tell whether it keeps its products from being shown: a drop before its moment."""
        return any(document.get("type") == WITHHOLD for document in self.do)

    def runs_at(self, moment: datetime) -> bool:
        """Tell whether it runs at a moment."""
        return self.starts_at <= moment < self.ends_at


def running(
    connection: Readable, at: datetime, *, channel: str | None = None
) -> tuple[Campaign, ...]:
    """Return the campaigns that run at a moment, in order of precedence, the winner first.

    With a channel only those that concern it, codes compared without regard to case.
    """
    return _campaigns(connection, _RUNNING, at=at, channel=channel)


def boundaries(
    connection: Readable, after: datetime, until: datetime, *, channel: str | None = None
) -> tuple[Campaign, ...]:
    """Return the campaigns that start or end in (after, until], in order of precedence."""
    return _campaigns(connection, _BOUNDARIES, after=after, until=until, channel=channel)


def not_ended(connection: Readable, after: datetime) -> tuple[Campaign, ...]:
    """Return the campaigns that run at a moment or will later, in order of precedence."""
    return _campaigns(connection, _LEFT, after=after, channel=None)


def running_then(connection: Readable, at: datetime) -> tuple[Campaign, ...]:
    """Return the campaigns that ran at a past moment, as they were saved then, the winner first.

    One that was stopped later ran until its end for all that anybody knew.
    """
    return _campaigns(connection, _THEN, at=at, saved=at)


def versions(connection: Readable, keys: Iterable[tuple[int, int]]) -> tuple[Campaign, ...]:
    """Return versions by id and number, the winner first; those that never were are left out."""
    pairs = list(keys)
    ids, numbers = [key[0] for key in pairs], [key[1] for key in pairs]
    return _campaigns(connection, _VERSIONS, ids=ids, versions=numbers)


def versions_since(connection: Readable, snapshot: str) -> tuple[Campaign, ...]:
    """Return what was saved, stopped, restored or deleted since a snapshot, in every version.

    The version that was valid in the snapshot is among them, for what it no longer does now.
    """
    return _campaigns(connection, _SINCE, snapshot=snapshot)


def _campaigns(connection: Readable, query: Any, **parameters: Any) -> tuple[Campaign, ...]:
    rows = connection.execute(query, parameters).all()
    members = _members_of(connection, {row.members for row in rows if row.members is not None})
    return tuple(_campaign(row, members) for row in rows)


def _campaign(row: Row[Any], members: Mapping[str, tuple[int, ...]]) -> Campaign:
    return Campaign(
        id=row.campaign_id,
        version=row.version,
        code=row.code,
        label=row.label,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        channels=tuple(row.channels),
        locales=tuple(row.locales),
        priority=row.priority,
        where=row.where,
        do=row.do,
        members=None if row.members is None else members[row.members],
    )


def _members_of(connection: Readable, digests: Iterable[str]) -> dict[str, tuple[int, ...]]:
    """Return lists of frozen products; a digest names the same list for ever, in any database."""
    wanted = set(digests)
    with _lock:
        found = {digest: _members[digest] for digest in wanted if digest in _members}
    if missing := wanted - set(found):
        rows = connection.execute(_MEMBERS, {"digests": list(missing)})
        read = {row.digest: tuple(row.ids) for row in rows}
        found |= read
        with _lock:
            _members.update(read)
            while len(_members) > KEPT:
                _members.popitem(last=False)
    return found
