"""Campaigns: what one over 100,000 products costs feeds, and what 1,000 that run at once do."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any, Final

from pim.campaigns import queries
from pim.db.unit_of_work import unit_of_work, utc_now
from pim.domain.conditions import parse
from pim.domain.structure import Structure
from pim.editing.campaigns.service import apply_campaigns, delete_campaign
from pim.projection.effective.running import shown
from pim.structure.queries import current
from tests.bench.edits import refresh
from tests.bench.lists import percentiles
from tests.bench.place import Place
from tests.bench.publishing import choose_one, deltas, one_edit, publish_all
from tests.bench.questions import COLUMNS, FILTERS, PAGE
from tests.bench.rows import Measured
from tests.bench.step import Step, within

MANY: Final = 1_000
PRODUCTS: Final = 100_000
#: Answers to each question of a page, and how deep a deep one lies.
EACH: Final = 20
CHANNEL: Final = "web"

PRICE: Final = {
    "type": "calculate", "field": "price",
    "round": {"ending": "0.99", "direction": "nearest"},
}  # fmt: skip
#: Questions of the list whose answers 1,000 campaigns over prices may change, or may not.
ASKED: Final = ("everything", "price", "family", "option", "yes or no")
SORTS: Final = ("identifier", "price-EUR")


def _big(place: Place) -> None:
    """Save a campaign over the products of as many families as make 100,000."""
    with place.projection() as projection, projection.read() as reading:
        counts = reading.counts("family")
        known = reading.structure.families.by_id
    chosen: list[str] = []
    reached = 0
    for number, count in sorted(counts.items(), key=lambda each: (each[0] is None, each[0])):
        if number is not None and reached < place.share(PRODUCTS):
            chosen.append(known[number].code)
            reached += count
    where = {"field": "family", "operator": "IN", "value": chosen}
    _save(place, [_document("big", where, -20)])
    place.remember("reached", reached)


def _many(place: Place) -> None:
    """Save 1,000 campaigns over prices, tell feeds of them, and choose what is edited."""
    number = random.Random(1)
    with place.engine() as engine, unit_of_work(engine) as work:
        wheres = list(_conditions(current(work.session), number, min(MANY, place.size // 10)))
    _save(place, [_document(f"m{n}", w, -number.randint(5, 40)) for n, w in enumerate(wheres)])
    deltas(place, "campaigns begin")
    choose_one(place)


def _conditions(
    structure: Structure, chance: random.Random, count: int
) -> Iterator[dict[str, Any]]:
    families = [family.code for family in structure.families]
    categories = [category.code for category in structure.categories]
    for _ in range(count):
        family = {"field": "family", "operator": "IN", "value": [chance.choice(families)]}
        price = {"amount": str(chance.randint(30, 200)), "currency": "EUR"}
        cheap = {"field": "price", "operator": "<", "value": price}
        below = [chance.choice(categories)]
        inside = {"field": "categories", "operator": "IN CHILDREN", "value": below}
        yield chance.choice([family, {"all": [family, cheap]}, inside])


def _document(code: str, where: dict[str, Any], percent: int) -> dict[str, Any]:
    now = utc_now()
    return {
        "code": code, "time_zone": "UTC", "where": where, "do": [{**PRICE, "percent": percent}],
        "starts_at": f"{now - timedelta(days=1):%Y-%m-%dT%H:%M}",
        "ends_at": f"{now + timedelta(days=30):%Y-%m-%dT%H:%M}",
    }  # fmt: skip


def _save(place: Place, documents: Sequence[dict[str, Any]]) -> None:
    refresh(place)
    with place.projection() as projection, unit_of_work(projection.engine) as work:
        apply_campaigns(work, projection, documents, current(work.session))


def _begins(place: Place) -> Measured:
    """Publish deltas when it begins."""
    return deltas(place, f"{place.recall('reached'):,} products chosen")


def _publish(place: Place) -> Measured:
    """Publish every feed whole while it runs; tell how much longer that takes than without."""
    before = place.recall("all")
    found = publish_all(place)
    ratio = found.seconds / max(before["seconds"], 0.001)
    note = f"{place.recall('reached'):,} products chosen, {ratio:.2f} times as long as without"
    return Measured(count=found.count, seconds=found.seconds, note=note, details={"ratio": ratio})


def _pages(place: Place) -> Measured:
    """Ask for pages of the list as a channel shows it, then end all campaigns."""
    found: list[tuple[str, float]] = []
    began = time.perf_counter()
    with (
        place.projection() as projection,
        projection.read() as reading,
        unit_of_work(projection.engine) as work,
    ):
        now = utc_now()
        for turn in range(EACH + 1):
            for name in ASKED:
                condition = parse(FILTERS[name], reading.structure)
                started = time.perf_counter()
                laid = shown(work.session.connection(), reading, CHANNEL, now)
                page = laid.search(
                    condition, sort=SORTS[turn % 2], offset=turn * PAGE, limit=PAGE, now=now
                )
                laid.frame([*COLUMNS, "price-EUR"], ids=page.ids)
                if turn > 1:  # what is asked first is worked out for all that follow
                    found.append((f"{name} by {SORTS[turn % 2]}", time.perf_counter() - started))
        wall = time.perf_counter() - began
    _end(place)
    return percentiles(found, wall)


def _end(place: Place) -> None:
    with place.engine() as engine, unit_of_work(engine) as work:
        for version in queries.list_campaigns(work.session):
            delete_campaign(work, version.code)


STEPS: Final = {
    "deltas, a campaign over 100,000 begins": Step(prepare=_big, measure=_begins),
    "publish all feeds, a campaign over 100,000": Step(measure=_publish),
    "one edit, seen in all deltas, 1,000 campaigns": Step(
        prepare=_many, measure=one_edit, budget=within(2)
    ),
    "list as a channel shows it, 1,000 campaigns": Step(
        measure=_pages, budget=within(0.1, "p95 < 100 ms")
    ),
}
