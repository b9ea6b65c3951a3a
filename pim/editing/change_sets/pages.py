"""Read a preview: a page of its cells, counts by outcome and attribute, what a filter finds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson
import polars as pl

from pim.editing.change_sets import ticking
from pim.editing.change_sets.cells import COLUMNS, files
from pim.editing.chunks import Unticked
from pim.editing.shown import OUTCOMES

#: Cells on a page.
PAGE: Final = 50
MOST: Final = 1_000


@dataclass(frozen=True, kw_only=True)
class Filter:
    """What cells are wanted; empty members want all. `identifier` is part of one, in any case.

    `identifiers` and `entities` name rows as a whole; `fields` are columns such as name-en_GB.
    """

    attribute: str | None = None
    outcome: str | None = None
    identifier: str | None = None
    identifiers: Sequence[str] = ()
    entities: Sequence[int] = ()
    fields: Sequence[str] = ()

    @property
    def whole_rows(self) -> bool:
        """Tell whether it says nothing about single cells."""
        return not (self.attribute or self.outcome or self.fields)

    def expression(self) -> pl.Expr:
        """Return the test of a cell."""
        tests = [pl.lit(value=True)]
        if self.attribute:
            tests.append(pl.col("attribute").str.to_lowercase() == self.attribute.lower())
        if self.outcome:
            tests.append(pl.col("outcome") == self.outcome)
        if self.identifier:
            lower = pl.col("identifier").str.to_lowercase()
            tests.append(lower.str.contains(self.identifier.lower(), literal=True))
        if self.identifiers:
            names = [name.lower() for name in self.identifiers]
            tests.append(pl.col("identifier").str.to_lowercase().is_in(names))
        if self.entities:
            tests.append(pl.col("entity").is_in(list(self.entities)))
        if self.fields:
            tests.append(pl.col("field").is_in(list(self.fields)))
        return pl.all_horizontal(tests)

    def words(self, *, ticked: bool) -> str:
        """Say what was ticked or unticked."""
        named = [*self.identifiers, *(f"#{number}" for number in self.entities)]
        parts = [
            ", ".join(named[:10]) + (f" and {len(named) - 10} more" if len(named) > 10 else ""),
            f"identifier with {self.identifier}" if self.identifier else "",
            ", ".join(self.fields),
            f"attribute {self.attribute}" if self.attribute else "",
            f"outcome {self.outcome}" if self.outcome else "",
        ]
        what = "; ".join(part for part in parts if part) or "everything"
        return f"{'ticked' if ticked else 'unticked'}: {what}"


@dataclass(frozen=True, kw_only=True)
class Page:
    """A page of cells, and how many the filter finds in all, as far as the preview has come."""

    cells: list[dict[str, Any]]
    total: int
    number: int
    size: int

    @property
    def pages(self) -> int:
        """Return how many pages there are."""
        return -(-self.total // self.size)


def page(
    folder: Path, unticked: Unticked, which: Filter, *, number: int = 1, size: int = PAGE
) -> Page:
    """Return a page of a preview's cells; the first is 1. A page beyond the last is empty."""
    size, number = min(max(size, 1), MOST), max(number, 1)
    cells = _scan(folder).filter(which.expression())
    total = int(cells.select(pl.len()).collect().item())
    some = cells.slice((number - 1) * size, size)
    found = ticking.ticked(some, ticking.frame(unticked)).collect()
    return Page(
        cells=[_document(row) for row in found.iter_rows(named=True)],
        total=total,
        number=number,
        size=size,
    )


def summary(folder: Path, unticked: Unticked) -> dict[str, Any]:
    """Return how many cells there are by outcome, by attribute and outcome, and left out."""
    marked = ticking.ticked(_scan(folder), ticking.frame(unticked))
    counted = marked.group_by("attribute", "outcome", "ticked").agg(pl.len()).collect()
    left = counted.filter("ticked")
    outcomes = dict(left.group_by("outcome").agg(pl.col("len").sum()).iter_rows())
    attributes: dict[str, dict[str, int]] = {}
    for attribute, outcome, number in sorted(
        left.select("attribute", "outcome", "len").iter_rows()
    ):
        attributes.setdefault(attribute, {})[outcome] = number
    return {
        **{outcome: int(outcomes.get(outcome, 0)) for outcome in OUTCOMES},
        "unticked": int(counted.filter(~pl.col("ticked"))["len"].sum()),
        "attributes": attributes,
    }


def chosen_cells(folder: Path, which: Filter) -> pl.DataFrame:
    """Return entity and field of the cells that a filter finds."""
    found = _scan(folder).filter(which.expression())
    return found.select("entity", "field").unique(maintain_order=True).collect()


def _scan(folder: Path) -> pl.LazyFrame:
    found = files(folder)
    return pl.scan_parquet(found) if found else pl.LazyFrame(schema=COLUMNS)


def _document(row: dict[str, Any]) -> dict[str, Any]:
    """Return the JSON of a cell."""
    data = {side: orjson.loads(row[side]) if row[side] else None for side in ("before", "after")}
    return {name: value for name, value in row.items() if name != "kind"} | data
