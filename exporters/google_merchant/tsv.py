"""Tab-separated text with quoted fields, built in columns."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from exporters.contract import WriteContext
from exporters.contract.writing import (
    is_list,
    present,
    present_list,
    table,
    without_control_characters,
)
from exporters.google_merchant.targets import Element, elements

DELTA_COLUMNS = ("availability", "expiration_date")


class Tsv:
    """Render frames as rows. A delta has the columns that expired items need, mapped or not."""

    def __init__(self, schema: pl.Schema, *, delta: bool) -> None:
        wanted = [name for name in DELTA_COLUMNS if delta and name not in schema]
        self._schema = pl.Schema([*schema.items(), *((name, pl.String()) for name in wanted)])
        self._columns = merged(elements(self._schema))

    def head(self, context: WriteContext) -> bytes:
        """Return the row of names."""
        return ("\t".join(self._columns) + "\n").encode() if self._columns else b""

    def render(self, frame: pl.DataFrame) -> bytes:
        """Return one row per item; absent values are empty."""
        missing = [
            pl.lit(None, dtype).alias(name)
            for name, dtype in self._schema.items()
            if name not in frame.columns
        ]
        columns = [
            joined([cell(self._schema, each) for each in group]).alias(name)
            for name, group in self._columns.items()
        ]
        rows = table(frame.with_columns(missing).select(columns), separator="\t")
        return without_control_characters(rows)

    def tail(self) -> bytes:
        """Return nothing: rows need no end."""
        return b""


def merged(found: Sequence[Element]) -> dict[str, list[Element]]:
    """Return header names with their elements; repeated groups share one column."""
    columns: dict[str, list[Element]] = {}
    for each in found:
        columns.setdefault(heading(each), []).append(each)
    return columns


def heading(element: Element) -> str:
    """Return a name as Google spells it: `shipping(country:price)`."""
    return f"{element.name}({':'.join(element.parts)})" if element.nested else element.name


def cell(schema: pl.Schema, element: Element) -> pl.Expr:
    """Return one cell, null where it is absent."""
    if element.nested:
        parts = [present(target) for target in element.targets]
        values = pl.concat_str([part.fill_null("") for part in parts], separator=":")
        return pl.when(pl.any_horizontal(part.is_not_null() for part in parts)).then(values)
    if is_list(schema, element.name):
        return joined_list(element.name)
    return present(element.name)


def joined_list(column: str) -> pl.Expr:
    """Return values with commas between; one that has a comma or a quote itself is quoted."""
    quoted = pl.concat_str(
        [
            pl.lit('"'),
            pl.element().str.replace_all('"', '""', literal=True),
            pl.lit('"'),
        ]
    )
    awkward = pl.element().str.contains_any([",", '"'])
    value = pl.when(awkward).then(quoted).otherwise(pl.element())
    return present_list(column).list.eval(value).list.join(",").replace("", None)


def joined(cells: Sequence[pl.Expr]) -> pl.Expr:
    """Return the cells of a repeated group as one."""
    if len(cells) == 1:
        return cells[0]
    return pl.concat_str(cells, separator=",", ignore_nulls=True).replace("", None)
