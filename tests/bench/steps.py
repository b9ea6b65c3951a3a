"""The steps that are measured, in their order; each runs in a process of its own."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable
from typing import Any, Final

from pim.generate import build
from tests.bench.limits import bytes_below, copy_seconds, write_seconds
from tests.bench.place import Place
from tests.bench.reading import complete, deep_pages, filters, lists_of_many, sorts, texts
from tests.bench.rows import Budget, Measured

SCATTERED: Final = 1_000
FULL_SIZE: Final = 700_000
FULL_FEEDS: Final = 41

#: Every product of the catalogue.
EVERYTHING: Final = json.dumps({"field": "sku", "operator": "NOT EMPTY"})
CATALOGUE: Final = {
    "product": "SELECT * FROM product",
    "product_model": "SELECT * FROM product_model",
    "history": "SELECT * FROM history WHERE change_set_id = 1",
}

Step = Callable[[Place], Measured]


def generated(place: Place) -> Measured:
    """Make the catalogue up."""
    began = time.perf_counter()
    build.write(place.files, products=place.size, feed_count=place.feeds)
    return Measured(count=place.size, seconds=time.perf_counter() - began)


def imported(place: Place) -> Measured:
    """Import the generated folder into an empty database."""
    answer, seconds = place.pim("import", str(place.files))
    if answer["rejected"] or answer["created"] < place.size:
        raise AssertionError(answer["violations"][:3])
    with place.engine() as engine:
        limit = place.size / copy_seconds(engine, place.scratch, CATALOGUE)
    return Measured(count=place.size, seconds=seconds, limit=limit)


def imported_again(place: Place) -> Measured:
    """Import the same files again: nothing changes."""
    answer, seconds = place.pim("import", str(place.files))
    if answer["updated"] > 5 or answer["rejected"]:  # currencies are seeded
        raise AssertionError(answer)
    with place.engine() as engine:
        limit = place.size / copy_seconds(engine, place.scratch, CATALOGUE)
    return Measured(count=place.size, seconds=seconds, limit=limit)


def projected(place: Place) -> Measured:
    """Write the projection from nothing."""
    with place.projection() as projection:
        began = time.perf_counter()
        projection.refresh(rebuild=True)
        seconds = time.perf_counter() - began
    size = bytes_below(place.settings.projection)
    limit = place.size / write_seconds(place.scratch, size)
    return Measured(
        count=place.size, seconds=seconds, limit=limit, note=f"{size / 1e6:,.0f} MB on disk"
    )


def projected_changes(place: Place) -> Measured:
    """Bring the projection up to date after scattered changes."""
    count = _change(place, SCATTERED, value="41")
    with place.projection() as projection:
        began = time.perf_counter()
        projection.refresh()
        return Measured(count=count, seconds=time.perf_counter() - began)


def bulk_set(place: Place) -> Measured:
    """Set one value of one channel on every product."""
    do = [{"type": "set", "field": "badge", "scope": "web", "value": "badge_07"}]
    answer, seconds = place.pim("bulk", "--where", EVERYTHING, "--do", json.dumps(do))
    place.remember("bulk", answer)
    return Measured(
        count=answer["written"], seconds=seconds, limit=_rewritten(place, answer["change_set"])
    )


def undone(place: Place) -> Measured:
    """Undo that."""
    done = place.recall("bulk")
    answer, seconds = place.pim("undo", str(done["change_set"]))
    if answer["kept"] or answer["restored"] != done["written"]:
        raise AssertionError(answer)
    return Measured(
        count=answer["restored"], seconds=seconds, limit=_rewritten(place, answer["change_set"])
    )


def published(place: Place) -> Measured:
    """Publish every feed for the first time."""
    for path in sorted((place.files / "feeds").iterdir()):
        place.pim("feed", "apply", str(path))
    return _publish(place)


def published_again(place: Place) -> Measured:
    """Publish every feed again though nothing has changed."""
    return _publish(place)


def deltas_of_nothing(place: Place) -> Measured:
    """Publish deltas though nothing has changed."""
    return _deltas(place, 0)


def deltas(place: Place) -> Measured:
    """Publish deltas after scattered changes."""
    return _deltas(place, _change(place, SCATTERED, value="0"))


def one_edit(place: Place) -> Measured:
    """Edit one value and publish the deltas that show it."""
    began = time.perf_counter()
    _change(place, 1, value="43")
    measured = _deltas(place, 1)
    return Measured(count=1, seconds=time.perf_counter() - began, note=measured.note)


def _change(place: Place, count: int, *, value: str) -> int:
    """Set the stock of products that lie far apart; return how many changed.

    From some to none and back, which every feed shows.
    """
    skus = _scattered(place, count)
    where = json.dumps({"field": "sku", "operator": "IN", "value": skus})
    do = json.dumps([{"type": "set", "field": "stock_quantity", "value": value}])
    answer, _ = place.pim("bulk", "--where", where, "--do", do)
    return int(answer["written"])


def _scattered(place: Place, count: int) -> list[str]:
    with place.projection() as projection, projection.read() as reading:
        found = reading.frame(["identifier"])["identifier"]
    return found.gather_every(max(1, len(found) // count))[:count].to_list()


def _publish(place: Place) -> Measured:
    arguments = ("feed", "publish", "--all", "--force", "--reason", "benchmark")
    answers, seconds = place.pim(*arguments)
    items = sum(answer["items"] for answer in answers)
    size = sum(bytes_below(place.settings.feeds / a["feed"] / "current") for a in answers)
    errors = sum(answer["errors"] for answer in answers)
    return Measured(
        count=items,
        seconds=seconds,
        limit=items / write_seconds(place.scratch, size),
        note=f"{size / 1e6:,.0f} MB of files, {errors:,} errors",
    )


def _deltas(place: Place, changed: int) -> Measured:
    arguments = ("feed", "publish", "--all", "--delta", "--force", "--reason", "benchmark")
    answers, seconds = place.pim(*arguments)
    found = {answer["changed"] for answer in answers}
    note = f"{changed:,} changed, {min(found):,} to {max(found):,} items in a feed"
    return Measured(count=len(answers), seconds=seconds, note=note)


def _rewritten(place: Place, change_set: int) -> float:
    """Return the limit of a bulk write: COPY of the products and their history."""
    written = f"SELECT * FROM history WHERE change_set_id = {change_set}"
    with place.engine() as engine:
        queries = {"product": CATALOGUE["product"], "history": written}
        return place.size / copy_seconds(engine, place.scratch, queries)


def _within(seconds: float) -> Budget:
    return Budget(text=f"< {seconds:g} s", seconds=seconds)


_IMPORT: Final = Budget(text="10,000 products/s, < 1 GB", rate=10_000, peak_mb=1_024)
_BULK: Final = Budget(text="20,000 products/s", rate=20_000)
_LIST: Final = Budget(text="p95 < 100 ms", seconds=0.1)
_PUBLISH: Final = Budget(
    text="41 x 700,000 in 240 s, < 6 GB", rate=FULL_FEEDS * FULL_SIZE / 240, peak_mb=6_144
)

#: Name, function and budget of every step.
STEPS: Final[dict[str, tuple[Step, Budget]]] = {
    "generate": (generated, Budget(text="700,000 in 60 s", rate=FULL_SIZE / 60)),
    "import": (imported, _IMPORT),
    "import again, unchanged": (imported_again, _IMPORT),
    "projection, full": (projected, Budget(text="700,000 in 60 s", rate=FULL_SIZE / 60)),
    "projection, 1,000 changes": (projected_changes, _within(2)),
    "bulk: set one value on all": (bulk_set, _BULK),
    "undo of it": (undone, _BULK),
    "completeness": (complete, Budget(text="700,000 x 105 in 5 s", rate=FULL_SIZE * 105 / 5)),
    "list: filter and count, p95": (filters, _LIST),
    "list: filter and sort, p95": (sorts, _LIST),
    "list: text, p95": (texts, _LIST),
    "list: deep page, p95": (deep_pages, _LIST),
    "list: 10 readers, p95": (lists_of_many, _LIST),
    "publish all feeds": (published, _PUBLISH),
    "publish again, unchanged": (published_again, _PUBLISH),
    "deltas, nothing changed": (deltas_of_nothing, _within(5)),
    "deltas, 1,000 changes": (deltas, _within(5)),
    "one edit, seen in all deltas": (one_edit, _within(2)),
}


def clear(place: Place) -> None:
    """Remove what only one step needed."""
    shutil.rmtree(place.settings.runs, ignore_errors=True)


def shown(measured: Measured) -> dict[str, Any]:
    """Return a measurement as JSON."""
    return measured.__dict__
