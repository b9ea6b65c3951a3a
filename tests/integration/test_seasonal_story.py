"""A season on a real catalogue: a value for all summer shoes and back, and two sales over them."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from channels.feeds.service import apply_feed, find_feed
from channels.models import Publication
from channels.publication.explain import explain
from channels.publication.publish import PublishOptions
from channels.publication.service import publish_feed
from channels.publication.sharing import feed_folder
from pim.db.unit_of_work import unit_of_work
from pim.editing.bulk import BulkEdit
from pim.editing.campaigns.service import apply_campaigns
from pim.editing.result import BulkResult
from pim.products.undo import undo
from pim.projection import Projection
from pim.settings import Settings
from pim.structure.queries import current
from pim.structure.seeds import seed
from tests.factories.catalogue import Catalogue, write_csv

pytestmark = pytest.mark.shared

LONDON = ZoneInfo("Europe/London")
BEFORE, FIRST, SECOND, AFTER = (
    datetime(2026, 12, 25, 23, 59, tzinfo=LONDON),
    datetime(2026, 12, 26, tzinfo=LONDON),
    datetime(2027, 1, 1, tzinfo=LONDON),
    datetime(2027, 1, 9, tzinfo=LONDON),
)
EARLIER = datetime(2026, 12, 1, tzinfo=LONDON)

FEED = {
    "code": "shop",
    "label": "Shop",
    "channel": "ecommerce",
    "locale": "en_US",
    "currency": "EUR",
    "exporter": "csv_feed",
    "where": {"field": "family", "operator": "IN", "value": ["shoes"]},
    "mapping": {
        "sku": "sku",
        "style": "parent",
        "price": {"from": "price", "steps": [{"type": "price_format", "pattern": "{amount}"}]},
    },
}
LEAFLET = {**FEED, "code": "leaflet", "label": "Leaflet", "channel": "print"}

SALE: dict[str, Any] = {
    "code": "winter_sale",
    "label": "Winter sale",
    "starts_at": "2026-12-26T00:00",
    "ends_at": "2027-01-09T00:00",
    "time_zone": "Europe/London",
    "channels": ["ecommerce"],
    "where": {"field": "family", "operator": "IN", "value": ["shoes"]},
    "do": [{"type": "calculate", "field": "price", "percent": -20,
            "round": {"ending": "0.99", "direction": "nearest"}}],
    "priority": 10,
}  # fmt: skip
DERBY: dict[str, Any] = {
    **SALE,
    "code": "derby_sale",
    "label": "Derby days",
    "starts_at": "2026-12-31T00:00",
    "where": {"field": "parent", "operator": "IN", "value": ["derby"]},
    "do": [{"type": "calculate", "field": "price", "percent": -40}],
    "priority": 20,
}

#: The prices of some styles: as stored, under the sale, and under both.
STORED = {"derby": "123.00", "brogueshoe": "267.00", "stilleto": "123.00", "converseblack": ""}
REDUCED = {"derby": "97.99", "brogueshoe": "213.99", "stilleto": "97.99", "converseblack": ""}
BOTH = {**REDUCED, "derby": "73.80"}


@dataclass
class Teller:
    """Does what the stories tell, each step in a unit of work of its own, by a clock."""

    catalogue: Catalogue
    projection: Projection
    now: datetime = EARLIER

    def work(self) -> Any:
        return unit_of_work(self.catalogue.engine, clock=lambda: self.now)

    def publish(self, feed: str = "shop", **options: Any) -> Publication:
        settings = self.catalogue.settings
        with self.work() as work:
            chosen = PublishOptions(**options)
            record = publish_feed(work, settings, self.projection, feed, chosen)
        assert record.state == "published", record.reasons
        return record

    def prices(self, feed: str = "shop", *, as_of: datetime | None = None) -> dict[str, set[str]]:
        """Return the prices of each style in the newest file, or in one for another moment."""
        folder = feed_folder(self.catalogue.settings, feed)
        place = folder.as_of(as_of) if as_of else folder.publication(folder.pointed() or 0)
        found: dict[str, set[str]] = {}
        with (place / "products.csv").open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                found.setdefault(row["style"], set()).add(row["price"])
        return found

    def shown_at(self, moment: datetime, feed: str = "shop") -> dict[str, str]:
        """Publish aside for a moment and return the prices of the styles that the story names."""
        self.publish(feed, as_of=moment)
        return named(self.prices(feed, as_of=moment))

    def bulk(self, where: dict[str, Any], *do: dict[str, Any]) -> BulkResult:
        with self.work() as work:
            structure = current(work.session)
            return BulkEdit(work, self.projection, structure, where, do).run()

    def campaigns(self, *documents: dict[str, Any]) -> None:
        with self.work() as work:
            apply_campaigns(work, self.projection, documents, current(work.session))


def named(prices: dict[str, set[str]]) -> dict[str, str]:
    """Return the one price of each style that the story names."""
    assert all(len(prices[style]) == 1 for style in STORED)
    return {style: next(iter(prices[style])) for style in STORED}


@pytest.fixture
def teller(engine: Any, settings: Settings, tmp_path: Path, shared_data: Path) -> Iterator[Teller]:
    """Return the real catalogue, imported into a fresh database, with a feed per channel."""
    with unit_of_work(engine) as work:
        seed(work)
    catalogue = Catalogue(engine, settings, tmp_path)
    catalogue.take(shared_data / "akeneo" / "catalog_modeling")
    with unit_of_work(engine) as work:
        for document in (FEED, LEAFLET):
            apply_feed(work, document, current(work.session))
    projection = Projection(settings.projection, engine)
    yield Teller(catalogue, projection)
    projection.close()


def test_a_season_is_added_to_the_summer_shoes_and_undone_but_where_a_person_wrote_since(
    teller: Teller,
) -> None:
    summer = {
        "all": [
            {"field": "family", "operator": "IN", "value": ["shoes"]},
            {"field": "collection", "operator": "IN", "value": ["summer_2016", "summer_2017"]},
        ]
    }
    added = {"type": "add", "field": "collection", "items": ["autumn_2016"]}

    done = teller.bulk(summer, added)
    assert (done.selected, done.reached, done.written) == (45, 45, 11)

    derby = {"field": "identifier", "operator": "=", "value": "derby"}
    model = {"all": [derby, {"field": "level", "operator": "IN", "value": ["model"]}]}
    teller.bulk(model, {"type": "add", "field": "collection", "items": ["spring_2016"]})
    with teller.work() as work:
        assert done.change_set is not None
        undone = undo(work, done.change_set, current(work.session))

    assert (undone.restored, undone.kept) == (10, 1)
    (kept,) = undone.kept_cells
    assert (kept["identifier"], kept["field"]) == ("derby", "collection")
    assert teller.catalogue.value("brogueshoe", "collection") == ["summer_2016"]
    assert "autumn_2016" in teller.catalogue.value("derby", "collection")


def test_two_sales_show_at_every_moment_of_them_and_write_nothing(teller: Teller) -> None:
    teller.campaigns(SALE, DERBY)
    state = teller.catalogue.state()

    assert teller.shown_at(BEFORE) == STORED
    assert teller.shown_at(FIRST) == REDUCED
    assert teller.shown_at(SECOND) == BOTH
    assert teller.shown_at(AFTER) == STORED
    assert all(teller.shown_at(m, "leaflet") == STORED for m in (BEFORE, FIRST, SECOND, AFTER))
    assert teller.catalogue.state() == state


def test_the_feed_follows_the_clock_and_the_catalogue_through_the_sales(
    teller: Teller, tmp_path: Path
) -> None:
    teller.publish()
    teller.publish("leaflet")
    teller.campaigns(SALE, DERBY)
    told = teller.publish(delta=True)
    assert (told.changed, told.added, told.removed) == (0, 0, 0)

    teller.now = FIRST
    begun = teller.publish(delta=True)
    assert begun.changed == 41, "all priced shoes, and no unpriced one"

    teller.now = datetime(2026, 12, 28, 9, tzinfo=LONDON)
    where = {"field": "identifier", "operator": "IN", "value": ["brogueshoe"]}
    teller.bulk(
        {"all": [where, {"field": "level", "operator": "IN", "value": ["model"]}]},
        {"type": "set", "field": "price", "value": {"EUR": "300"}},
    )
    sku = {"sku": "1111111999", "family": "shoes", "parent": "derby", "eu_shoes_size": "42",
           "color": "brown"}  # fmt: skip
    taken = teller.catalogue.take(write_csv(tmp_path / "products.csv", [sku]))
    assert taken.counts.created == 1, taken.violations
    followed = teller.publish(delta=True)
    assert (followed.added, followed.changed) == (1, 4)

    teller.now = SECOND
    second = teller.publish(delta=True)
    assert second.changed == 7, "the derby, and the size of it that came meanwhile"
    quiet = teller.publish("leaflet", delta=True)
    assert (quiet.changed, quiet.added) == (4, 1), "what was edited and imported, and no more"
    whole = teller.publish()
    assert (whole.changed, whole.added, whole.removed) == (0, 0, 0), "as the deltas have told"
    assert named(teller.prices()) == {**BOTH, "brogueshoe": "239.99"}

    teller.now = AFTER
    ended = teller.publish(delta=True)
    assert ended.changed == 42
    teller.publish()
    assert named(teller.prices()) == {**STORED, "brogueshoe": "300.00"}


def test_a_publication_is_right_though_nobody_was_there_when_the_sale_began(
    teller: Teller,
) -> None:
    teller.publish()
    teller.campaigns(SALE, DERBY)

    teller.now = datetime(2027, 1, 5, 12, tzinfo=LONDON)
    late = teller.publish(delta=True)

    assert late.changed == 41
    teller.publish()
    assert named(teller.prices()) == BOTH


def test_a_price_of_a_sale_says_whose_it_is_and_what_lies_under_it(teller: Teller) -> None:
    teller.publish()
    teller.campaigns(SALE, DERBY)
    teller.now = SECOND

    with teller.work() as work:
        folder = feed_folder(teller.catalogue.settings, "shop")
        feed = find_feed(work.session, "shop")
        told = explain(work, teller.projection, folder, feed, item="1111111199", target="price")

    assert told["output"] == "73.80"
    assert (told["published"], told["steps"][0]["output"]) == ("123.00", "73.80")
    source = told["source"]
    assert (source["by"], source["base"], source["entity"]) == ("campaign", "123", "derby")
    assert (source["campaign"]["code"], source["campaign"]["label"]) == (
        "derby_sale", "Derby days",
    )  # fmt: skip
