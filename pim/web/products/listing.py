"""One page of the list: ids from the search, columns from the projection."""

from __future__ import annotations

import uuid as uuids
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from pim.domain.conditions import Condition
from pim.domain.structure import Structure
from pim.domain.violations import Violation
from pim.projection import Reading
from pim.web.context_bar import Chosen
from pim.web.products import labels
from pim.web.products.query import LEVELS, PER_PAGE, ListQuery


@dataclass(frozen=True, kw_only=True)
class Row:
    """A product or model in the list; `complete` of `variants` is of models only."""

    uuid: uuids.UUID
    identifier: str
    label: str
    picture: str | None
    family: str
    enabled: bool
    ratio: int | None
    parent: str | None
    updated: datetime
    variants: int = 0
    complete: int = 0


@dataclass(frozen=True, kw_only=True)
class Listing:
    """A page of rows, how many there are in all, and what is wrong with the filters.

    `behind` changed products are not shown yet.
    """

    rows: Sequence[Row]
    total: int
    wrong: Sequence[Violation]
    at: str
    behind: int = 0

    @property
    def pages(self) -> int:
        """Return how many pages there are."""
        return max(1, -(-self.total // PER_PAGE))


def read_page(
    reading: Reading,
    query: ListQuery,
    condition: Condition,
    chosen: Chosen,
    wrong: Sequence[Violation],
) -> Listing:
    """Search and return the page that a query names."""
    levels = LEVELS[query.level]
    found = reading.search(
        condition,
        text=query.text or None,
        sort=_sort_column(query, reading.structure, chosen),
        descending=query.descending,
        offset=query.offset,
        limit=PER_PAGE,
        levels=levels,
        locale=chosen.locale,
    )
    rows = _rows(reading, found.ids, levels, chosen)
    return Listing(
        rows=rows, total=found.total, wrong=wrong, at=reading.manifest.at, behind=reading.behind
    )


def _sort_column(query: ListQuery, structure: Structure, chosen: Chosen) -> str | None:
    names = labels.columns_by_family(structure, chosen, "attribute_as_label")
    complete = f"completeness-{chosen.locale}-{chosen.scope}" if chosen.channel else "updated"
    return {
        "identifier": "identifier",
        "updated": "updated",
        "family": "family",
        "label": next(iter(names), "identifier"),
        "complete": complete if query.level == "products" else "updated",
    }[query.sort]


def _rows(reading: Reading, ids: pl.Series, levels: Sequence[str], chosen: Chosen) -> list[Row]:
    structure = reading.structure
    named = labels.columns_by_family(structure, chosen, "attribute_as_label")
    shown = labels.columns_by_family(structure, chosen, "attribute_as_image")
    wanted = ["id", "uuid", "identifier", "family", "enabled", "parent_code", "updated"]
    ratio = f"completeness-{chosen.locale}-{chosen.scope}" if chosen.channel else None
    if ratio and "variant" in levels:
        wanted.append(ratio)
    frame = reading.frame([*wanted, *named.keys() | shown.keys()], ids=ids, levels=levels)
    frame = frame.with_columns(
        labels.texts(reading, frame, named, "label"), labels.texts(reading, frame, shown, "picture")
    )
    below = _variants(reading, frame["id"], ratio) if "variant" not in levels else {}
    families = structure.families.by_id
    return [
        Row(
            uuid=uuids.UUID(row["uuid"]),
            identifier=row["identifier"] or row["uuid"],
            label=row["label"] or "",
            picture=row["picture"],
            family=labels.label(families.get(row["family"]), chosen.locale),
            enabled=row["enabled"] is not False,
            ratio=row.get(ratio or ""),
            parent=row["parent_code"],
            updated=row["updated"],
            variants=below.get(row["id"], (0, 0))[0],
            complete=below.get(row["id"], (0, 0))[1],
        )
        for row in frame.iter_rows(named=True)
    ]


def _variants(reading: Reading, models: pl.Series, ratio: str | None) -> dict[int, tuple[int, int]]:
    """Return how many variants stand below each model, and how many of them are complete."""
    names = ["root", "parent", *([ratio] if ratio else [])]
    frame = reading.frame(names).with_columns(
        pl.col(ratio).alias("ratio") if ratio else pl.lit(0).alias("ratio")
    )
    counted: dict[int, tuple[int, int]] = {}
    for column in ("parent", "root"):
        grouped = (
            frame.filter(pl.col(column).is_in(models.implode()))
            .group_by(column)
            .agg(pl.len().alias("all"), (pl.col("ratio") == 100).sum().alias("done"))
        )
        counted.update({model: (every, done) for model, every, done in grouped.iter_rows()})
    return counted
