"""Build the values documents of many rows at once, as JSON text, from columns of JSON text."""

from __future__ import annotations

from collections.abc import Mapping

import orjson
import polars as pl

from pim.domain.values import Cell


def values_documents(cells: Mapping[Cell, pl.Series], height: int) -> pl.Series:
    """Return `{attribute: {channel: {locale: data}}}` per row; cells without data are left out.

    Each series holds the JSON text of the data of one cell, or null.
    """
    if not cells:
        return pl.repeat("{}", height, dtype=pl.String, eager=True)
    frame = pl.DataFrame({str(i): column for i, column in enumerate(cells.values())})
    tree: dict[str, dict[str, dict[str, pl.Expr]]] = {}
    for i, cell in enumerate(cells):
        tree.setdefault(cell.attribute, {}).setdefault(cell.channel, {})[cell.locale] = pl.col(
            str(i)
        )
    attributes = {
        attribute: json_object(
            {channel: json_object(locales) for channel, locales in channels.items()}
        )
        for attribute, channels in tree.items()
    }
    return frame.select(json_object(attributes).fill_null("{}").alias("values")).to_series()


def json_object(members: Mapping[str, pl.Expr]) -> pl.Expr:
    """Return the text of the JSON object of the members that are not null; null when none is."""
    parts = [
        pl.concat_str(pl.lit(orjson.dumps(name).decode() + ":"), text)
        for name, text in members.items()
    ]
    joined = pl.concat_str(parts, separator=",", ignore_nulls=True)
    return (
        pl.when(pl.any_horizontal(text.is_not_null() for text in members.values()))
        .then(pl.concat_str(pl.lit("{"), joined, pl.lit("}")))
        .otherwise(None)
    )
