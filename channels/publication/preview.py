"""Show what a feed makes of one product, target by target and step by step."""

from __future__ import annotations

from typing import Any

import polars as pl

from channels.checking.check import carry_out
from channels.feeds.definition import parse_feed
from channels.models import Feed
from channels.past_prices.columns import with_past_prices
from channels.publication.selection import SKUS, select_products, whole_groups
from channels.publication.withheld import refuse_withheld
from pim.db.unit_of_work import Work
from pim.errors import NotFound, Refused
from pim.products.history import find_entity
from pim.products.models import PRODUCT
from pim.projection import Projection
from pim.projection.effective.running import shown
from pim.structure.queries import current


def preview_item(work: Work, projection: Projection, feed: Feed, identifier: str) -> dict[str, Any]:
    """Return {feed, product, selected, targets: {target: {output, steps}}, violations}.

    `selected` tells whether the feed's condition takes the product at all.
    """
    definition = parse_feed(feed.document, current(work.session))
    now = work.clock()
    compiled = definition.compile(now)
    entity = find_entity(work.session, identifier)
    if entity.kind != PRODUCT:
        raise Refused(f'"{entity.name}" is a product model: name one of its products.')
    with projection.read() as base:
        connection, channel = work.session.connection(), definition.channel.code
        reading = shown(connection, base, channel, now)
        ids = whole_groups(reading, [entity.id], compiled.groups)
        frame = reading.frame(sorted(compiled.columns | {"id"}), ids=ids, levels=SKUS)
        asked = pl.Series("id", [entity.id])
        frame = with_past_prices(frame, compiled, work.session, now, reading=reading)
        refuse_withheld(reading, entity.id)
        selected = entity.id in select_products(reading, definition, now, among=asked)
    row = frame["id"].index_of(entity.id)
    if row is None:
        raise NotFound(f'"{entity.name}" does not exist any more.')
    mapped = compiled.apply(frame)[row : row + 1]
    checked = carry_out(definition.checks(mapped), mapped)
    return {
        "feed": feed.code,
        "product": entity.name,
        "selected": selected,
        "targets": {
            target: {
                "output": _plain(mapped[target]),
                "steps": compiled.trace(target, frame, row=row),
            }
            for target in compiled.targets
        },
        "violations": checked.violations.to_dicts(),
    }


def _plain(column: pl.Series) -> Any:
    value = column[0]
    return value.to_list() if isinstance(value, pl.Series) else value
