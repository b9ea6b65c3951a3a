"""Feeds as their list shows them: the last publication and the state in a word."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from channels.models import Feed, Publication
from channels.publication.files import CURRENT, FeedFolder
from channels.publication.review import folder_of
from exporters.contract import load_exporters
from pim.db.runs import Run
from pim.errors import NotFound
from pim.settings import Settings


@dataclass(frozen=True, kw_only=True)
class FeedLine:
    """A feed with its last publication, and the run that publishes it now, if any."""

    feed: Feed
    exporter: str
    last: Publication | None
    run: Run | None

    @property
    def state(self) -> str:
        """Return the feed's state: never, live, held, failed, or publishing."""
        if self.run is not None:
            return "publishing"
        if self.last is None:
            return "never"
        return {"published": "live", "replaced": "rolled back"}.get(
            self.last.state, self.last.state
        )


def lines(session: Session, feeds: Sequence[Feed]) -> list[FeedLine]:
    """Return feeds with what was published last; two queries, however many feeds."""
    newest = select(func.max(Publication.id)).where(Publication.kind != "as_of")
    ids = newest.where(Publication.feed_id.in_([f.id for f in feeds])).group_by(Publication.feed_id)
    last = {
        p.feed_id: p for p in session.scalars(select(Publication).where(Publication.id.in_(ids)))
    }
    busy = select(Run).where(Run.kind == "publish", Run.state.in_(("queued", "running")))
    running = {run.parameters.get("feed"): run for run in session.scalars(busy)}
    exporters = load_exporters()
    return [
        FeedLine(
            feed=feed,
            exporter=_exporter(exporters, feed),
            last=last.get(feed.id),
            run=running.get(feed.code),
        )
        for feed in feeds
    ]


def _exporter(exporters: Mapping[str, Any], feed: Feed) -> str:
    code = feed.document.get("exporter", "")
    return str(exporters[code].label) if code in exporters else str(code)


@dataclass(frozen=True, kw_only=True)
class KeptFile:
    """A file of a publication that can be downloaded."""

    name: str
    bytes: int
    sha256: str


def kept_files(settings: Settings, feed: Feed, number: int | None) -> list[KeptFile]:
    """Return the files of a publication, as its manifest names them."""
    manifest = folder_of(settings, feed).manifest(number) if number else None
    files = (manifest or {}).get("files", {})
    return [KeptFile(name=n, bytes=f["bytes"], sha256=f["sha256"]) for n, f in files.items()]


def find_file(settings: Settings, feed: Feed, number: int, name: str) -> Path:
    """Return the path of a publication's file; only names in its manifest are found."""
    if name not in {file.name for file in kept_files(settings, feed, number)}:
        raise NotFound(f'Publication {number} of "{feed.code}" keeps no file "{name}".')
    return folder_of(settings, feed).file(number, name)


def current(settings: Settings, feed: Feed) -> int | None:
    """Return the publication that readers see."""
    return folder_of(settings, feed).pointed(CURRENT)


def comparable(folder: FeedFolder, publications: Sequence[Publication]) -> list[int]:
    """Return the publications whose items are kept, the newest first."""
    kept = set(folder.kept("items.parquet"))
    return [p.id for p in publications if p.id in kept]
