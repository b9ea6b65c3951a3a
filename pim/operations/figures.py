"""Figures for monitors, read from the database and the home when they are asked for.

So they are right whichever process answers, and right after a restart. What only a process can
count (its requests) is in `pim.web.metrics`.
"""

from __future__ import annotations

import json
import shutil
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, HistogramMetricFamily, Metric
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import OperationalError

from pim.operations import queries
from pim.settings import Settings

BUCKETS: Final = (0.1, 0.5, 1.0, 5.0, 10.0, 30.0, 60.0, 300.0, 600.0, 1800.0, 3600.0)


#: Every figure and what it says.
WORDS: Final[Mapping[str, str]] = {
    "polka_database_up": "Whether the database answers.",
    "polka_database_bytes": "Size of the database.",
    "polka_queue_jobs": "Jobs in the queue.",
    "polka_queue_oldest_seconds": "How long the oldest job waits that could be done now.",
    "polka_runs": "Runs that are kept.",
    "polka_run_duration_seconds": "Duration of ended runs that are kept.",
    "polka_workers": "Workers that have signed within 30 seconds.",
    "polka_worker_heartbeat_age_seconds": "Time since any worker has signed.",
    "polka_feed_publication_age_seconds": "Time since the feed was last published.",
    "polka_feed_items": "Items of the last publication.",
    "polka_feed_errors": "Errors of the last publication.",
    "polka_feed_warnings": "Warnings of the last publication.",
    "polka_feed_held": "Whether the newest publication is held back.",
    "polka_feed_failed": "Whether the newest publication failed.",
    "polka_projection_lag_seconds": "Age of the oldest change that the projection lacks.",
    "polka_projection_lag_changes": "Changes that the projection lacks.",
    "polka_projection_segments": "Segments of the projection.",
    "polka_projection_bytes": "Bytes of the projection.",
    "polka_disk_free_bytes": "Free space where the home lies.",
    "polka_disk_bytes": "All space where the home lies.",
}


def names() -> frozenset[str]:
    """Return the names of all figures."""
    return frozenset(WORDS)


def figures(engine: Engine, settings: Settings) -> CollectorRegistry:
    """Return a registry whose collection reads everything once."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Figures(engine, settings))
    return registry


class _Figures:
    """A collector in prometheus_client's sense."""

    def __init__(self, engine: Engine, settings: Settings) -> None:
        self._engine = engine
        self._settings = settings

    def describe(self) -> Iterable[Metric]:
        return ()  # or the registry would collect once for nothing

    def collect(self) -> Iterator[Metric]:
        up = _gauge("polka_database_up")
        read: list[Metric] = []
        try:
            with self._engine.connect() as connection:
                connection.execute(text("SET LOCAL statement_timeout = '10s'"))
                read = [*_of_database(connection), *_projection(connection, self._settings)]
        except OperationalError:  # it is down, or too slow for a monitor
            read = []
        up.add_metric([], float(bool(read)))
        yield from [up, *read, *_disk(self._settings)]


def _of_database(connection: Connection) -> Iterator[Metric]:
    yield from _queue(connection)
    yield _run_durations(connection)
    yield from _feeds(connection)
    yield from _workers(connection)
    yield _gauge("polka_database_bytes", _one(connection, queries.SIZE))


def _queue(connection: Connection) -> Iterator[Metric]:
    jobs = _gauges("polka_queue_jobs", ["kind", "state"])
    for row in connection.execute(queries.QUEUE):
        jobs.add_metric([row.kind, row.state], row.jobs)
    yield jobs
    yield _gauge(
        "polka_queue_oldest_seconds",
        _one(connection, queries.OLDEST_JOB),
    )
    runs = _gauges("polka_runs", ["kind", "state"])
    for row in connection.execute(queries.RUNS):
        runs.add_metric([row.kind, row.state], row.runs)
    yield runs


def _run_durations(connection: Connection) -> Metric:
    """Return a histogram of the runs that are kept; a removed run leaves it, as after a restart."""
    family = HistogramMetricFamily(
        "polka_run_duration_seconds",
        WORDS["polka_run_duration_seconds"],
        labels=["kind", "outcome"],
    )
    counts: dict[tuple[str, str], dict[int, int]] = defaultdict(dict)
    sums: dict[tuple[str, str], float] = defaultdict(float)
    for row in connection.execute(queries.DURATIONS, {"buckets": list(BUCKETS)}):
        counts[row.kind, row.state][row.bucket] = row.runs
        sums[row.kind, row.state] += row.seconds
    for key, by_bucket in counts.items():
        total, buckets = 0, []
        for position, limit in enumerate([*map(str, BUCKETS), "+Inf"]):
            total += by_bucket.get(position, 0)
            buckets.append((limit, float(total)))
        family.add_metric(list(key), buckets, sums[key])
    return family


def _feeds(connection: Connection) -> Iterator[Metric]:
    rows = connection.execute(queries.FEEDS).all()
    for column in ("publication_age_seconds", "items", "errors", "warnings", "held", "failed"):
        family = _gauges(f"polka_feed_{column}", ["feed"])
        for row in rows:
            if (value := getattr(row, column)) is not None:
                family.add_metric([row.code], float(value))
        yield family


def _workers(connection: Connection) -> Iterator[Metric]:
    row = connection.execute(queries.WORKERS).one()
    yield _gauge("polka_workers", row.alive)
    yield _gauge(
        "polka_worker_heartbeat_age_seconds",
        row.age,
    )


def _projection(connection: Connection, settings: Settings) -> Iterator[Metric]:
    """Say how far this machine's columns are behind the catalogue."""
    known = _manifest(settings)
    if known is None:
        return
    position = {name: known[name] for name in ("snapshot", "system", "database")}
    row = connection.execute(queries.LAG, position).one()
    yield _gauge("polka_projection_lag_seconds", row.age)
    yield _gauge("polka_projection_lag_changes", row.changes)
    segments = len(known["segments"])
    yield _gauge("polka_projection_segments", segments)
    bytes_ = sum(sum(segment["files"].values()) for segment in known["segments"])
    yield _gauge("polka_projection_bytes", bytes_)


def _manifest(settings: Settings) -> dict[str, Any] | None:
    try:
        return dict(json.loads((settings.projection / "current").read_bytes()))
    except (OSError, ValueError):
        return None


def _disk(settings: Settings) -> Iterator[Metric]:
    usage = shutil.disk_usage(settings.home)
    yield _gauge("polka_disk_free_bytes", usage.free)
    yield _gauge("polka_disk_bytes", usage.total)


def _gauge(name: str, value: float | None = None) -> GaugeMetricFamily:
    """Return a figure without labels; None leaves its value out."""
    family = _gauges(name, [])
    if value is not None:
        family.add_metric([], float(value))
    return family


def _gauges(name: str, labels: Sequence[str]) -> GaugeMetricFamily:
    """Return a family of figures to fill."""
    return GaugeMetricFamily(name, WORDS[name], labels=labels)


def _one(connection: Connection, query: Any) -> float | None:
    value = connection.scalar(query)
    return None if value is None else float(value)
