"""What tests of feeds do, on one machine or on several: import, define, find, publish."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

from sqlalchemy import Engine

from channels.feeds.service import apply_feed, find_feed
from channels.models import Feed, Publication
from channels.publication.publish import PublishOptions
from channels.publication.service import publish_feed
from pim.db.unit_of_work import unit_of_work
from pim.projection import Projection
from pim.settings import Settings
from pim.staging.imports import ImportOptions, ImportResult, ImportRun
from pim.structure.queries import current


class Publisher:
    """Someone with a catalogue and feeds; `DOCUMENT` is the feed that changes are applied to."""

    DOCUMENT: ClassVar[dict[str, Any]]

    engine: Engine
    settings: Settings
    projection: Projection

    def load_into(self, folder: Path, files: dict[str, str]) -> ImportResult:
        """Write flat files into a folder and import it."""
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (folder / name).write_text(text, encoding="utf-8")
        with unit_of_work(self.engine) as work:
            return ImportRun.begin(work, self.settings, [folder], ImportOptions()).finish()

    def feed(self, **changes: Any) -> Feed:
        """Apply the feed with other members."""
        with unit_of_work(self.engine) as work:
            return apply_feed(work, {**self.DOCUMENT, **changes}, current(work.session)).feed

    def found(self, code: str = "shop") -> Feed:
        """Return a feed as it is stored."""
        with unit_of_work(self.engine) as work:
            return find_feed(work.session, code)

    def publish(self, code: str = "shop", **options: Any) -> Publication:
        """Publish a feed."""
        with unit_of_work(self.engine) as work:
            return publish_feed(
                work, self.settings, self.projection, code, PublishOptions(**options)
            )
