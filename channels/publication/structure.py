"""Which products can show a change of the structure: few for a category or an option."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import polars as pl
from sqlalchemy import Connection, text

from pim.db.change_log import UNSEEN
from pim.domain.structure import ALL, Attribute, Structure
from pim.projection import Reading
from pim.projection.columns import IDS, of_attribute

#: Of more than this part of all products, looking at every product takes hardly longer.
MOST: Final = 0.2

_SINCE = text(
    """
    SELECT subject, ids, attributes FROM change_log
    WHERE xid >= pg_snapshot_xmin(CAST(:snapshot AS pg_snapshot))
      AND NOT pg_visible_in_snapshot(xid, CAST(:snapshot AS pg_snapshot))
      AND subject NOT IN ('product', 'product_model', 'feed', 'campaign')
      AND subject NOT LIKE '%' || :unseen
    """
)


@dataclass(frozen=True, kw_only=True)
class Change:
    """Things of one kind of the structure, by id, and the attributes that they belong to."""

    subject: str
    ids: frozenset[int]
    attributes: Collection[str]


def changes_since(connection: Connection, snapshot: str) -> list[Change]:
    """Return the changes of the structure since a snapshot that products may show."""
    found = connection.execute(_SINCE, {"snapshot": snapshot, "unseen": UNSEEN})
    return [
        Change(subject=row.subject, ids=frozenset(row.ids), attributes=row.attributes)
        for row in found
    ]


def products_showing(reading: Reading, changes: Iterable[Change]) -> set[int] | None:
    """Return the products that can show any of the changes; None: any product may.

    Of a category these are the products below it, wherever it lay before: of a path that differs
    now something has changed that is still on it. Of options and groups, those that have them. A
    thing that is not there any more, or of another kind, may concern any product.
    """
    wanted: defaultdict[str, set[int]] = defaultdict(set)
    for change in changes:
        columns = _columns(reading.structure, change)
        if columns is None:
            return None
        for name, ids in columns.items():
            wanted[name].update(ids)
    found: set[int] = set()
    for name, ids in wanted.items():
        frame = reading.frame(["id", name])
        found.update(_having(frame, name, ids))
        if len(found) > frame.height * MOST:
            return None
    return found


def _having(frame: pl.DataFrame, name: str, ids: Collection[int]) -> pl.Series:
    among = pl.Series("ids", sorted(ids), dtype=pl.Int64).implode()
    if frame.schema[name] == IDS:
        return frame.filter(pl.col(name).list.eval(pl.element().is_in(among)).list.any())["id"]
    return frame.filter(pl.col(name).is_in(among))["id"]


def _columns(structure: Structure, change: Change) -> Mapping[str, Collection[int]] | None:
    """Return which ids in which columns show a change; None if nobody can say."""
    if not change.ids:
        return None
    if change.subject == "category" and change.ids <= structure.categories.by_id.keys():
        below = (c.id for c in structure.categories if not change.ids.isdisjoint(c.path))
        return {"categories": set(below)}
    if change.subject == "group" and change.ids <= structure.groups.by_id.keys():
        return {"groups": change.ids}
    if change.subject == "option":
        return _columns_of_options(structure, change)
    return None


def _columns_of_options(
    structure: Structure, change: Change
) -> Mapping[str, Collection[int]] | None:
    found: dict[str, Collection[int]] = {}
    left = set(change.ids)
    for code in change.attributes:
        attribute = structure.attributes.get(code)
        # A feed may name any of two hundred locales, whether or not a channel has it.
        if attribute is None or attribute.localizable:
            return None
        ids = change.ids & attribute.options.by_id.keys()
        left -= ids
        if ids:
            found |= dict.fromkeys(_names(structure, attribute), ids)
    return None if left else found


def _names(structure: Structure, attribute: Attribute) -> Iterator[str]:
    for scope in structure.scopes(attribute):
        channel = None if scope == ALL else scope
        yield from (
            column.name
            for column in of_attribute(structure, attribute, channel=channel, locale=None)
        )
