"""The exporter: targets become keys, dotted targets become objects."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import BinaryIO

import polars as pl

from exporters.contract import (
    Capabilities,
    Exporter,
    Options,
    Requirement,
    Requirements,
    WriteContext,
    Written,
    option,
)
from exporters.contract.writing import Sink, check_removed, joined, lines, open_frames
from exporters.json_lines.objects import Shape, object_parts, object_text, tree


@dataclass(frozen=True, kw_only=True)
class JsonOptions(Options):
    """Options of a JSON lines file."""

    suffix: str = option("jsonl", "Suffix of the file: jsonl, ndjson, json")
    item_id: str = option("id", "The key that identifies an item; required and unique")
    nulls: bool = option(False, "Write absent values as null instead of leaving them out")
    nested: bool = option(True, "Write price.amount as an object price with a key amount")
    numbers: tuple[str, ...] = option((), "Targets written as numbers, digit for digit")
    booleans: tuple[str, ...] = option((), "Targets whose true and false are written as such")
    deleted_key: str = option("_deleted", "The key that is true on an item removed in a delta")


class JsonLines(Exporter):
    """Write one JSON object per line, in UTF-8, keys in mapping order.

    In a delta a removed item is `{"id": "...", "_deleted": true}`.
    """

    code = "json_lines"
    label = "JSON lines"
    options = JsonOptions
    capabilities = Capabilities(absent="replace_all", delta="upsert_and_delete")

    def file_name(self, options: JsonOptions) -> str:
        """Return the name of the file."""
        return f"{options.name}.{options.suffix}"

    def media_type(self, options: JsonOptions) -> str:
        """Return the media type of the file."""
        return "application/x-ndjson"

    def item_id(self, options: JsonOptions) -> str:
        """Return the key that the options name."""
        return options.item_id

    def targets(self, options: JsonOptions) -> tuple[str, ...]:
        """Return nothing: any key will do."""
        return ()

    def requirements(self, options: JsonOptions) -> Requirements:
        """Return a key for every item, and numbers where numbers were promised."""
        key = Requirement(target=options.item_id, need="required", unique=True)
        numbers = [Requirement(target=n, kind="number") for n in options.numbers if n != key.target]
        return Requirements((key, *numbers))

    def write(
        self,
        frames: Iterable[pl.DataFrame],
        out: BinaryIO,
        options: JsonOptions,
        *,
        context: WriteContext,
        delta: bool = False,
        removed: Iterable[str] = (),
    ) -> Written:
        """Write items and, in a delta, the marks of removed ones.

        Raises `Refused` if one target is both a value and an object (`price`, `price.amount`).
        """
        gone = check_removed(removed, delta=delta)
        schema, items = open_frames(frames, context)
        branch, shape = tree(schema, nested=options.nested), _shape(schema, options)
        sink = Sink(out)
        for frame in items:
            sink.write(joined(frame, object_parts(frame, branch, shape)))
            sink.items += frame.height
        for batch in gone:
            sink.write(_removed(batch, options))
            sink.removed += len(batch)
        return sink.close()


def _shape(schema: pl.Schema, options: JsonOptions) -> Shape:
    raw = dict.fromkeys(options.numbers, "number") | dict.fromkeys(options.booleans, "boolean")
    return Shape(schema=schema, nulls=options.nulls, raw=raw)


def _removed(ids: pl.Series, options: JsonOptions) -> bytes:
    names = (options.item_id, options.deleted_key)
    frame = pl.DataFrame({names[0]: ids, names[1]: ["true"] * len(ids)})
    shape = Shape(schema=frame.schema, nulls=False, raw={names[1]: "boolean"})
    return lines(frame, object_text(tree(frame.schema, nested=options.nested), shape))
