"""A feed's document is understood whole, or refused with every problem at its place."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from channels.feeds.definition import parse_feed
from pim.domain.structure import Channel, Codes
from pim.errors import Refused

DOCUMENT: dict[str, Any] = {
    "code": "shop",
    "channel": "web",
    "locale": "en_GB",
    "currency": "GBP",
    "exporter": "google_merchant",
    "mapping": {"id": "sku", "title": "name"},
}


@pytest.fixture(scope="module")
def market(structure):
    web = Channel(id=1, code="web", locales=("en_GB", "de_DE"), currencies=("GBP",), tree="master")
    return type(structure)(**{**vars(structure), "channels": Codes([web])})


def problems(market, **changes: Any) -> dict[str, tuple[str, str]]:
    """Return code and mend of each problem by its path."""
    with pytest.raises(Refused) as refused:
        parse_feed({**DOCUMENT, **changes}, market)
    assert all(v.text and v.mend_text for v in refused.value.violations)
    return {v.path: (v.code, v.mend_text) for v in refused.value.violations}


def test_what_a_document_leaves_out_has_a_default(market):
    feed = parse_feed(DOCUMENT, market)

    assert (feed.level, feed.retention, feed.item_id) == ("product", 5, "id")
    assert (feed.guards.max_drop_percent, feed.guards.min_items) == (20, 1)
    assert feed.completeness_minimum is None
    assert feed.completeness_locales == ()


def test_codes_are_understood_in_any_letters_and_kept_in_the_stored_ones(market):
    feed = parse_feed(
        {**DOCUMENT, "channel": "WEB", "locale": "en_gb", "currency": "gbp",
         "completeness": {"locales": ["DE_de"]}},
        market,
    )  # fmt: skip

    assert (feed.channel.code, feed.locale, feed.currency) == ("web", "en_GB", "GBP")
    assert feed.completeness_locales == ("de_DE",)


def test_completeness_is_asked_in_the_feeds_own_locale_unless_others_are_named(market):
    feed = parse_feed({**DOCUMENT, "completeness": {"minimum": 80}}, market)

    assert (feed.completeness_locales, feed.completeness_minimum) == (("en_GB",), 80)


def test_a_guard_of_null_is_off(market):
    guards = parse_feed({**DOCUMENT, "guards": {"max_drop_percent": None}}, market).guards

    assert (guards.max_drop_percent, guards.max_zero_prices) == (None, 10)
    assert guards.max_errors_percent == Decimal(50)


BAD_TITLE = {"id": "sku", "title": "nam"}
BAD_WHERE = {"field": "nam", "operator": "EMPTY"}
MISTAKES: list[tuple[dict[str, Any], str, str, str]] = [
    ({"code": "a b"}, "code", "feed.document", "feeds.md"),
    ({"levl": "model"}, "levl", "feed.document", "feeds.md"),
    ({"level": "sku"}, "level", "feed.document", "feeds.md"),
    ({"mapping": {}}, "mapping", "feed.document", "feeds.md"),
    ({"guards": {"max_drop": 5}}, "guards.max_drop", "feed.document", "feeds.md"),
    ({"guards": {"max_drop_percent": 101}}, "guards.max_drop_percent", "feed.document", ""),
    ({"severity": {"title": "fatal"}}, "severity.title.value", "feed.document", ""),
    ({"retention": 0}, "retention", "feed.document", ""),
    ({"schedules": [{"cron": "0 4 * * *"}]}, "schedules", "feed.document", ""),
    ({"channel": "print"}, "channel", "feed.unknown_name", "web"),
    ({"exporter": "amazon"}, "exporter", "feed.unknown_name", "google_merchant"),
    ({"locale": "fr_FR"}, "locale", "feed.unknown_name", "en_GB, de_DE"),
    ({"currency": "JPY"}, "currency", "feed.unknown_name", "GBP"),
    ({"fallback_locales": ["xx"]}, "fallback_locales", "feed.unknown_name", "en_GB"),
    ({"completeness": {"locales": ["fr_FR"]}}, "completeness.locales", "feed.unknown_name", ""),
    ({"options": {"format": "pdf"}}, "options.format", "option.value", "xml, tsv"),
    ({"options": {"colour": 1}}, "options.colour", "option.unknown", "format"),
    ({"mapping": {"title": "name"}}, "mapping.id", "feed.no_item_id", "identifier"),
    ({"mapping": BAD_TITLE}, "mapping.title", "mapping.unknown_field", "name"),
    ({"severity": {"title.max": "off"}}, "severity.title.max", "feed.unknown_rule", "title"),
    ({"severity": {"id.unique": "off"}}, "severity.id.unique", "feed.item_id_severity", "id"),
    ({"where": BAD_WHERE}, "where.field", "unknown_field", ""),
]


@pytest.mark.parametrize(("changes", "path", "code", "mend"), MISTAKES)
def test_each_mistake_is_named_at_its_place_with_a_mend(market, changes, path, code, mend):
    found = problems(market, **changes)

    assert path in found, found
    assert found[path][0] == code
    assert mend in found[path][1]


def test_all_mistakes_are_named_at_once(market):
    found = problems(market, locale="fr_FR", currency="JPY", mapping={"title": "nam"})

    assert set(found) == {"locale", "currency", "mapping.title", "mapping.id"}


def test_a_rule_of_the_exporter_a_lookup_and_a_target_may_be_weighed(market):
    weighed = {"title.max_length": "warning", "title": "off", "title.unmapped": "error"}

    assert parse_feed({**DOCUMENT, "severity": weighed}, market).severities == weighed
