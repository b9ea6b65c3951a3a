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


def fail(work: Work, feed: Feed, run_id: int, reasons: list[str], *, kind: str) -> Publication:
    """Note on a run's publication why it ended, also when it had not come to have a record."""
    record = work.session.scalar(select(Publication).where(Publication.run_id == run_id))
    if record is None:
        record = Publication(
            feed_id=feed.id,
            feed_version=feed.version,
            run_id=run_id,
            kind=kind,
            as_of=work.clock(),
        )
        work.session.add(record)
    record.state = "failed"
    record.reasons = reasons
    work.session.flush()
    return record
