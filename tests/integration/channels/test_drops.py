"""Drops: before its moment nothing of a channel tells of a product that is withheld."""

from __future__ import annotations

import random
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from channels.feeds.known import definition_of
from channels.publication.explain import explain
from channels.publication.preview import preview_item
from channels.publication.sharing import feed_folder
from channels.publication.standing import Standing, relatives, standing
from pim.db.unit_of_work import Work
from pim.editing.campaigns.drops import apply_drops, delete_drop
from pim.editing.campaigns.service import apply_campaigns, stop_campaign
from pim.errors import NotFound, Refused
from pim.products.history import find_entity
from pim.projection.effective import Effective
from pim.projection.effective.running import shown
from pim.structure.queries import current
from tests.integration.channels.conftest import FEED, Shop
from tests.integration.channels.test_seasons import Season

START = datetime(2031, 3, 1, 8, tzinfo=UTC)
MOMENT = datetime(2031, 3, 2, 9, tzinfo=UTC)
BLUE = {"field": "colour", "operator": "IN", "value": ["blue"]}
NEW = {
    "attributes.csv": (
        "code;type;group;unique;localizable;scopable\n"
        "goes_with;pim_catalog_product_link;all;0;0;0\npicture;pim_catalog_text;all;0;0;0\n"
    ),
    "families.csv": (
        "code;attributes;attribute_as_label;requirements-web\n"
        "shoes;sku,name,price,colour,size,stock,goes_with,picture;name;sku,name,price\n"
    ),
    "products.csv": (
        "sku;family;name-en_GB;price-EUR;picture\nsecret;shoes;Moonwalker;99;moonwalker_01.jpg\n"
    ),
}
MAPPING = {**FEED["mapping"], "link": "goes_with", "picture": "picture"}
CHEAPEST = {"from": "price", "steps": [{"type": "aggregate", "function": "min", "over": "root"}]}
FEEDS: dict[str, dict[str, Any]] = {
    "shop": {"mapping": MAPPING},
    "stored": {"where": {**BLUE, "view": "base"}},
    "styles": {"mapping": {**FEED["mapping"], "from": CHEAPEST}},
    "linked": {
        "mapping": MAPPING,
        "where": {"field": "goes_with", "operator": "NOT EMPTY"},
    },
    "groups": {"level": "colourway"},
}


@pytest.fixture
def season(shop: Shop, tmp_path: Path) -> Season:
    """Return the shop with a new product that laces link to; feeds are published without it."""
    assert not shop.load(NEW, tmp_path / "new").violations
    links = "sku;goes_with\nlaces;secret\n"
    loaded = shop.load({"products.csv": links}, tmp_path / "links")
    assert not loaded.violations, loaded.violations
    found = Season(shop, now=START)
    for code, members in FEEDS.items():
        shop.feed(code=code, **members)
    return found


def drop(season: Season, **document: Any) -> None:
    """Save a drop of the secret product, or another one."""
    whole = {
        "code": "moon", "at": "2031-03-02T09:00", "time_zone": "UTC",
        "where": {"field": "identifier", "operator": "=", "value": "secret"}, **document,
    }  # fmt: skip
    with season.work() as work:
        apply_drops(work, season.shop.projection, [whole], current(work.session))


def publish_all(season: Season, **options: Any) -> None:
    for code in FEEDS:
        season.publish(code, **options)


def test_files_before_the_moment_hold_no_trace_and_the_next_ones_hold_all(season: Season) -> None:
    drop(season)
    publish_all(season)
    for code in FEEDS:
        for path in season.shop.folder(code=code).resolve().rglob("*"):
            found = path.read_bytes().lower() if path.is_file() else b""
            for trace in (b"secret", b"moonwalker"):
                assert trace not in found, (code, path.name)

    season.now = MOMENT  # nobody worked meanwhile
    season.publish(delta=True)
    told = season.shop.text("delta")
    assert "secret,Moonwalker" in told
    assert "moonwalker_01.jpg" in told
    assert "laces" in told, "its link may be shown now"
    assert season.publish("linked", delta=True).added == 1
    for code in FEEDS:
        season.publish(code, delta=True)
        whole = season.publish(code)
        assert (whole.added, whole.changed, whole.removed) == (0, 0, 0), code


@pytest.mark.parametrize("where", [BLUE, {"field": "identifier", "operator": "=", "value": "x"}])
def test_deltas_agree_with_whole_files_at_both_ends(season: Season, where: dict[str, Any]) -> None:
    publish_all(season)
    steps = [
        lambda: drop(season, where=where),
        lambda: drop(season, where=BLUE, channels=["web"]),
        lambda: drop(season, code="more", where={}, live=False),
        lambda: setattr(season, "now", MOMENT - timedelta(seconds=1)),
        lambda: drop(season, code="more", where=BLUE, at="2031-03-09T00:00"),
        lambda: setattr(season, "now", MOMENT),
        lambda: delete(season, "more"),
    ]
    counts = []
    for number, step in enumerate(steps):
        step()
        for code in FEEDS:
            season.publish(code, delta=True)
            whole = season.publish(code)
            told = (whole.added, whole.changed, whole.removed)
            assert told == (0, 0, 0), (code, number)
        counts.append(season.shop.text().count("derby-blue"))
    first = 0 if where == BLUE else 5
    assert counts == [first, 0, 0, 0, 0, 0, 5]


