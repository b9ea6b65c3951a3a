"""What the processes of the pages count themselves: requests, by route and status.

With PROMETHEUS_MULTIPROC_DIR, which `pim serve` sets, the processes count into shared files, so
any of them answers for all.
"""

from __future__ import annotations

import os

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.multiprocess import MultiProcessCollector

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

_own = CollectorRegistry()

REQUESTS = Counter(
    "polka_http_requests",
    "Requests answered.",
    ["method", "route", "status"],
    registry=_own,
)
SECONDS = Histogram(
    "polka_http_request_duration_seconds",
    "Time from the request's arrival to the end of its answer.",
    ["route"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.3, 1, 3, 10, 30),
    registry=_own,
)


def observe_request(*, method: str, route: str, status: str, seconds: float) -> None:
    """Count a request; `route` is a rule, never an address, so that there are few of them."""
    known = method if method in METHODS else "other"
    REQUESTS.labels(known, route, status).inc()
    SECONDS.labels(route).observe(seconds)


def registry() -> CollectorRegistry:
    """Return what all processes have counted, or this one if it is alone."""
    if FOLDER not in os.environ:
        return _own
    shared = CollectorRegistry()
    MultiProcessCollector(shared)  # type: ignore[no-untyped-call]
    return shared
