"""The exporter: what Google takes, and the one verb."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import BinaryIO, Literal

import polars as pl

from exporters.contract import (
    Capabilities,
    Exporter,
    Options,
    Requirements,
    WriteContext,
    Written,
    load_requirements,
    option,
)
from exporters.contract.writing import Sink, check_removed, open_frames
from exporters.google_merchant.rss import Rss
from exporters.google_merchant.tsv import Tsv

WRITERS: dict[str, type[Rss | Tsv]] = {"xml": Rss, "tsv": Tsv}
MEDIA_TYPES = {
    "xml": "application/rss+xml; charset=utf-8",
    "tsv": "text/tab-separated-values",
}
REQUIREMENTS = load_requirements("exporters.google_merchant", "requirements.toml")


@dataclass(frozen=True, kw_only=True)
class GoogleOptions(Options):
    """Options of the Google Merchant Center file."""

    format: Literal["xml", "tsv"] = option("xml", "RSS 2.0 (xml) or tab-separated text (tsv)")


class GoogleMerchant(Exporter):
    """Write product data for Google Merchant Center, and for the many who read the same format.

    A primary file replaces everything, so an item is removed by leaving it out. A delta is meant
    for a supplemental source or for whoever relays it to the Merchant API: removed items are
    entries with their id, out of stock and expired the day before the publication's moment.
    """

    code = "google_merchant"
    label = "Google Merchant Center"
    options = GoogleOptions
    capabilities = Capabilities(
        absent="replace_all",
        delta="upsert_and_delete",
        groups="item_group_id",
        locales_per_file=1,
        max_bytes=4_000_000_000,
    )

    def file_name(self, options: GoogleOptions) -> str:
        """Return the name of the file."""
        return f"{options.name}.{options.format}"

    def media_type(self, options: GoogleOptions) -> str:
        """Return the media type of the file."""
        return MEDIA_TYPES[options.format]

    def item_id(self, options: GoogleOptions) -> str:
        """Return `id`."""
        return "id"

    def requirements(self, options: GoogleOptions) -> Requirements:
        """Return Google's product data specification, as far as it is data."""
        return REQUIREMENTS

    def write(
        self,
        frames: Iterable[pl.DataFrame],
        out: BinaryIO,
        options: GoogleOptions,
        *,
        context: WriteContext,
        delta: bool = False,
        removed: Iterable[str] = (),
    ) -> Written:
        """Write items and, in a delta, the expired ones."""
        gone = check_removed(removed, delta=delta)
        schema, items = open_frames(frames, context)
        sink = Sink(out)
        writer = WRITERS[options.format](schema, delta=delta)
        sink.write(writer.head(context))
        for frame in items:
            sink.write(writer.render(frame))
            sink.items += frame.height
        for frame in expired(gone, context):
            sink.write(writer.render(frame))
            sink.removed += frame.height
        sink.write(writer.tail())
        return sink.close()


def expired(ids: Iterable[pl.Series], context: WriteContext) -> Iterator[pl.DataFrame]:
    """Return the entries that take items away: out of stock, expired a day ago."""
    yesterday = (context.as_of - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M%z")
    for batch in ids:
        yield pl.DataFrame({"id": batch}).with_columns(
            availability=pl.lit("out_of_stock"), expiration_date=pl.lit(yesterday)
        )