def delete(season: Season, code: str) -> None:
    with season.work() as work:
        delete_drop(work, code)


def test_what_looks_at_a_whole_style_does_not_see_withheld_variants(season: Season) -> None:
    red = {"field": "colour", "operator": "IN", "value": ["red"]}
    drop(season, where=red)
    season.publish("styles")
    assert "120.00 EUR" in season.shop.text(code="styles")
    assert "100" not in season.shop.text(code="styles")
    season.now = MOMENT
    assert season.publish("styles", delta=True).changed >= 5


def test_another_moment_shows_the_drop(season: Season) -> None:
    drop(season)
    assert "secret" not in season.aside(MOMENT - timedelta(minutes=1))
    assert "secret,Moonwalker" in season.aside(MOMENT)


def test_other_channels_show_what_one_withholds(season: Season, tmp_path: Path) -> None:
    more = "code;tree;locales;currencies\nprint;master;en_GB;EUR\n"
    assert not season.shop.load({"channels.csv": more}, tmp_path / "more").violations
    season.shop.feed(code="catalogue", channel="print", mapping=MAPPING)
    drop(season, channels=["WEB"])
    season.publish("catalogue")
    season.publish("shop")
    assert "secret" in season.shop.text(code="catalogue")
    assert "secret" not in season.shop.text()


def test_a_price_of_a_campaign_changes_nothing_about_a_withheld_product(season: Season) -> None:
    drop(season)
    season.save(starts_at="2031-03-01T00:00")
    season.publish()
    assert "secret" not in season.shop.text()
    assert "2.80 EUR" in season.shop.text()


def test_readings_for_the_channel_do_not_count_find_or_give_it(season: Season) -> None:
    drop(season, where=BLUE)
    with season.work() as work, season.shop.projection.read_covering() as base:
        reading = shown(work.session.connection(), base, "web", season.now)
        at_the_moment = shown(work.session.connection(), base, "web", MOMENT)
        total = base.search().total
        assert reading.search().total == len(reading.matching()) == total - 5
        assert reading.frame(["id"]).height == total - 5
        assert reading.completeness("web", "en_GB").height == total - 5
        assert reading.counts("enabled") == {True: total - 5}
        boots = current(work.session).categories["boots"].id
        assert (base.tree_counts()[0][boots], reading.tree_counts()[0][boots]) == (10, 5)
        blue = find_entity(work.session, "derby-blue-36").id
        assert blue in base.matching()
        assert blue not in reading.matching()
        assert len(reading.search(sort="identifier", limit=100).ids) == total - 5
        assert at_the_moment is base


def test_explain_preview_and_standing_tell_until_when(season: Season) -> None:
    season.publish()
    drop(season)
    feed = season.shop.found()
    with season.work() as work:
        folder = feed_folder(season.shop.settings, feed.code)
        for ask in (
            lambda: explain(
                work, season.shop.projection, folder, feed, item="secret", target="name"
            ),
            lambda: preview_item(work, season.shop.projection, feed, "secret"),
        ):
            with pytest.raises(Refused, match=r'until 2031-03-02 09:00 UTC by the drop "moon"'):
                ask()
        assert standing_of(season, work).state == "leaving"
        work.rollback()
    season.publish()
    with season.work() as work:
        found = standing_of(season, work)
    assert (found.state, found.drop, found.until) == ("withheld", "moon", MOMENT)


def standing_of(season: Season, work: Work) -> Standing:
    feed, product = season.shop.found(), find_entity(work.session, "secret").id
    folder = feed_folder(season.shop.settings, feed.code)
    with season.shop.projection.read() as reading:
        definition = definition_of(feed, reading.structure)
        related = relatives(reading, [folder], product)
        return standing(
            reading, feed, definition, folder, product, related,
            now=season.now, history=work.session,
        )  # fmt: skip


