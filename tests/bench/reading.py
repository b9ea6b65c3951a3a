"""Lists and completeness: what somebody waits for who looks at the catalogue."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle, islice
from statistics import quantiles
from typing import Any, Final

from pim.domain.conditions import Condition, parse
from pim.projection import Reading
from tests.bench.place import Place
from tests.bench.rows import Measured

ROUNDS: Final = 40
READERS: Final = 10
PAGE: Final = 50
COLUMNS: Final = ("identifier", "family", "enabled", "name-en_GB", "picture", "updated")

Ask = Callable[[Reading], object]

_FILTERS: Final[Sequence[dict[str, Any]]] = (
    {"field": "brand", "operator": "IN", "value": ["brand_03", "brand_41"]},
    {"field": "family", "operator": "IN", "value": ["family_02"]},
    {"field": "stock_quantity", "operator": "<", "value": "10"},
    {"field": "name", "operator": "CONTAINS", "value": "boot", "locale": "en_GB"},
    {"field": "description", "operator": "EMPTY", "scope": "web", "locale": "ja_JP"},
    {"field": "upper_material", "operator": "IN", "value": ["upper_material_07"]},
    {"field": "categories", "operator": "IN CHILDREN", "value": ["category_0003"]},
    {"field": "launch_date", "operator": ">", "value": "2026-06-01"},
)
_SORTS: Final = ("identifier", "name-en_GB", "updated", "stock_quantity", "family")


def complete(place: Place) -> Measured:
    """Compute the completeness of every product in every channel and locale."""
    with place.projection() as projection, projection.read() as reading:
        pairs = [(c.code, each) for c in reading.structure.channels for each in c.locales]
        began = time.perf_counter()
        for channel, locale in pairs:
            reading.completeness(channel, locale)
        seconds = time.perf_counter() - began
    return Measured(
        count=place.size * len(pairs), seconds=seconds, note=f"{len(pairs)} of channel and locale"
    )


def filters(place: Place) -> Measured:
    """Filter, count, and read the first page."""
    return _measure(place, _filtered)


def sorts(place: Place) -> Measured:
    """Filter, count, sort, and read the first page."""
    return _measure(place, _sorted)


def texts(place: Place) -> Measured:
    """Look for a text in identifiers and names."""
    return _measure(place, lambda reading: (_page(t) for t in ("boot 12", "G0000", "loafer 77")))


def deep_pages(place: Place) -> Measured:
    """Read a page from the middle of everything, sorted."""
    middle = place.size // 2
    return _measure(place, lambda reading: (_page(sort=s, offset=middle) for s in _SORTS))


def lists_of_many(place: Place) -> Measured:
    """Let ten readers filter and sort at once, without a pause between their pages."""
    return _measure(place, _sorted, readers=READERS)


def _filtered(reading: Reading) -> Iterator[Ask]:
    return (_page(where=parse(where, reading.structure)) for where in _FILTERS)


def _sorted(reading: Reading) -> Iterator[Ask]:
    pairs = zip(_FILTERS, cycle(_SORTS), strict=False)
    return (_page(where=parse(where, reading.structure), sort=sort) for where, sort in pairs)


def _page(
    text: str | None = None,
    *,
    where: Condition = Condition(),  # noqa: B008 - immutable
    sort: str | None = None,
    offset: int = 0,
) -> Ask:
    def ask(reading: Reading) -> object:
        found = reading.search(where, text=text, sort=sort, offset=offset, limit=PAGE)
        return reading.frame(COLUMNS, ids=found.ids)

    return ask


def _measure(
    place: Place, asks: Callable[[Reading], Iterator[Ask]], *, readers: int = 1
) -> Measured:
    """Ask in turn, once to warm up; `seconds` is the 95th percentile of one answer."""
    with place.projection() as projection, projection.read() as reading:
        wanted = list(asks(reading))
        _ = [_timed(ask, reading) for ask in wanted]
        rounds = list(islice(cycle(wanted), ROUNDS * readers))
        with ThreadPoolExecutor(readers) as pool:
            taken = sorted(pool.map(lambda ask: _timed(ask, reading), rounds))
    cuts = quantiles(taken, n=20)
    note = f"p50 {cuts[9] * 1000:.1f} ms, worst {taken[-1] * 1000:.1f} ms, {len(taken)} answers"
    return Measured(count=1, seconds=cuts[18], note=note)


def _timed(ask: Ask, reading: Reading) -> float:
    began = time.perf_counter()
    ask(reading)
    return time.perf_counter() - began
