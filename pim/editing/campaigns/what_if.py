"""What a campaign would come to: counted before it is saved, by the code that lays it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from pim.campaigns.definition import Definition
from pim.campaigns.running import Campaign
from pim.domain.structure import Structure
from pim.editing.campaigns.claims import Claims, Touch
from pim.editing.campaigns.conflicts import place_of
from pim.editing.campaigns.contenders import unsaved
from pim.projection.catalogue import PRODUCTS
from pim.projection.columns import Column
from pim.projection.effective.choosing import ID
from pim.projection.effective.laid import Laid
from pim.projection.effective.outcomes import VALID
from pim.projection.effective.overlays import Overlays
from pim.projection.effective.parts import Part, data_of
from pim.projection.piece import Piece

#: Changed cells that are shown with their values before and after, of each part.
EXAMPLES: Final = 5

COUNTS: Final = ("changed", "unchanged", "invalid", "empty")


@dataclass(frozen=True, kw_only=True)
class PartCount:
    """What becomes of one part of the chosen products; `ids` are those that change.

    `empty` cells are those for which an operation has nothing to begin with.
    """

    part: Part
    channels: tuple[str, ...]
    changed: int
    unchanged: int
    invalid: int
    empty: int
    ids: pl.Series
    examples: Sequence[Mapping[str, Any]]

    def document(self) -> dict[str, Any]:
        """Return the JSON."""
        counts = {name: getattr(self, name) for name in COUNTS}
        channels = {"channels": list(self.channels)}
        return {**place_of(self.part), **channels, **counts, "examples": list(self.examples)}


@dataclass(frozen=True, kw_only=True)
class WhatIf:
    """What a campaign would do if it ran now: products chosen, and their cells by part."""

    code: str
    channels: frozenset[str]
    products: int
    parts: tuple[PartCount, ...]

    def changed(self, channel: str) -> dict[str, pl.Series]:
        """Return for each column that a channel sees changed the ids of the products."""
        return {
            name: count.ids
            for count in self.parts
            if channel in count.channels and len(count.ids)
            for name in count.part.names
        }

    def document(self) -> dict[str, Any]:
        """Return the JSON: cells of all parts together, then part by part."""
        cells = {name: sum(getattr(p, name) for p in self.parts) for name in COUNTS}
        return {
            "campaign": self.code,
            "products": self.products,
            "cells": cells,
            "fields": [part.document() for part in self.parts],
        }


def what_if(claims: Claims, definition: Definition, structure: Structure) -> WhatIf:
    """Count what a campaign would do to the products as they are now, other campaigns aside."""
    campaign, _ = unsaved(definition, None)
    wanted = {code.casefold() for code in definition.channels}
    known = (channel.code for channel in structure.channels)
    channels = frozenset(code for code in known if not wanted or code.casefold() in wanted)
    touched = claims.touched(campaign, channels)
    plans = [touch.plan for touch in touched.values()]
    chosen = claims.chosen(plans[0] if plans else claims.plan(campaign, min(channels)))
    products = int(chosen.sum() or 0)
    counts = (_count(claims, campaign, touch, products) for _, touch in sorted(touched.items()))
    return WhatIf(code=definition.code, channels=channels, products=products, parts=tuple(counts))


def _count(claims: Claims, campaign: Campaign, touch: Touch, products: int) -> PartCount:
    rows = pl.concat(list(_laid(claims, campaign, touch)))
    counted = rows.select(
        (pl.col(VALID) & pl.col("differs")).sum().alias("changed"),
        (pl.col(VALID) & ~pl.col("differs")).sum().alias("unchanged"),
        (~pl.col(VALID)).sum().alias("invalid"),
    ).row(0, named=True)
    changed = rows.filter(VALID, "differs").sort("id")
    return PartCount(
        part=touch.part,
        channels=tuple(sorted(touch.channels)),
        **counted,
        empty=products - rows.height,
        ids=changed["id"],
        examples=_examples(claims, touch.part, changed.head(EXAMPLES)),
    )


def _laid(claims: Claims, campaign: Campaign, touch: Touch) -> Iterator[pl.DataFrame]:
    """Yield id, VALID, whether it differs, and the columns before and after, piece by piece."""
    base = claims.reading.base
    overlays = Overlays(
        base,
        base.catalogue,
        [campaign],
        channel=touch.plan.channel,
        at=max(claims.now, campaign.starts_at),
        sheets=claims.sheets,
    )
    alive = base.catalogue.alive(PRODUCTS)
    first = 0
    for piece in base.catalogue.pieces:
        laid = overlays.whole(piece, touch.part.columns[0])
        there = alive.slice(first, piece.items.height)
        first += piece.items.height
        if laid is not None:
            yield _compared(piece, laid, there, touch.part, base.structure)


def _compared(
    piece: Piece, laid: Laid, there: pl.Series, part: Part, structure: Structure
) -> pl.DataFrame:
    rows = laid.rows.filter(there.gather(laid.rows["row"]))
    before = [
        piece.product_column(column, rows["row"], structure).alias(_before(column))
        for column in part.columns
    ]
    ids = piece.product_column(ID, rows["row"], structure).alias("id")
    frame = rows.select(VALID, *part.names).hstack([ids, *before])
    differs = pl.any_horizontal(
        pl.col(column.name).ne_missing(pl.col(_before(column))) for column in part.columns
    )
    return frame.with_columns(differs.alias("differs"))


def _before(column: Column) -> str:
    return f"{column.name} before"


def _examples(claims: Claims, part: Part, rows: pl.DataFrame) -> list[dict[str, Any]]:
    if rows.is_empty():
        return []
    named = claims.reading.frame(["id", "identifier"], ids=rows["id"])
    names = dict(named.rows())
    return [
        {
            "identifier": names.get(row["id"]),
            "before": _shown(part, [row[_before(column)] for column in part.columns]),
            "after": _shown(part, [row[column.name] for column in part.columns]),
        }
        for row in rows.iter_rows(named=True)
    ]


def _shown(part: Part, values: Sequence[Any]) -> Any:
    """Return the data of a part as documents hold it; of a price its amount alone."""
    if part.cell is None:
        return values[0]
    data = data_of(part, values)
    return data[part.currency] if data is not None and part.currency is not None else data
