"""What an empty cell means where it does not mean nothing: cleared, or refused."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from pim.domain.structure import Attribute
from pim.domain.violations import Violation


def cleared(
    attribute: Attribute, given: Mapping[str, pl.Series], json: pl.Series, where: pl.Series
) -> pl.Series:
    """Return the JSON with nulls for empty cells of known rows; of prices currency by currency."""
    empty = {
        suffix: where & (column.str.strip_chars() == "").fill_null(False)
        for suffix, column in given.items()
    }
    if attribute.type != "pim_catalog_price_collection":
        nothing = empty.get("")
        null = pl.Series(["null"], dtype=pl.String)
        return json if nothing is None else json.zip_with(~nothing, null)
    nulls = pl.DataFrame(
        [
            pl.Series(c, rows).replace_strict({True: f'"{c}":null,', False: ""})
            for c, rows in empty.items()
        ]
    ).select(pl.concat_str(pl.all()).alias("nulls"))
    whole = pl.concat_str(
        pl.lit("{"), "nulls", pl.col("json").fill_null("{}").str.slice(1)
    ).str.replace(",}", "}", literal=True)
    return (
        nulls.with_columns(json.alias("json"))
        .select(pl.when(pl.col("nulls") == "").then("json").otherwise(whole).alias("json"))
        .to_series()
    )


def empty_cell(column: str) -> Violation:
    """Say that an import which refuses empty cells has met one."""
    return Violation(
        code="cell_empty",
        path=column,
        message="The cell is empty, and this import refuses empty cells.",
        mend='Fill it in, or choose "keep" or "clear" for empty cells.',
    )
