"""Feeds kept: apply a document, list, find, delete; every version of a document stays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import orjson
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from channels.feeds.definition import parse_feed
from channels.models import Feed, FeedVersion
from channels.publication.sharing import feed_folder
from pim.db.unit_of_work import Work
from pim.domain.structure import Structure
from pim.errors import NotFound
from pim.settings import Settings


@dataclass(frozen=True)
class Applied:
    """A feed after a document was applied, and what that came to."""

    feed: Feed
    status: Literal["created", "updated", "unchanged"]


def apply_feed(work: Work, document: Mapping[str, Any], structure: Structure) -> Applied:
    """Create or change a feed; a document that says nothing new writes nothing.

    Raises Refused with every problem of the document.
    """
    definition = parse_feed(document, structure)
    feed = _find(work.session, definition.code)
    if feed is not None and _same(feed.document, document):
        return Applied(feed, "unchanged")
    status: Literal["created", "updated"] = "updated" if feed else "created"
    if feed is None:
        feed = Feed(code=definition.code, document={}, version=0)
        work.session.add(feed)
    feed.label = definition.label or definition.code
    feed.document = dict(document)
    feed.version += 1
    feed.updated = work.clock()
    work.session.flush()
    work.session.add(
        FeedVersion(
            feed_id=feed.id, version=feed.version, document=dict(document), author_id=work.actor
        )
    )
    work.session.flush()
    return Applied(feed, status)


def find_feed(session: Session, code: str) -> Feed:
    """Return a feed by code, without regard to case, or raise NotFound naming the others."""
    feed = _find(session, code)
    if feed is None:
        known = ", ".join(f.code for f in list_feeds(session)) or "none yet"
        raise NotFound(f'There is no feed "{code}". Feeds: {known}.')
    return feed


def list_feeds(session: Session) -> list[Feed]:
    """Return all feeds by code."""
    return list(session.scalars(select(Feed).order_by(Feed.code)))


def delete_feed(work: Work, settings: Settings, code: str) -> None:
    """Delete a feed, its publications and, once that is committed, its files."""
    feed = find_feed(work.session, code)
    folder = feed_folder(settings, feed.code)
    work.session.delete(feed)
    work.after_commit(folder.remove)


def _find(session: Session, code: str) -> Feed | None:
    return session.scalar(select(Feed).where(func.lower(Feed.code) == code.lower()))


def _same(known: Mapping[str, Any], given: Mapping[str, Any]) -> bool:
    """Tell whether two documents are one and the same, the order of their targets included."""
    return orjson.dumps(known) == orjson.dumps(given)
