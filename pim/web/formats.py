"""Numbers, sizes and times as the reader writes them; times carry their zone."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import nh3
from babel import Locale, dates, lists, numbers
from babel.core import UnknownLocaleError, negotiate_locale
from flask import Flask, g, request
from markupsafe import Markup

FALLBACK: Final = "en_GB"
#: The cookie in which the browser says its time zone.
ZONE_COOKIE: Final = "zone"

RICH_TAGS: Final = {"p", "br", "b", "strong", "i", "em", "u", "ul", "ol", "li", "h3", "h4"}

_KNOWN: Final = ("en_GB", "en_US", "de_DE", "fr_FR", "ru_RU", "ja_JP", "it_IT", "es_ES", "nl_NL")


def locale() -> Locale:
    """Return how the reader writes numbers and dates, by what the browser asks for."""
    if "reader" not in g:
        asked = [code.replace("-", "_") for code in request.accept_languages.values()]
        g.reader = Locale.parse(negotiate_locale(asked, _KNOWN) or FALLBACK)
    found: Locale = g.reader
    return found


def zone() -> tzinfo:
    """Return the reader's time zone, UTC until the browser has named it."""
    name = request.cookies.get(ZONE_COOKIE, "")
    try:
        return ZoneInfo(name) if name else UTC
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC


def number(value: float | Decimal | str | None) -> str:
    """Return a number with the reader's separators; canonical texts stay exact."""
    if value is None:
        return ""
    exact = Decimal(str(value))
    places = max(0, -int(exact.as_tuple().exponent))
    return numbers.format_decimal(
        exact, format=f"#,##0.{'0' * places}" if places else "#,##0", locale=locale()
    )


def money(amount: str, currency: str) -> str:
    """Return an amount with its currency, as the currency is written, no digit lost."""
    exact = Decimal(amount)
    usual = numbers.get_currency_precision(currency)
    digits = max(usual, -int(exact.as_tuple().exponent))
    pattern = locale().currency_formats["standard"]
    return str(
        numbers.format_currency(
            exact.quantize(Decimal(1).scaleb(-digits)),
            currency,
            format=pattern if digits == usual else None,
            locale=locale(),
            currency_digits=digits == usual,
            decimal_quantization=False,
        )
    )


def moment(value: datetime | str | None) -> str:
    """Return date and time in the reader's zone, with its name."""
    if not value:
        return ""
    when = datetime.fromisoformat(value) if isinstance(value, str) else value
    text = dates.format_datetime(when, "d MMM y, HH:mm", tzinfo=zone(), locale=locale())
    return (
        f"{text} {dates.get_timezone_name(when.astimezone(zone()), width='short', locale=locale())}"
    )


def day(value: str) -> str:
    """Return a calendar day."""
    when = datetime.fromisoformat(value).date()
    return dates.format_date(when, "d MMM y", locale=locale())


def ago(value: datetime | None) -> str:
    """Return how long ago something was."""
    if value is None:
        return ""
    return dates.format_timedelta(
        value - datetime.now(UTC), add_direction=True, threshold=1, locale=locale()
    )


def duration(seconds: float | None) -> str:
    """Return a span of time: 0.4 s, 12 s, 3 min 5 s, 2 h 10 min."""
    if seconds is None:
        return ""
    if seconds < 10:
        return f"{number(round(Decimal(str(seconds)), 1))} s"
    whole = round(seconds)
    hours, minutes, rest = whole // 3600, whole % 3600 // 60, whole % 60
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def size(count: int) -> str:
    """Return a number of bytes: 512 B, 1.2 kB, 3.4 MB."""
    value, units = Decimal(count), iter(("B", "kB", "MB", "GB", "TB"))
    unit = next(units)
    while value >= 1000:
        value, unit = value / 1000, next(units)
    return f"{number(round(value, 1) if value < 100 and unit != 'B' else round(value))} {unit}"


def listed(items: list[str]) -> str:
    """Return items as a list in words."""
    return lists.format_list(items, locale=locale())


def language(code: str) -> str:
    """Return a locale's name in the reader's language: German (Germany)."""
    try:
        return Locale.parse(code).get_display_name(locale()) or code
    except (UnknownLocaleError, ValueError):
        return code


def markup(html: str) -> Markup:
    """Return a rich text as it may be shown: paragraphs, lists and emphasis, nothing else."""
    return Markup(nh3.clean(html, tags=RICH_TAGS, attributes={}))  # noqa: S704 - cleaned


def data(value: Any) -> str:
    """Return a piece of a document in plain words: true is yes, lists have commas."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(data(each) for each in value)
    if isinstance(value, dict):
        return ", ".join(f"{key}: {data(each)}" for key, each in value.items())
    return str(value)


def base_name(path: str) -> str:
    """Return the last part of a path."""
    return path.rsplit("/", 1)[-1]


def register(app: Flask) -> None:
    """Make the formats known to templates."""
    for name, function in (
        ("number", number), ("money", money), ("moment", moment), ("day", day), ("ago", ago),
        ("duration", duration), ("bytes", size), ("listed", listed), ("language", language),
        ("markup", markup), ("data", data), ("base_name", base_name),
    ):  # fmt: skip
        app.jinja_env.filters[name] = function
