"""Feeds: whole publications with checks and differences, deltas, and one edit seen in all."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Sequence
from typing import Any, Final

from tests.bench.edits import change, refresh, scattered
from tests.bench.limits import bytes_below, write_seconds
from tests.bench.map_by_row import map_by_row
from tests.bench.place import Place
from tests.bench.projecting import SCATTERED, rename_category
from tests.bench.rows import Budget, Ends, Measured
from tests.bench.step import Step, within

FULL: Final = 41 * 700_000
#: Bytes that are written at most to find the disk's limit; more are reckoned from these.
WRITTEN: Final = 4_000_000_000
FORCED: Final = ("--force", "--reason", "benchmark")

_PUBLISH: Final = Budget(text="41 x 700,000 in 240 s, < 6 GB", rate=FULL / 240, peak_mb=6_000)


def _apply(place: Place) -> None:
    """Apply the feeds; one publication of each is kept, so that the disk holds them all."""
    for path in sorted((place.files / "feeds").iterdir()):
        document = json.loads(path.read_text("utf-8")) | {"retention": 1}
        path.write_text(json.dumps(document, ensure_ascii=False, indent=1), "utf-8")
        place.pim("feed", "apply", str(path))
    refresh(place)


def publish_all(place: Place) -> Measured:
    """Publish every feed whole."""
    found = _published(place, ["--all"])
    place.remember("all", {"seconds": found.seconds})
    return found


def _published(place: Place, which: Sequence[str]) -> Measured:
    answers, seconds = place.pim("feed", "publish", *which, *FORCED)
    _all_published(answers)
    size = sum(bytes_below(place.settings.feeds / a["feed"] / "current") for a in answers)
    place.remember("published", {"bytes": size, "items": _sum(answers, "items")})
    counts = ", ".join(f"{_sum(answers, n):,} {n}" for n in ("added", "changed", "errors"))
    return Measured(
        count=_sum(answers, "items"),
        seconds=seconds,
        note=f"{len(answers)} feeds, {size / 1e9:,.2f} GB, {counts}",
        details={"bytes": size, "slowest": _slowest(answers)},
    )


def _all_published(answers: Sequence[dict[str, Any]]) -> None:
    if not answers:
        raise RuntimeError("There is no feed")
    bad = [
        f"{a['feed']}: {a['state']} {a['reasons']}" for a in answers if a["state"] != "published"
    ]
    if bad:
        raise RuntimeError("; ".join(bad)[:500])


def _sum(answers: Iterable[dict[str, Any]], name: str) -> int:
    return sum(answer[name] for answer in answers)


def _slowest(answers: Sequence[dict[str, Any]]) -> dict[str, float]:
    worst = sorted(answers, key=lambda answer: -float(answer["seconds"] or 0))[:3]
    return {answer["feed"]: answer["seconds"] for answer in worst}


def _written(place: Place) -> Ends:
    """Compare with writing the same bytes, and with the same mapping row by row."""
    return Ends(limit=_disk(place), by_row=map_by_row(place))


def _written_only(place: Place) -> Ends:
    return Ends(limit=_disk(place))


def _disk(place: Place) -> float:
    """Return how many items a second the disk could take, by their bytes."""
    published = place.recall("published")
    size = min(published["bytes"], WRITTEN)
    seconds = write_seconds(place.scratch, size) * published["bytes"] / size
    return float(published["items"] / seconds)


def _scatter(place: Place) -> None:
    """Change what every feed shows: the stock of products goes to none, or comes back."""
    level = "0" if place.scalar("SELECT count(*) % 2 FROM change_set") else "7"
    changed = change(place, scattered(place, SCATTERED), stock=level)
    place.remember("changed", changed)


def _one_of_each(place: Place) -> Measured:
    """Publish one feed of each exporter again though nothing has changed."""
    return _published(place, _first_of_each(place))


def _first_of_each(place: Place) -> list[str]:
    answers, _ = place.pim("feed", "list")
    return sorted({each["exporter"]: each["code"] for each in reversed(answers)}.values())


def _deltas_of_nothing(place: Place) -> Measured:
    """Publish deltas though nothing has changed."""
    return deltas(place, "0 changed")


def _deltas_of_scattered(place: Place) -> Measured:
    """Publish deltas after 1,000 changes that lie far apart."""
    return deltas(place, f"{place.recall('changed'):,} changed")


def _deltas_of_category(place: Place) -> Measured:
    """Publish one delta of each exporter after a category has another name.

    Paths of categories hold it; every item is looked at, so that it takes what a whole one takes.
    """
    return deltas(place, "a category renamed", _first_of_each(place))


def choose_one(place: Place) -> None:
    """Choose a product that every feed publishes, and a stock that every feed shows."""
    answers, _ = place.pim("feed", "list")
    codes = [answer["code"] for answer in answers]
    for sku in scattered(place, 50):
        if all(_live(place, code, sku) for code in codes):
            place.remember("one", {"sku": sku, "stock": "7" if _stock(place, sku) == "0" else "0"})
            return
    raise RuntimeError("No product is in every feed")


def _live(place: Place, code: str, sku: str) -> bool:
    answer, _ = place.pim("feed", "status", code, "--item", sku)
    return bool(answer["status"] == "live")


def _stock(place: Place, sku: str) -> str | None:
    path = "\"values\" #>> '{stock_quantity,<all>,<all>}'"
    query = f"SELECT {path} FROM product WHERE identifier = :sku"
    return place.scalar(query, sku=sku)  # type: ignore[no-any-return]


def one_edit(place: Place) -> Measured:
    """Edit one value and publish the deltas that show it."""
    chosen = place.recall("one")
    began = time.perf_counter()
    change(place, [chosen["sku"]], stock=chosen["stock"])
    edited = time.perf_counter() - began
    measured = deltas(place, f"edited in {edited:.2f} s")
    return Measured(count=1, seconds=time.perf_counter() - began, note=measured.note)


def deltas(place: Place, what: str, which: Sequence[str] = ("--all",)) -> Measured:
    """Publish deltas; `what` happened before."""
    answers, seconds = place.pim("feed", "publish", *which, "--delta", *FORCED)
    _all_published(answers)
    found = [answer["changed"] + answer["added"] + answer["removed"] for answer in answers]
    note = f"{what}, {min(found):,} to {max(found):,} items in a feed"
    return Measured(count=len(answers), seconds=seconds, note=note)


STEPS: Final = {
    "publish all feeds": Step(prepare=_apply, measure=publish_all, ends=_written, budget=_PUBLISH),
    "publish all feeds after 1,000 changes": Step(
        prepare=_scatter, measure=publish_all, ends=_written_only, budget=_PUBLISH
    ),
    "publish one feed of each exporter, unchanged": Step(measure=_one_of_each, once=True),
    "deltas, nothing changed": Step(measure=_deltas_of_nothing, budget=within(5)),
    "deltas, 1,000 changes": Step(prepare=_scatter, measure=_deltas_of_scattered, budget=within(5)),
    "one edit, seen in all deltas": Step(prepare=choose_one, measure=one_edit, budget=within(2)),
    "deltas of each exporter, a category's name": Step(
        prepare=rename_category, measure=_deltas_of_category
    ),
}
