"""How complete products are per channel and locale, by bit masks over whole columns.

The rule of the field: required are the family's requirements for the channel, without attributes
that are not offered in the locale; a price counts when every currency of the channel has an
amount, a measurement when it has amount and unit; a product without family has no completeness.
"""

from __future__ import annotations

from functools import reduce
from operator import and_
from typing import Final

import polars as pl

from pim.domain.structure import ALL, Attribute, Channel, Family, Structure
from pim.domain.values import Cell
from pim.projection import columns
from pim.projection.catalogue import Catalogue, take
from pim.projection.columns import SYSTEM, Column
from pim.projection.leaves import filled as holds_data

BITS: Final = 64


def of_products(
    catalogue: Catalogue,
    structure: Structure,
    channel: str,
    locale: str,
    rows: pl.Series | None = None,
) -> pl.DataFrame:
    """Return required, missing and ratio (0 to 100, rounded down) of every stored product.

    All three are null without a family; a family that requires nothing is complete. With `rows`,
    a few, only of these, and without looking at all the others.
    """
    market = structure.channels[channel]
    asked = _asked(structure, market, locale)
    frame = catalogue.items.picked("family", SYSTEM["family"], rows).to_frame()
    missing, required = pl.lit(0, dtype=pl.Int64), pl.lit(0, dtype=pl.Int64)
    for start in range(0, len(asked), BITS):
        word = asked[start : start + BITS]
        masks = _masks(structure, market, word)
        bits = [
            filled(catalogue, structure, attribute, market, locale, rows).cast(pl.UInt64)
            * (1 << number)
            for number, attribute in enumerate(word)
        ]
        frame = frame.with_columns(reduce(lambda a, b: a | b, bits).alias(f"held{start}"))
        mask = pl.col("family").replace_strict(masks, default=0, return_dtype=pl.UInt64)
        required = required + mask.bitwise_count_ones().cast(pl.Int64)
        lacking = mask & ~pl.col(f"held{start}")
        missing = missing + lacking.bitwise_count_ones().cast(pl.Int64)
    known = pl.col("family").is_in([family.id for family in structure.families])
    counted = frame.select(
        pl.when(known).then(required).alias("required"),
        pl.when(known).then(missing).alias("missing"),
    )
    done = (pl.col("required") - pl.col("missing")) * 100 // pl.col("required")
    full = pl.when(pl.col("required") == 0).then(100).otherwise(done)
    return counted.select(
        pl.col("required", "missing").cast(pl.UInt16), full.cast(pl.UInt8).alias("ratio")
    )


def _asked(structure: Structure, channel: Channel, locale: str) -> list[Attribute]:
    """Return the attributes that any family requires in the channel and the locale offers."""
    codes = {code for f in structure.families for code in _required(f, channel)}
    found = [a for a in structure.attributes if a.code.casefold() in codes]
    return [a for a in found if not a.available_locales or locale in a.available_locales]


def _masks(structure: Structure, channel: Channel, word: list[Attribute]) -> dict[int, int]:
    """Return for every family the bits of the attributes that it requires."""
    return {
        family.id: sum(
            1 << number
            for number, attribute in enumerate(word)
            if attribute.code.casefold() in _required(family, channel)
        )
        for family in structure.families
    }


def _required(family: Family, channel: Channel) -> set[str]:
    """Return what a family requires in a channel, folded; only its own attributes count."""
    own = {code.casefold() for code in family.attributes}
    return own & {code.casefold() for code in family.requirements.get(channel.code, ())}


def filled(
    catalogue: Catalogue,
    structure: Structure,
    attribute: Attribute,
    channel: Channel,
    locale: str,
    rows: pl.Series | None = None,
) -> pl.Series:
    """Return for stored products, all or a few, whether an attribute is filled in a market."""
    cell = Cell(
        attribute.code,
        channel.code if attribute.scopable else ALL,
        locale if attribute.localizable else ALL,
    )
    parts = _parts(attribute, cell, channel)
    key = tuple(part.name for part in parts)
    if rows is not None and key not in catalogue.filled:
        return _filled_few(catalogue, structure, attribute, parts, rows)
    if key not in catalogue.filled:
        catalogue.filled[key] = _filled(catalogue, structure, attribute, parts)
    return take(catalogue.filled[key], rows)


def _filled(
    catalogue: Catalogue, structure: Structure, attribute: Attribute, parts: list[Column]
) -> pl.Series:
    if not parts:  # a channel without currencies asks for no price
        return pl.repeat(True, sum(catalogue.items.heights), eager=True)
    if attribute is structure.identifier:
        return catalogue.items.stored("identifier", SYSTEM["identifier"]).is_not_null()
    whole = reduce(and_, map(holds_data, parts)).alias("filled")
    return catalogue.test_cell(
        parts, catalogue.group(structure, parts[0]), lambda frame: frame.select(whole).to_series()
    )


def _filled_few(
    catalogue: Catalogue,
    structure: Structure,
    attribute: Attribute,
    parts: list[Column],
    rows: pl.Series,
) -> pl.Series:
    if not parts:
        return pl.repeat(True, len(rows), eager=True)
    if attribute is structure.identifier:
        return catalogue.items.picked("identifier", SYSTEM["identifier"], rows).is_not_null()
    group = catalogue.group(structure, parts[0])
    frame = pl.DataFrame([catalogue.product_column(part, rows, group) for part in parts])
    return frame.select(reduce(and_, map(holds_data, parts)).alias("filled")).to_series()


def _parts(attribute: Attribute, cell: Cell, channel: Channel) -> list[Column]:
    """Return the columns that must all hold data for the cell to count."""
    if attribute.type == columns.PRICES:
        return [columns.of_cell(attribute, cell, currency) for currency in channel.currencies]
    whole = columns.of_cell(attribute, cell)
    if attribute.type == columns.METRIC:
        return [whole, columns.of_cell(attribute, cell, columns.UNIT)]
    return [whole]
