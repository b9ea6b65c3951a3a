"""Bring PostgreSQL in line with the files: the switch of the pointer is what commits."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from sqlalchemy import Select, select, text

from channels.models import Feed, Publication
from channels.publication.files import CURRENT, DELTA, FeedFolder
from pim.db.unit_of_work import Work

_LAST: Final = text("SELECT pg_sequence_last_value(pg_get_serial_sequence('publication', 'id'))")
#: Others may draw numbers at the same time: drawing is safe, setting would not be.
_ADVANCE: Final = text(
    """
    SELECT max(nextval(pg_get_serial_sequence('publication', 'id')))
    FROM generate_series(1, :steps)
    """
)


def reconcile(work: Work, feed: Feed, folder: FeedFolder) -> None:
    """Settle publications whose process ended between its files and its last commit.

    Called by whoever publishes the feed alone: a running publication belongs to a dead process.
    """
    folder.settle()
    pointed = {folder.pointed(CURRENT), folder.pointed(DELTA)}
    for record in work.session.scalars(_unsettled(feed, pointed - {None})):
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
    _stay_above(work, folder.highest())


def _unsettled(feed: Feed, pointed: Collection[int | None]) -> Select[Publication]:
    """Select what is running, and what readers see though no commit says so."""
    seen = Publication.id.in_(pointed) & (Publication.state != "published")
    running = Publication.state == "running"
    return select(Publication).where(Publication.feed_id == feed.id, running | seen)


def _stay_above(work: Work, number: int) -> None:
    """Give no number again that a folder has: a database that was restored may be behind it."""
    last = work.session.scalar(_LAST)
    if last is not None and last < number:
        work.session.execute(_ADVANCE, {"steps": number - last})


def fail(work: Work, feed: Feed, run_id: int, reasons: list[str], *, kind: str) -> Publication:
    """Note on a run's publication why it ended, also when it had not come to have a record."""
    tries = select(Publication).where(Publication.run_id == run_id).order_by(Publication.id.desc())
    record = work.session.scalar(tries.limit(1))
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
