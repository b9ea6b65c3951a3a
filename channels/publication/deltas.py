"""What a publication looks at: everything, or for a delta what may have changed since the last."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import polars as pl
from sqlalchemy import Connection

from channels.feeds.definition import Definition
from channels.publication.build import Rows
from channels.publication.campaigns import moved
from channels.publication.grouping import groups_at_hand
from channels.publication.rounds import Round
from channels.publication.selection import in_one_only, select_products
from pim.projection import Reading

#: Of more than this part of the products, looking at all of them is as quick.
MANY: Final = 0.5


@dataclass(frozen=True, kw_only=True)
class Looked:
    """The products whose items are made, in order of id.

    `within` are all that were looked at, None for the whole catalogue; `rows` gives their columns.
    """

    selected: pl.Series
    within: pl.Series | None = None
    rows: Rows | None = None


def look_at_all(reading: Reading, definition: Definition, now: datetime) -> Looked:
    """Return every product that the feed selects."""
    return Looked(selected=select_products(reading, definition, now))


def look_at_changes(
    connection: Connection,
    reading: Reading,
    definition: Definition,
    now: datetime,
    *,
    last: Mapping[str, Any],
    version: int,
    shared: Round,
) -> Looked:
    """Return the products that may publish differently than by the manifest `last`.

    Those that changed, and those that campaigns show otherwise. All of them after a new version of
    the definition, a change of the structure that many products show, the deletion of a product
    whose group counts, or if the mapping looks at the moment of the publication.
    """
    everything = look_at_all(reading, definition, now) if definition.selects_by_time else None
    within = _within(connection, reading, definition, now, everything, last, version, shared)
    if within is None:
        return everything or look_at_all(reading, definition, now)
    if everything is not None:
        found = everything.selected
        selected = found.filter(found.is_in(within.implode()))
    else:
        selected = shared.select(reading, definition, now, within)
    return Looked(selected=selected, within=within, rows=shared.rows(reading, within))


def _within(
    connection: Connection,
    reading: Reading,
    definition: Definition,
    now: datetime,
    everything: Looked | None,
    last: Mapping[str, Any],
    version: int,
    shared: Round,
) -> pl.Series | None:
    if last.get("feed_version") != version or definition.maps_by_time:
        return None
    changed = shared.changed(connection, reading, last.get("snapshot"))
    if changed is None:
        return None
    seasonal = moved(connection, reading, definition, now, last)
    if seasonal is None or len(seasonal) > reading.base.catalogue.products.height * MANY:
        return None
    if seasonal:
        changed = sorted({*changed, *seasonal})
    if everything is not None:  # time alone moves some, too
        then = select_products(reading, definition, datetime.fromisoformat(last["as_of"]))
        changed = sorted({*changed, *in_one_only(then, everything.selected)})
    groups = groups_at_hand(definition, definition.compile(now))
    return shared.whole_groups(reading, changed, groups)
