"""The exporter: what Shopify takes, and the one verb."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cache
from typing import BinaryIO

import polars as pl

from exporters.contract import (
    Capabilities,
    Exporter,
    Requirements,
    WriteContext,
    Written,
    load_requirements,
)
from exporters.contract.writing import Sink, check_removed, open_frames
from exporters.shopify.columns import KEY, chosen
from exporters.shopify.options import ShopifyOptions
from exporters.shopify.rows import Rows, whole_products

REQUIREMENTS = load_requirements("exporters.shopify", "requirements.toml")
CROWDED = "handle.max_variants"


class Shopify(Exporter):
    """Write products for Shopify's import, or for an app that reads the same file.

    An item is a variant; those that share a handle are one product. The import updates what the
    file names and leaves everything else as it is, so nothing is ever removed by it: unpublish a
    product with `status` or `published` instead.
    """

    code = "shopify"
    label = "Shopify (product CSV)"
    options = ShopifyOptions
    capabilities = Capabilities(
        absent="upsert",
        delta="upsert",
        groups=KEY,
        contiguous=True,
        locales_per_file=1,
        max_bytes=15_000_000,
        deletes=False,
    )

    def limits(self, options: ShopifyOptions) -> Capabilities:
        """Return the capabilities: apps have no limit of bytes."""
        whole = self.capabilities
        return whole if options.reader == "admin" else replace(whole, max_bytes=None)

    def file_name(self, options: ShopifyOptions) -> str:
        """Return the name of the file."""
        return f"{options.name}.csv"

    def media_type(self, options: ShopifyOptions) -> str:
        """Return the media type of the file."""
        return "text/csv; charset=utf-8"

    def item_id(self, options: ShopifyOptions) -> str:
        """Return `sku`."""
        return "sku"

    def requirements(self, options: ShopifyOptions) -> Requirements:
        """Return what the import demands, with the shop's own number of variants."""
        return _requirements(options.max_variants)

    def write(
        self,
        frames: Iterable[pl.DataFrame],
        out: BinaryIO,
        options: ShopifyOptions,
        *,
        context: WriteContext,
        delta: bool = False,
        removed: Iterable[str] = (),
    ) -> Written:
        """Write products with their variants and pictures.

        Items of one product follow each other (`Capabilities.contiguous`); ValueError if not.
        Removed items are counted in the notes: this file cannot say that something is gone.
        """
        gone = check_removed(removed, delta=delta)
        schema, items = open_frames(frames, context)
        rows = Rows(schema, chosen(schema, options.template), options.template)
        sink = Sink(out)
        sink.write(rows.head())
        for frame in _together(whole_products(items)):
            sink.write(rows.render(frame))
            sink.items += frame.height
        sink.note("not_removed", sum(len(batch) for batch in gone))
        return sink.close()


def _together(frames: Iterator[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    """Yield the frames; ValueError if a product comes back after others."""
    seen: set[str] = set()
    for frame in frames:
        if KEY in frame.columns:
            runs = frame.select(pl.col(KEY).rle().struct.field("value")).to_series()
            handles = runs.drop_nulls().to_list()
            again = seen.intersection(handles) or (len(set(handles)) < len(handles))
            if again:
                raise ValueError("the variants of a product must follow each other")
            seen.update(handles)
        yield frame


@cache
def _requirements(most: int) -> Requirements:
    relations = tuple(
        replace(each, limit=most) if each.code == CROWDED else each
        for each in REQUIREMENTS.relations
    )
    return Requirements(REQUIREMENTS.targets, relations)
