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
        related = relatives(reading, product)
        now, history = state.work().clock(), state.work().session
        for feed in list_feeds(state.work().session):
            try:
                definition = definition_of(feed, reading.structure)
            except Refused as refusal:
                found.append(Unusable(feed=feed, reason=str(refusal)))
                continue
            folder = folder_of(state.parts().settings, feed)
            found.append(
                standing(
                    reading, feed, definition, folder, product, related, now=now, history=history
                )
            )
        return found
