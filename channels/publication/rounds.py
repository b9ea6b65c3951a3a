"""What the publications of one round have in common: worked out for the first, kept for the rest.

Forty feeds that follow the same thousand changes ask the same three questions: what has changed,
who shares a group with it, and what do these products hold.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from datetime import datetime
from typing import Any, TypeVar

import polars as pl
from sqlalchemy import Connection

from channels.feeds.definition import Definition
from channels.publication.selection import (
    SKUS,
    asked_of,
    changed_products,
    select_products,
    whole_groups,
)
from pim.projection import Reading
from pim.projection.effective import Effective
from pim.projection.effective.running import Running, laid, shown

Made = TypeVar("Made")

#: Products that are asked for at once: of so few, only their own rows are read.
FEW = 1000
#: Up to so many products are read few at a time; of more, whole columns are quicker.
SOME = 20_000


class Round:
    """Answers for one state of the projection; a new state begins anew.

    Not for several threads at once.
    """

    def __init__(self) -> None:
        self._state: Hashable = None
        self._made: dict[Hashable, Any] = {}

    def changed(
        self, connection: Connection, reading: Reading, snapshot: str | None
    ) -> Sequence[int] | None:
        """Return products that may publish differently since a snapshot; None: any may.

        The answer may be older than the call, never than the state of the projection.
        """
        return self._once(
            reading, snapshot, lambda: changed_products(connection, reading, snapshot)
        )

    def whole_groups(
        self, reading: Reading, products: Sequence[int], groups: frozenset[str]
    ) -> pl.Series | None:
        """Return products with all that share a group with them.

        None if a product is gone: nobody knows any more which group it belonged to.
        """
        key = tuple(products), groups
        return self._once(reading, key, lambda: _whole_groups(reading, products, groups))

    def select(
        self, reading: Reading, definition: Definition, now: datetime, within: pl.Series
    ) -> pl.Series:
        """Return those of some products whose items the feed publishes, asked once a round."""

        def select() -> pl.Series:
            parts = (select_products(reading, definition, now, among=p) for p in _parts(within))
            return pl.concat(parts)

        key = asked_of(definition, now), reading.campaigns and reading.state
        return self._once(reading, (key, self._id(reading, within)), select)

    def rows(self, reading: Reading, within: pl.Series) -> Callable[..., pl.DataFrame]:
        """Return what gives the columns of products among `within`, each read once a round.

        Once more where other campaigns lie over a column.
        """
        known: dict[Hashable, pl.Series] = self._once(reading, self._id(reading, within), dict)
        keys: dict[str, Hashable] = {}

        def rows(names: Sequence[str], ids: pl.Series) -> pl.DataFrame:
            asked = list({"id": None, **dict.fromkeys(names)})
            keys.update({name: (name, reading.over(name)) for name in asked if name not in keys})
            missing = [name for name in asked if keys[name] not in known]
            if missing:
                frame = _frame(reading, missing, within)
                known.update({keys[each.name]: each for each in frame})
            frame = pl.DataFrame([known[keys[name]] for name in asked])
            return frame.filter(frame["id"].is_in(ids.implode())).select(names)

        return rows

    def shown(
        self, connection: Connection, reading: Reading, channel: str, now: datetime
    ) -> Reading:
        """Return a reading with the campaigns that run in a channel, asked for once a round.

        Feeds that see the same campaigns share one, with what was worked out for it.
        """
        if reading.as_of is not None:
            return shown(connection, reading, channel, now)
        campaigns = self._once(reading, "campaigns", Running).at(connection, now)

        def make() -> Reading:
            return laid(connection, reading, campaigns, channel, now)

        key = "shown", channel, tuple((c.id, c.version) for c in campaigns)
        made = self._once(reading, key, make)
        by_time = isinstance(made, Effective) and made.follow_time
        return make() if by_time or made.base.catalogue is not reading.base.catalogue else made

    def _id(self, reading: Reading, within: pl.Series) -> int:
        """Return a key of some products, which are kept as long as it is one."""
        self._once(reading, ("kept", id(within)), lambda: within)
        return id(within)

    def _once(self, reading: Reading, key: Hashable, make: Callable[[], Made]) -> Made:
        state = (reading.manifest.number, reading.manifest.snapshot, reading.structure.version)
        if self._state != state:
            self._state, self._made = state, {}
        if key not in self._made:
            self._made[key] = make()
        made: Made = self._made[key]
        return made


def _whole_groups(
    reading: Reading, products: Sequence[int], groups: frozenset[str]
) -> pl.Series | None:
    ids = pl.Series("id", products, dtype=pl.Int64)
    if groups and _frame(reading.base, ["id"], ids).height < len(products):
        return None
    return whole_groups(reading, products, groups)


def _frame(reading: Reading, names: Sequence[str], ids: pl.Series) -> pl.DataFrame:
    return pl.concat([reading.frame(names, ids=each, levels=SKUS) for each in _parts(ids)])


def _parts(ids: pl.Series) -> Iterator[pl.Series]:
    """Yield ids few at a time, or all at once; at least one part."""
    size = FEW if len(ids) <= SOME else len(ids)
    for start in range(0, max(len(ids), 1), size):
        yield ids.slice(start, size)
