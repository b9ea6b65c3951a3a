"""The projection: from nothing, and after changes of different reach."""

from __future__ import annotations

import csv
import json
import time
from typing import Final

from pim.projection import Projection
from tests.bench.edits import change, change_set_of_all, scattered
from tests.bench.limits import bytes_below, write_seconds
from tests.bench.place import Place
from tests.bench.rows import Budget, Ends, Measured
from tests.bench.step import Step, within

SCATTERED: Final = 1_000
_FULL: Final = Budget(text="700,000 in 60 s", rate=700_000 / 60)

#: A category of the second level: one in a hundred products lies in it or below.
CATEGORY: Final = "category_0011"


def _refreshed(place: Place, count: int, *, rebuild: bool = False, note: str = "") -> Measured:
    with place.projection() as projection:
        began = time.perf_counter()
        projection.refresh(rebuild=rebuild)
        seconds = time.perf_counter() - began
        lag = _lag(projection)
    return Measured(count=count, seconds=seconds, note=f"{note}{lag}")


def _lag(projection: Projection) -> str:
    """Return what the first reading after a refresh takes: opening it."""
    began = time.perf_counter()
    with projection.read() as reading:
        reading.search(limit=1)
    return f"opened in {time.perf_counter() - began:.2f} s"


def _full(place: Place) -> Measured:
    """Write the projection from nothing."""
    measured = _refreshed(place, place.size, rebuild=True)
    size = bytes_below(place.settings.projection)
    place.remember("projected", size)
    return Measured(
        count=place.size,
        seconds=measured.seconds,
        note=f"{size / 1e6:,.0f} MB on disk, {measured.note}",
        details={"bytes": size},
    )


def _written(place: Place) -> Ends:
    """Compare with writing the same bytes."""
    return Ends(limit=place.size / write_seconds(place.scratch, place.recall("projected")))


def _scatter(place: Place) -> None:
    place.remember("changed", change(place, scattered(place, SCATTERED), stock="41"))


def _after_scattered(place: Place) -> Measured:
    """Bring it up to date after 1,000 changes that lie far apart."""
    return _refreshed(place, place.recall("changed"))


def _rename_style(place: Place) -> None:
    """Give a style another name: its thirty sizes follow."""
    sku = place.scalar("SELECT identifier FROM product WHERE identifier LIKE 'G000000-1-%' LIMIT 1")
    where = {"field": "identifier", "operator": "=", "value": sku}
    stamp = f"Another name {time.time_ns() % 10**9}"
    do = [{"type": "set", "field": "name", "locale": "en_GB", "value": stamp}]
    answer, _ = place.pim("bulk", "--where", json.dumps(where), "--do", json.dumps(do))
    if answer["written"] != 1:
        raise RuntimeError(f"The name was written {answer['written']} times")


def after_style(place: Place) -> Measured:
    """Bring it up to date after one style has another name."""
    return _refreshed(place, 1, note=f"{_below_style(place)} sizes follow, ")


def _below_style(place: Place) -> int:
    return int(place.scalar("SELECT count(*) FROM product WHERE identifier LIKE 'G000000-%'"))


def rename_category(place: Place) -> None:
    """Give a category of the second level another name."""
    code = CATEGORY if place.size >= 1_000 else "category_0002"
    path = place.made("category.csv")
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow(["code", "label-en_GB", "label-de_DE", "label-fr_FR"])
        writer.writerow([code, *[f"Another name {time.time_ns() % 10**9}"] * 3])
    answer, _ = place.pim("import", str(path), "--entity", "category")
    if answer["updated"] != 1:
        raise RuntimeError(f"{answer['updated']} categories were updated: {answer['violations']}")


def _after_category(place: Place) -> Measured:
    """Bring it up to date after one category has another name."""
    return _refreshed(place, 1)


def _after_all(place: Place) -> Measured:
    """Bring it up to date after an edit of every product."""
    change_set_of_all(place)
    return _refreshed(place, place.size, note="after the bulk edit, ")


STEPS: Final = {
    "projection, full": Step(measure=_full, ends=_written, budget=_FULL),
    "projection, 1,000 changes": Step(prepare=_scatter, measure=_after_scattered, budget=within(2)),
    "projection, a style's name": Step(
        prepare=_rename_style, measure=after_style, budget=within(2)
    ),
    "projection, a category's name": Step(
        prepare=rename_category, measure=_after_category, budget=within(2)
    ),
}
AFTER_BULK: Final = {"projection, every product edited": Step(measure=_after_all, budget=_FULL)}
