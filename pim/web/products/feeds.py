"""A product in every feed, as the tab Feeds shows it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from channels.feeds.known import definition_of
from channels.feeds.service import list_feeds
from channels.models import Feed
from channels.publication.review import folder_of
from channels.publication.standing import Standing, relatives, standing
from pim.errors import Refused
from pim.web import state


@dataclass(frozen=True, kw_only=True)
class Unusable:
    """A feed whose document the structure has outgrown."""

    feed: Feed
    reason: str


def standings(product: int) -> Sequence[Standing | Unusable]:
    """Return where a product stands in each feed."""
    with state.reading() as reading:
        found: list[Standing | Unusable] = []
        now, history = state.work().clock(), state.work().session
        feeds = list_feeds(history)
        folders = {feed.id: folder_of(state.parts().settings, feed) for feed in feeds}
        related = relatives(reading, folders.values(), product)
        for feed in feeds:
            try:
                definition = definition_of(feed, reading.structure)
            except Refused as refusal:
                found.append(Unusable(feed=feed, reason=str(refusal)))
                continue
            found.append(
                standing(
                    reading,
                    feed,
                    definition,
                    folders[feed.id],
                    product,
                    related,
                    now=now,
                    history=history,
                )
            )
        return found
