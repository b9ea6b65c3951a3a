"""Backups of what lies in S3, and restores into it."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import sqlalchemy as sa

from channels.feeds.service import apply_feed
from channels.publication.publish import PublishOptions
from channels.publication.service import publish_feed
from channels.publication.sharing import feed_folder
from pim.assets.storage import Storage
from pim.db.engine import create_engine
from pim.db.unit_of_work import unit_of_work
from pim.operations.backup import back_up, restore, verify
from pim.projection import Projection
from pim.settings import Settings
from pim.structure.queries import current

FEED = {
    "code": "shop",
    "channel": "web",
    "locale": "en_GB",
    "currency": "EUR",
    "exporter": "csv_feed",
    "mapping": {"sku": "sku", "stock": "stock"},
}


def publish(engine: sa.Engine, settings: Settings):
    projection = Projection.from_settings(settings, engine)
    try:
        with unit_of_work(engine) as work:
            return publish_feed(work, settings, projection, "shop", PublishOptions())
    finally:
        projection.close()


def test_media_and_feeds_of_a_bucket_come_back_into_another(
    catalogue, objects, server, home, tmp_path
):
    here = replace(
        catalogue.settings, storage_url=objects.bucket(), storage_endpoint=objects.endpoint
    )
    picture = tmp_path / "boot.jpg"
    picture.write_bytes(os.urandom(100_000))
    key = Storage.from_settings(here).put(picture)
    with unit_of_work(catalogue.engine) as work:
        apply_feed(work, FEED, current(work.session))
    record = publish(catalogue.engine, here)
    path = tmp_path / "polka.tar"

    made = back_up(catalogue.engine, here, path)

    assert made.media == 1
    assert made.feeds == {"shop": {"current": record.id, "delta": None}}
    assert verify(path).whole
    there_home: Path = home.with_name(f"{home.name}-there")
    with server.database() as url:
        there = replace(here, home=there_home, database_url=url, storage_url=objects.bucket())
        engine = create_engine(url)
        restore(engine, there, path)
        with Storage.from_settings(there).open(key) as file:
            assert file.read() == picture.read_bytes()
        folder = feed_folder(there, "shop")
        assert folder.pointed() == record.id
        name = next(iter((folder.manifest(record.id) or {})["files"]))
        before = feed_folder(here, "shop").file(record.id, name).read_bytes()
        assert folder.file(record.id, name).read_bytes() == before
        again = publish(engine, there)
        assert (again.added, again.changed, again.unchanged) == (0, 0, 6)
        engine.dispose()
