"""A shop to back up, and what must be the same when it was restored."""

from __future__ import annotations

import hashlib
from pathlib import Path

import sqlalchemy as sa

from channels.models import Publication
from channels.publication.publish import PublishOptions
from channels.publication.service import publish_feed
from pim.db.unit_of_work import unit_of_work
from pim.projection import Projection
from pim.settings import Settings

FEED = {
    "code": "shop",
    "channel": "web",
    "locale": "en_GB",
    "currency": "EUR",
    "exporter": "csv_feed",
    "mapping": {"sku": "sku", "name": {"from": "name"}, "stock": "stock"},
}
TABLES = (
    "product",
    "product_model",
    "history",
    "change_set",
    "attribute",
    "attribute_option",
    "family",
    "category",
    "channel",
    "app_user",
    "feed",
    "feed_version",
    "publication",
    "unique_value",
    "run",
)


def publish(engine: sa.Engine, settings: Settings, *, delta: bool = False) -> Publication:
    """Publish the shop's feed."""
    with unit_of_work(engine) as work:
        projection = Projection(settings.projection, engine)
        try:
            return publish_feed(work, settings, projection, "shop", PublishOptions(delta=delta))
        finally:
            projection.close()


def set_stock(engine: sa.Engine, stock: int, *, sku: str = "%") -> None:
    """Change the stock of products in one statement, as the log tells."""
    with engine.begin() as connection:
        connection.execute(
            sa.text(
                "UPDATE product SET values = jsonb_set(values, '{stock}', jsonb_build_object("
                "'<all>', jsonb_build_object('<all>', CAST(:stock AS text)))) "
                "WHERE identifier LIKE :sku"
            ),
            {"stock": str(stock), "sku": sku},
        )
        connection.execute(
            sa.text(
                "INSERT INTO change_log (subject, ids, attributes) SELECT 'product', "
                "array_agg(id), '{stock}' FROM product WHERE identifier LIKE :sku"
            ),
            {"sku": sku},
        )


def digests(engine: sa.Engine) -> dict[str, str]:
    """Return a hash of all rows of each table."""
    query = "SELECT md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM {} t"
    with engine.connect() as connection:
        return {name: connection.scalar(sa.text(query.format(name))) for name in TABLES}


def published(settings: Settings) -> dict[str, str]:
    """Return the hashes of what readers of the feeds see."""
    current = settings.feeds / "shop" / "current"
    return {
        file.name: hashlib.sha256(file.read_bytes()).hexdigest()
        for file in current.iterdir()
        if file.name != "manifest.json"
    }


def tree(folder: Path) -> list[Path]:
    """Return every file below a folder."""
    return sorted(path for path in folder.rglob("*") if path.is_file())
