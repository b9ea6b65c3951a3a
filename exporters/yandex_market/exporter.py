"""The exporter: what the Market takes, and the one verb."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta, timezone
from functools import cache
from typing import BinaryIO

import polars as pl

from exporters.contract import (
    Capabilities,
    Exporter,
    Requirement,
    Requirements,
    WriteContext,
    Written,
    load_requirements,
)
from exporters.contract.writing import (
    Sink,
    check_removed,
    open_frames,
    without_control_characters,
)
from exporters.yandex_market.categories import Categories
from exporters.yandex_market.markup import attributes, escaped_text
from exporters.yandex_market.offers import Offers, currencies
from exporters.yandex_market.options import YandexOptions

REQUIREMENTS = load_requirements("exporters.yandex_market", "requirements.toml")
#: Lengths that older readers stop at, and what an offer of the other type must have.
CLASSIC = {"name": 150, "description": 3000, "model": 150}
NAMED = {"simplified": ("name",), "vendor.model": ("vendor", "model")}
PIECE = 1 << 18
TAIL = b"</offers>\n</shop>\n</yml_catalog>\n"


class YandexMarket(Exporter):
    """Write YML for Yandex Market, price aggregators and partners who read the same format.

    A whole file replaces the range: an offer that it leaves out is taken off sale. A delta is
    for who relays it to the Market's interfaces: removed items are offers that are disabled.
    """

    code = "yandex_market"
    label = "Yandex Market (YML)"
    options = YandexOptions
    capabilities = Capabilities(
        absent="replace_all",
        delta="upsert_and_delete",
        groups="group_id",
        locales_per_file=1,
    )

    def file_name(self, options: YandexOptions) -> str:
        """Return the name of the file."""
        return f"{options.name}.xml"

    def media_type(self, options: YandexOptions) -> str:
        """Return the media type of the file."""
        return f"application/xml; charset={options.encoding}"

    def item_id(self, options: YandexOptions) -> str:
        """Return `id`."""
        return "id"

    def requirements(self, options: YandexOptions) -> Requirements:
        """Return what the Market demands of the chosen type of offer."""
        return _requirements(options.offers, options.limits)

    def write(
        self,
        frames: Iterable[pl.DataFrame],
        out: BinaryIO,
        options: YandexOptions,
        *,
        context: WriteContext,
        delta: bool = False,
        removed: Iterable[str] = (),
    ) -> Written:
        """Write shop, currencies, categories and offers.

        Categories stand before the offers that name them, so offers wait in a temporary file:
        memory holds one frame and the tree.
        """
        gone = check_removed(removed, delta=delta)
        schema, items = open_frames(frames, context)
        own = _rouble(context.currency, options)
        kind = None if options.offers == "simplified" else options.offers
        offers = Offers(schema, kind=kind, currency=own)
        categories = Categories(options.category_separator)
        spoken = dict.fromkeys([own] if own else [])
        with tempfile.TemporaryFile() as waiting:
            body = Sink(waiting)
            for frame in items:
                spelled = _spelled(frame, options)
                spoken |= dict.fromkeys(currencies(spelled))
                body.write(_encoded(offers.render(categories.numbered(spelled)), options))
                body.items += frame.height
            for batch in gone:
                body.write(_encoded(offers.removed(batch), options))
                body.removed += len(batch)
            head = _head(context, options, spoken, categories)
            clean = without_control_characters(head.encode())
            return _assembled(out, body, waiting, _encoded(memoryview(clean), options))


def _assembled(out: BinaryIO, body: Sink, waiting: BinaryIO, head: bytes | memoryview) -> Written:
    """Write the head, the offers that waited, and the end."""
    counted = body.close()
    out.write(head)
    waiting.seek(0)
    shutil.copyfileobj(waiting, out, PIECE)
    out.write(TAIL)
    return replace(counted, bytes=len(head) + counted.bytes + len(TAIL))


def _head(
    context: WriteContext,
    options: YandexOptions,
    found: Iterable[str],
    categories: Categories,
) -> str:
    """Return everything before the offers."""
    name = options.shop_name or context.label or context.feed
    shop = {"name": name, "company": options.company or name, "url": context.link}
    told = "".join(f"<{key}>{escaped_text(value)}</{key}>\n" for key, value in shop.items())
    rates = "".join(
        f"<currency{attributes({'id': code, 'rate': 'CBRF' if number else '1'})}/>\n"
        for number, code in enumerate(found)
    )
    return (
        f'<?xml version="1.0" encoding="{options.encoding}"?>\n'
        f'<yml_catalog date="{_date(context, options)}">\n<shop>\n{told}'
        f"<currencies>\n{rates}</currencies>\n"
        f"<categories>\n{categories.elements()}</categories>\n<offers>\n"
    )


def _date(context: WriteContext, options: YandexOptions) -> str:
    local = context.as_of.astimezone(timezone(timedelta(hours=options.utc_offset)))
    if options.date == "classic":
        return local.strftime("%Y-%m-%d %H:%M")
    return local.isoformat(timespec="seconds")


def _rouble(currency: str | None, options: YandexOptions) -> str | None:
    return options.rouble if currency in ("RUB", "RUR") else currency


def _spelled(frame: pl.DataFrame, options: YandexOptions) -> pl.DataFrame:
    """Return a frame whose currencies are spelled as the receiver does."""
    if "currencyId" not in frame.columns:
        return frame
    spelled = pl.col("currencyId").replace(dict.fromkeys(("RUB", "RUR"), options.rouble))
    return frame.with_columns(spelled)


def _encoded(data: memoryview, options: YandexOptions) -> bytes | memoryview:
    """Return UTF-8 in the encoding of the file; what that lacks is written as references."""
    if options.encoding == "utf-8":
        return data
    return str(data, "utf-8").encode(options.encoding, errors="xmlcharrefreplace")


@cache
def _requirements(offers: str, limits: str) -> Requirements:
    adapted = tuple(_adapted(each, offers, limits) for each in REQUIREMENTS.targets)
    return Requirements(adapted, REQUIREMENTS.relations)


def _adapted(each: Requirement, offers: str, limits: str) -> Requirement:
    if each.target in NAMED[offers]:
        each = replace(each, need="required")
    if limits == "classic" and each.target in CLASSIC:
        each = replace(each, max_length=CLASSIC[each.target])
    return each