def test_documents_that_cannot_be_meant_are_refused_with_what_to_write(season: Season) -> None:
    london = {"time_zone": "Europe/London"}
    with pytest.raises(Refused) as gap:
        drop(season, at="2031-03-30T01:30", **london)
    assert [(v.code, v.path) for v in gap.value.violations] == [("campaign.time_skipped", "at")]
    with pytest.raises(Refused) as twice:
        drop(season, at="2031-10-26T01:30", **london)
    assert '"fold": {"at": "earlier"}' in twice.value.violations[0].mend_text
    drop(season, at="2031-10-26T01:30", fold="later", **london)
    drop(season, at="2031-10-26T01:30", fold={"at": "earlier"}, **london)
    with pytest.raises(Refused, match='"moon" is a drop already'):
        season.save(code="moon")
    season.save()
    with pytest.raises(Refused, match='"sale" is a campaign already'):
        drop(season, code="SALE")
    with pytest.raises(Refused) as by_hand, season.work() as work:
        by = {"code": "x", "starts_at": "2031-03-01", "ends_at": "2031-03-02", "time_zone": "UTC"}
        whole = {**by, "do": [{"type": "withhold"}]}
        apply_campaigns(work, season.shop.projection, [whole], current(work.session))
    assert "pim drop apply" in by_hand.value.violations[0].mend_text
    with pytest.raises(NotFound, match="Drops: moon"), season.work() as work:
        delete_drop(work, "sale")
    with season.work() as work:
        stop_campaign(work, "moon")
    season.publish()
    assert "secret" in season.shop.text()


def test_why_and_effective_exports_do_not_tell_of_campaigns_over_what_is_withheld(
    season: Season,
) -> None:
    drop(season)
    season.save(starts_at="2031-03-01T00:00")
    with season.work() as work, season.shop.projection.read_covering() as base:
        reading = shown(work.session.connection(), base, "web", season.now)
        assert isinstance(reading, Effective)
        secret, laces = (find_entity(work.session, name).id for name in ("secret", "laces"))
        assert reading.campaigns_of(secret, "price-EUR") is None
        sale = reading.campaigns_of(laces, "price-EUR")
        assert sale is not None
        assert sale.code == "sale"


def test_a_link_shows_once_its_product_does_and_others_stay(season: Season, tmp_path: Path) -> None:
    links = {"products.csv": "sku;goes_with\nlaces;derby-blue-36\nsecret;laces\n"}
    assert not season.shop.load(links, tmp_path / "more").violations
    drop(season, where=BLUE)
    season.publish("linked")
    assert "\nlaces," not in season.shop.text(code="linked")
    assert "derby-blue" not in season.shop.text(code="linked")
    assert "secret" in season.shop.text(code="linked")
    drop(season, where=BLUE, channels=["web"], at="2031-03-01T00:00")
    assert season.publish("linked", delta=True).added == 1


def test_a_model_is_named_as_soon_as_one_of_its_products_is_shown(
    season: Season, tmp_path: Path
) -> None:
    links = {"products.csv": "sku;goes_with\nlaces;product_model:derby-blue\n"}
    assert not season.shop.load(links, tmp_path / "more").violations
    drop(season, where=BLUE)
    season.publish("linked")
    assert "derby-blue" not in season.shop.text(code="linked")
    first = {"field": "identifier", "operator": "=", "value": "derby-blue-36"}
    drop(season, where={"all": [BLUE, {"not": first}]})
    assert season.publish("linked", delta=True).added == 1
    assert "derby-blue" in season.shop.text("delta", "linked")


@pytest.mark.parametrize("seed", range(2))
def test_deltas_agree_with_whole_files_whatever_is_withheld(season: Season, seed: int) -> None:
    chance = random.Random(seed)
    publish_all(season)
    few = {"field": "stock", "operator": "<", "value": "3"}
    wheres = [BLUE, {"not": BLUE}, few]
    for step in range(8):
        later = season.now + timedelta(hours=chance.choice([1, 20, 70]))
        disturb(season, chance, wheres)
        foretold = season.aside(later)
        season.now = later
        for code in FEEDS:
            season.publish(code, delta=True)
            whole = season.publish(code)
            told = (whole.added, whole.changed, whole.removed)
            assert told == (0, 0, 0), (code, step)
        assert season.shop.text() == foretold


def disturb(season: Season, chance: random.Random, wheres: list[dict[str, Any]]) -> None:
    """Save or delete a drop, save a campaign, or edit products."""
    kind = chance.choice(["drop", "drop", "delete", "campaign", "edit", "link"])
    if kind == "drop":
        at = season.now + timedelta(hours=chance.choice([-1, 10, 40]))
        where, live = chance.choice(wheres), chance.random() < 0.7
        code = f"d{chance.randint(1, 3)}"
        drop(season, code=code, at=f"{at:%Y-%m-%dT%H:%M}", where=where, live=live)
    elif kind == "delete":
        with suppress(NotFound):
            delete(season, f"d{chance.randint(1, 3)}")
    elif kind == "campaign":
        start = f"{season.now + timedelta(hours=chance.choice([-5, 5])):%Y-%m-%dT%H:%M}"
        season.save(starts_at=start, ends_at="2031-12-01", priority=chance.randint(1, 20))
    elif kind == "edit":
        stock = {"type": "set", "field": "stock", "value": str(chance.randint(0, 5))}
        season.shop.bulk(chance.choice(wheres), stock)
    else:
        name = chance.choice(["derby-blue-36", "derby-red-38", "secret"])
        value = {"type": "product", "identifier": name}
        laces = {"field": "identifier", "operator": "=", "value": "laces"}
        season.shop.bulk(laces, {"type": "set", "field": "goes_with", "value": value})
