"""Bring PostgreSQL in line with the files: the switch of the pointer is what commits."""

from __future__ import annotations

from sqlalchemy import select

from channels.models import Feed, Publication
from channels.publication.files import CURRENT, DELTA, FeedFolder
from pim.db.unit_of_work import Work


def reconcile(work: Work, feed: Feed, folder: FeedFolder) -> None:
    """Settle publications whose process ended between its files and its last commit."""
    pointed = {folder.pointed(CURRENT), folder.pointed(DELTA)}
    open_ones = work.session.scalars(
        select(Publication).where(Publication.feed_id == feed.id, Publication.state == "running")
    )
    for record in open_ones:
        manifest = folder.manifest(record.id) if record.id in pointed else None
        if manifest is None:
            record.state = "failed"
            record.reasons = ["The process that published it ended before it was done."]
            continue
        record.state = "published"
        record.manifest = manifest
        for name in ("items", "added", "changed", "removed", "unchanged", "errors", "warnings"):
            setattr(record, name, manifest[name])
    work.session.flush()


def fail(work: Work, feed: Feed, reason: str) -> None:
    """Note on the feed's running publications why they ended."""
    running = select(Publication).where(
        Publication.feed_id == feed.id, Publication.state == "running"
    )
    for record in work.session.scalars(running):
        record.state = "failed"
        record.reasons = [reason]
    work.session.flush()
