"""Documents of made-up feeds: shops, then partners, over the exporters that are there."""

from __future__ import annotations

import json
from itertools import islice
from typing import Any, Final

from pim.generate.plan import CHANNELS, DATA, LOCALES

Document = dict[str, Any]

SHOPS: Final = 21
PARTNERS: Final = 20

#: Which exporters shops and partners use, in turn, with what their options add to the form.
_OF_SHOPS: Final[tuple[tuple[str, Document], ...]] = (
    ("google_merchant", {"format": "xml"}),
    ("shopify", {}),
    ("google_merchant", {"format": "tsv"}),
    ("yandex_market", {}),
)
_OF_PARTNERS: Final[tuple[tuple[str, Document], ...]] = (("csv_feed", {}), ("json_lines", {}))
COUNTRIES: Final = {"en_GB": "GB", "de_DE": "DE", "fr_FR": "FR", "ru_RU": "RU", "ja_JP": "JP"}


def documents(count: int) -> list[Document]:
    """Return the documents of so many feeds, shops and partners in turn."""
    return [_document(number) for number in islice(range(10_000), count)]


def _document(number: int) -> Document:
    shop = _is_shop(number)
    place = number // 2 if number < 2 * PARTNERS else number - PARTNERS
    channel = "web" if shop else ("marketplace", "retail")[place // 2 % 2]
    locale, currency = _market(channel, place)
    code = f"{'shop' if shop else 'partner'}_{place + 1:02}_{locale}"
    exporters = _OF_SHOPS if shop else _OF_PARTNERS
    exporter, options = exporters[place % len(exporters)]
    form = json.loads((DATA / "feeds" / f"{exporter}.json").read_text("utf-8"))
    return {
        "code": code,
        "label": f"{'Shop' if shop else 'Partner'} {place + 1}, {locale} (generated)",
        "channel": channel,
        "locale": locale,
        "fallback_locales": [other for other in LOCALES[:1] if other != locale],
        "currency": currency,
        "country": COUNTRIES[locale],
        "link": f"https://{code.replace('_', '-').lower()}.example",
        "media_base_url": "https://media.example/",
        "level": "product",
        "where": {"field": "enabled", "operator": "=", "value": True},
        **form,
        "options": {**form["options"], **options, "name": code},
    }


def _is_shop(number: int) -> bool:
    return number % 2 == 0 or number >= 2 * PARTNERS


def _market(channel: str, place: int) -> tuple[str, str]:
    locales, currencies = CHANNELS[channel]
    return locales[place % len(locales)], currencies[place // len(locales) % len(currencies)]
