"""The exporter: any columns in mapping order, in any usual dialect."""

from __future__ import annotations

from collections.abc import Iterable
from typing import BinaryIO

import polars as pl

from exporters.contract import (
    Capabilities,
    Exporter,
    Requirement,
    Requirements,
    WriteContext,
    Written,
)
from exporters.contract.writing import Sink, check_removed, open_frames
from exporters.csv_feed.encoding import encoder
from exporters.csv_feed.options import CsvOptions
from exporters.csv_feed.rows import Rows


class CsvFeed(Exporter):
    """Write separated text: what the mapping names is what the file holds.

    A delta has one more column at the end that says `upsert` or `delete`; a removed item's row
    holds nothing but its id and that word.
    """

    code = "csv_feed"
    label = "CSV, any columns"
    options = CsvOptions
    capabilities = Capabilities(absent="replace_all", delta="upsert_and_delete")

    def file_name(self, options: CsvOptions) -> str:
        """Return the name of the file."""
        return f"{options.name}.{options.suffix}"

    def media_type(self, options: CsvOptions) -> str:
        """Return the media type with its character set."""
        charset = {"utf-8-sig": "utf-8", "utf-16le": "utf-16"}
        return f"text/csv; charset={charset.get(options.encoding, options.encoding)}"

    def item_id(self, options: CsvOptions) -> str:
        """Return the column that the options name."""
        return options.item_id

    def targets(self, options: CsvOptions) -> tuple[str, ...]:
        """Return nothing: any column will do."""
        return ()

    def requirements(self, options: CsvOptions) -> Requirements:
        """Return the one demand of every table: a key."""
        return Requirements((Requirement(target=options.item_id, need="required", unique=True),))

    def write(
        self,
        frames: Iterable[pl.DataFrame],
        out: BinaryIO,
        options: CsvOptions,
        *,
        context: WriteContext,
        delta: bool = False,
        removed: Iterable[str] = (),
    ) -> Written:
        """Write the header, the items and, in a delta, the removed ones.

        Raises `Refused` for characters that the encoding lacks, if the options say so.
        """
        gone = check_removed(removed, delta=delta)
        schema, items = open_frames(frames, context)
        sink, rows = Sink(out), Rows(schema, options, delta=delta)
        encode = encoder(options, sink)
        sink.write(encode(rows.head(), first=True))
        for frame in items:
            sink.write(encode(rows.render(frame)))
            sink.note("ambiguous_lists", rows.ambiguous_lists(frame))
            sink.items += frame.height
        for batch in gone:
            sink.write(encode(rows.removed(batch)))
            sink.removed += len(batch)
        return sink.close()
