"""Campaigns in feeds: deltas tell what whole files say, and any moment can be asked for."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from channels.feeds.known import definition_of
from channels.models import Publication
from channels.publication.preview import preview_item
from channels.publication.publish import PublishOptions
from channels.publication.service import publish_feed
from channels.publication.sharing import feed_folder
from channels.publication.standing import relatives, standing
from pim.campaigns import sheets
from pim.campaigns.sheets import SCHEMA
from pim.db.unit_of_work import Work, unit_of_work, utc_now
from pim.editing.campaigns.service import (
    apply_campaigns,
    delete_campaign,
    restore_campaign,
    stop_campaign,
)
from pim.errors import NotFound, Refused
from pim.products.history import find_entity
from pim.projection.effective import Effective
from pim.projection.effective.running import shown
from pim.structure.queries import current
from tests.integration.channels.conftest import FEED, Shop

START = datetime(2031, 3, 1, 8, tzinfo=UTC)
CHEAP = {"field": "price", "operator": "<", "value": {"amount": "100", "currency": "EUR"}}
FEEDS: dict[str, dict[str, Any]] = {
    "shop": {},
    "cheap": {"where": CHEAP},
    "stored": {"where": {**CHEAP, "view": "base"}},
    "full": {"completeness": {"locales": ["en_GB"], "minimum": 100}},
    "styles": {
        "mapping": {
            **FEED["mapping"],
            "from": {
                "from": "price",
                "steps": [{"type": "aggregate", "function": "min", "over": "root"}],
            },
        }
    },
    "enabled": {"where": {"field": "enabled", "operator": "=", "value": True}},
}


@dataclass
class Season:
    """A shop whose clock somebody sets."""

    shop: Shop
    now: datetime = START
    saved: list[str] = field(default_factory=list)

    def work(self) -> Any:
        return unit_of_work(self.shop.engine, clock=lambda: self.now)

    def publish(self, code: str = "shop", **options: Any) -> Publication:
        """Publish, however many items come and go."""
        chosen = {"force": True, "reason": "test", **options}
        with self.work() as work:
            return publish_feed(
                work, self.shop.settings, self.shop.projection, code, PublishOptions(**chosen)
            )

    def save(self, **document: Any) -> None:
        whole = {
            "code": "sale", "time_zone": "UTC", "priority": 10,
            "starts_at": "2031-03-02T00:00", "ends_at": "2031-03-09T00:00",
            "where": {}, "do": [{"type": "calculate", "field": "price", "percent": -20}],
            **document,
        }  # fmt: skip
        with self.work() as work:
            apply_campaigns(work, self.shop.projection, [whole], current(work.session))
        self.saved.append(whole["code"])

    def aside(self, moment: datetime, code: str = "shop") -> str:
        """Publish for another moment and return the file."""
        record = self.publish(code, as_of=moment)
        stamp = moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
        assert record.kind == "as_of"
        path = self.shop.settings.feeds / code / "as-of" / stamp / "products.csv"
        return path.read_text(encoding="utf-8")


@pytest.fixture
def season(shop: Shop) -> Season:
    """Return the shop with several feeds, all published."""
    found = Season(shop)
    for code, members in FEEDS.items():
        shop.feed(code=code, **members)
        found.publish(code)
    return found


def test_a_delta_tells_what_a_campaign_begins_changes_and_ends(season: Season) -> None:
    season.save(where={"field": "identifier", "operator": "=", "value": "laces"})
    assert season.publish(delta=True).changed == 0

    season.now = START + timedelta(days=1)
    assert season.publish(delta=True).changed == 1
    assert "laces,Laces,2.80 EUR" in season.shop.text("delta")

    season.save(do=[{"type": "calculate", "field": "price", "percent": -50}])
    assert season.publish(delta=True).changed == 11
    with season.work() as work:
        stop_campaign(work, "sale")
    assert season.publish(delta=True).changed == 11
    assert season.publish(delta=True).changed == 0
    assert season.publish().changed == 0


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_deltas_agree_with_whole_files_whatever_begins_ends_or_changes(
    season: Season, tmp_path: Path, seed: int
) -> None:
    chance = random.Random(seed)
    for step in range(7):
        for _ in range(chance.randint(1, 3)):
            disturb(season, chance, tmp_path / f"{step}")
        later = season.now + timedelta(hours=chance.choice([1, 20, 70]))
        foretold = season.aside(later)
        season.now = later
        for code in FEEDS:
            season.publish(code, delta=True)
            whole = season.publish(code)
            told = (whole.added, whole.changed, whole.removed)
            assert told == (0, 0, 0), (code, step, whole.report)
        assert season.shop.text() == foretold


def disturb(season: Season, chance: random.Random, folder: Path) -> None:
    """Do something to a campaign or to a product."""
    code = f"c{chance.randint(1, 4)}"
    kind = chance.choice(["save", "save", "save", "stop", "delete", "restore", "edit", "import"])
    if kind == "save":
        begin = season.now + timedelta(hours=chance.choice([-30, -1, 10, 40]))
        season.save(
            code=code, starts_at=f"{begin:%Y-%m-%dT%H:%M}",
            ends_at=f"{begin + timedelta(hours=chance.choice([12, 45, 100])):%Y-%m-%dT%H:%M}",
            priority=chance.randint(1, 3), live=chance.random() < 0.7,
            where=chance.choice(WHERE), do=[chance.choice(DO)],
        )  # fmt: skip
    elif kind == "edit":
        value = {"EUR": str(chance.randint(50, 150))}
        chosen = {"field": "parent", "operator": "=", "value": f"derby-{chance.choice(COLOURS)}"}
        season.shop.bulk(chosen, {"type": "set", "field": "price", "value": value})
    elif kind == "import":
        row = f"derby-red-{chance.randint(41, 45)};derby-red;{chance.randint(41, 45)};1\n"
        season.shop.load({"products.csv": "sku;parent;size;stock\n" + row}, folder)
    elif code in season.saved:
        verb = {"stop": stop_campaign, "delete": delete_campaign, "restore": restore_campaign}[kind]
        tried(season, verb, code)


def tried(season: Season, verb: Any, code: str) -> None:
    """Stop, delete or restore a campaign, if that can be done now."""
    try:
        with season.work() as work:
            verb(work, code)
    except (NotFound, Refused):
        pass


COLOURS = ["red", "blue"]
WHERE: list[dict[str, Any]] = [
    {},
    CHEAP,
    {"field": "parent", "operator": "=", "value": "derby-red"},
    {"field": "stock", "operator": ">", "value": "2"},
    {"field": "created", "operator": ">", "value": "-10 years"},
]
DO: list[dict[str, Any]] = [
    {"type": "calculate", "field": "price", "percent": -20},
    {"type": "calculate", "field": "price", "percent": -40, "round": {"ending": "0.99"}},
    {"type": "set", "field": "price", "value": {"EUR": "9.99"}},
    {"type": "clear", "field": "price"},
    {"type": "prefix", "field": "name", "text": "SALE "},
    {"type": "set", "field": "stock", "value": "0"},
    {"type": "disable"},
]


def test_a_past_moment_shows_what_was_published_then(season: Season, tmp_path: Path) -> None:
    season.now = utc_now()
    day = timedelta(days=1)
    around = {"starts_at": f"{season.now - day:%Y-%m-%dT%H:%M}",
              "ends_at": f"{season.now + day:%Y-%m-%dT%H:%M}"}  # fmt: skip
    season.save(**around)
    season.save(code="names", do=[{"type": "prefix", "field": "name", "text": "Now "}], **around)
    season.now = utc_now()
    then = season.publish().as_of
    published = season.shop.text()
    assert "laces,Now Laces,2.80 EUR" in published

    season.now = utc_now() + timedelta(seconds=5)
    season.save(do=[{"type": "set", "field": "price", "value": {"EUR": "1"}}], **around)
    with season.work() as work:
        delete_campaign(work, "names")
    laces = {"field": "identifier", "operator": "=", "value": "laces"}
    season.shop.bulk(laces, {"type": "set", "field": "stock", "value": "77"})
    files = {"products.csv": "sku;family;name-en_GB;price-EUR\nnew;shoes;New;5\n"}
    season.shop.load(files, tmp_path / "new")
    season.publish()
    assert season.shop.text() != published

    assert season.aside(then) == published


def test_a_publication_for_another_moment_leaves_ledger_and_current_alone(season: Season) -> None:
    season.save()
    current_before = season.shop.folder().resolve()

    assert "laces,Laces,2.80 EUR" in season.aside(START + timedelta(days=2))

    assert season.shop.folder().resolve() == current_before
    assert season.publish(delta=True).changed == 0


def test_cells_of_a_sheet_are_laid_over_their_products_alone(season: Season) -> None:
    season.now = START + timedelta(days=1)
    with season.work() as work:
        laces = find_entity(work.session, "laces").id
        digest = sheets.keep(work, _sheet(laces, {"EUR": "1.25"}))
    season.save(do=[{"type": "cells", "sheet": digest}])

    assert season.publish(delta=True).changed == 1
    assert "laces,Laces,1.25 EUR" in season.shop.text("delta")


def _sheet(product: int, price: dict[str, str]) -> pl.DataFrame:
    rows = [(product, "price", "<all>", "<all>", json.dumps(price))]
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def test_a_preview_and_a_products_standing_show_the_running_campaigns(season: Season) -> None:
    season.now = START + timedelta(days=1)
    season.save()
    with season.work() as work:
        seen = preview_item(work, season.shop.projection, season.shop.found(), "laces")
        assert seen["targets"]["price"]["output"] == "2.80 EUR"
        assert _standing(season, work) == "changed"
        work.rollback()
    season.publish()
    with season.work() as work:
        assert _standing(season, work) == "live"


def _standing(season: Season, work: Work) -> str:
    feed, laces = season.shop.found(), find_entity(work.session, "laces").id
    folder = feed_folder(season.shop.settings, feed.code)
    with season.shop.projection.read() as reading:
        definition = definition_of(feed, reading.structure)
        related = relatives(reading, [folder], laces)
        found = standing(
            reading, feed, definition, folder, laces, related,
            now=season.now, history=work.session,
        )  # fmt: skip
    return found.state


def test_a_reading_without_running_campaigns_is_the_base(season: Season) -> None:
    season.save()
    with season.work() as work, season.shop.projection.read() as reading:
        connection = work.session.connection()
        assert shown(connection, reading, "web", START) is reading
        later = shown(connection, reading, "web", START + timedelta(days=1))
        assert isinstance(later, Effective)
        assert shown(connection, later, "web", START) is reading


def test_a_campaigns_price_is_no_price_gone_by(season: Season) -> None:
    lowest = [{"type": "lowest_price"}, {"type": "price_format"}]
    season.shop.feed(mapping={**FEED["mapping"], "before": {"from": "price", "steps": lowest}})
    season.save(do=[{"type": "set", "field": "price", "value": {"EUR": "1"}}])
    season.now = START + timedelta(days=1)

    season.publish()

    header, *rows = season.shop.text().splitlines()
    assert header == "sku,name,price,colour,stock,before"
    assert "laces,Laces,1.00 EUR,,9,3.50 EUR" in rows
    assert "derby-red-36,Derby,1.00 EUR,Red,0,100.00 EUR" in rows
