"""Whatever a sheet and others change: each cell ends as a plain evaluation says, or conflicts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as some

from tests.factories.catalogue import Catalogue
from tests.integration.staging.round_trip.conftest import Desk, read

#: What the cells of a column may hold, as an export writes it, and how a spreadsheet may leave it.
COLUMNS: Mapping[str, Mapping[str, str]] = {
    "name-en_GB": {"": "", "0012": "12", "Wax": "Wax", "4006381333931": "4.00638E+12"},
    "price-EUR": {"": "", "10": "10.00", "12.5": "12,50", "9.95": "9,95"},
    "price-GBP": {"": "", "7": "7.0", "8.25": "8,25"},
    "stock": {"": "", "1": "1.0", "20": "20"},
    "weight": {"5.5": "5,5", "7": "7.00", "8": "8"},
    "launch": {"": "", "2026-03-01": "01.03.2026", "2026-11-22": "11/22/2026"},
    "brand": {"": "", "polka": "polka", "acme": "ACME"},
    "materials": {"": "", "cork,leather": "leather, cork", "rubber": "rubber"},
    "enabled": {"0": "0", "1": "1"},
    "categories": {"": "", "boots,men": "men,boots", "outlet": "outlet"},
    "X_SELL-products": {"": "", "MOC-41,laces": "laces,MOC-41", "wax": "WAX"},
}
#: What a person types there stays as typed: a text, and a day that the profile has to read.
AS_TYPED = {"name-en_GB", "launch"}
PRODUCTS = 3

numbers = count(1)


@dataclass(frozen=True)
class Cell:
    """One cell: what the export shows, what others make of it, what the sheet says, and how."""

    base: str
    theirs: str
    ours: str
    reformatted: bool

    @property
    def final(self) -> str:
        return self.theirs if self.ours == self.base or self.clashes else self.ours

    @property
    def clashes(self) -> bool:
        return len({self.base, self.theirs, self.ours}) == 3

    def spelt(self, column: str) -> str:
        """Return what stands in the sheet."""
        as_typed = column in AS_TYPED and self.ours != self.base
        return COLUMNS[column][self.ours] if self.reformatted and not as_typed else self.ours


def cell(column: str) -> some.SearchStrategy[Cell]:
    held = some.sampled_from(list(COLUMNS[column]))
    return held.flatmap(
        lambda base: some.builds(
            Cell,
            base=some.just(base),
            theirs=some.just(base) | held,
            ours=some.just(base) | held,
            reformatted=some.booleans(),
        )
    )


rows = some.lists(
    some.fixed_dictionaries({column: cell(column) for column in COLUMNS}),
    min_size=PRODUCTS,
    max_size=PRODUCTS,
)


def side(sku: str, row: Mapping[str, Cell], which: str) -> dict[str, str]:
    texts = {column: getattr(each, which) for column, each in row.items()}
    return {"sku": sku, **texts, "weight-unit": "GRAM"}


@settings(
    max_examples=10,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # an example takes too long to shrink
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(drawn=rows)
def test_a_sheet_merges_with_any_edits_of_others(
    catalogue: Catalogue, desk: Desk, drawn: list[dict[str, Cell]]
) -> None:
    products = {f"p{next(numbers)}": row for row in drawn}
    created = [{**side(sku, row, "base"), "family": "shoes"} for sku, row in products.items()]
    assert not catalogue.rows("products", *created).violations
    sheet = desk.export()
    shown = read(sheet)[0]
    others = [side(sku, row, "theirs") for sku, row in products.items()]
    assert not catalogue.rows("products", *others, blank="clear").violations
    edits = {
        (sku, column): each.spelt(column)
        for sku, row in products.items()
        for column, each in row.items()
        if each.spelt(column) != each.base or column in shown
    }

    result = desk.take(desk.edit(sheet, edits), blank="clear")

    assert result.violations == []
    assert {(c["identifier"], c["field"]) for c in result.conflict_cells} == {
        (sku, column) for sku, row in products.items() for column, c in row.items() if c.clashes
    }
    counts = result.counts
    assert counts.rows == counts.updated + counts.unchanged
    assert standing(desk, products) == {
        sku: {column: each.final for column, each in row.items()} for sku, row in products.items()
    }


def standing(desk: Desk, products: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    return {
        row["sku"]: {column: row.get(column, "") for column in COLUMNS}
        for row in read(desk.export())
        if row["sku"] in products
    }
