"""What a catalogue takes on disk at the end of all steps."""

from __future__ import annotations

from sqlalchemy import text

from tests.bench.limits import bytes_below
from tests.bench.place import Place

TABLES = ("product", "product_model", "history", "unique_value", "change_log")
_SIZE = "SELECT pg_total_relation_size(CAST(:table AS regclass))"


def sizes(place: Place) -> dict[str, int]:
    """Return bytes by what they hold, and how many rows the history has."""
    with place.engine() as engine, engine.connect() as connection:
        tables = {name: connection.scalar(text(_SIZE), {"table": name}) for name in TABLES}
        database = connection.scalar(text("SELECT pg_database_size(current_database())"))
        entries = connection.scalar(text("SELECT count(*) FROM history"))
    return {
        **tables,
        "database": database,
        "history_entries": entries,
        "projection": bytes_below(place.settings.projection),
        "feeds": sum(bytes_below(folder / "current") for folder in place.settings.feeds.glob("*")),
    }
