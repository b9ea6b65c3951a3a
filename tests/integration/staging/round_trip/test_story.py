"""A merchandiser's sheet: forty cells edited in a spreadsheet, three of them by others, too."""

from __future__ import annotations

from typing import Any

import openpyxl

from pim.domain.values import cells
from tests.factories.catalogue import Catalogue
from tests.integration.staging.round_trip.conftest import Desk, as_a_spreadsheet_would

NAMES = [f"{n:05}" for n in range(20)]


def held(catalogue: Catalogue) -> dict[tuple[str, str], Any]:
    """Return the data of every cell of the story's products."""
    return {
        (name, cell.column): data
        for name in NAMES
        for cell, data in cells(catalogue.document(name)["values"])
    }


def test_forty_cells_come_back_and_three_of_them_were_edited_meanwhile(
    catalogue: Catalogue, desk: Desk
) -> None:
    eans = [f"{n:013}" for n in range(400600, 400620)]
    catalogue.rows(
        "products",
        *(
            {
                "sku": name, "family": "shoes", "name-en_GB": f"Shoe {name}", "price-EUR": "99.90",
                "ean": ean, "launch": "2026-03-01", "stock": "7", "heel": "2.5", "vegan": "1",
            }
            for name, ean in zip(NAMES, eans, strict=True)
        ),
    )  # fmt: skip
    beginning = held(catalogue)
    sheet = desk.export("products", "xlsx")
    meanwhile = catalogue.rows(
        "products",
        {"sku": NAMES[3], "name-en_GB": "By B", "price-EUR": "80"},
        {"sku": NAMES[4], "price-EUR": "81"},
    )
    theirs = held(catalogue)

    edits: dict[tuple[str, str], Any] = {}
    for number, name in enumerate(NAMES):
        edits[name, "name-en_GB"] = f"Boot {number}"
        edits[name, "price-EUR"] = 50 + number
    edits[NAMES[5], "price-EUR"] = "79,50"
    desk.edit(sheet, edits)
    as_a_spreadsheet_would(sheet)
    numeric = {cell.value for cell in openpyxl.load_workbook(sheet).active["A"]}
    assert {3, 4} <= numeric
    result = desk.take(sheet)

    assert (result.violations, result.counts.conflicts) == ([], 3)
    assert result.conflict_cells == [
        {
            "file": str(sheet), "row": 11, "identifier": "00003", "field": "name-en_GB",
            "base": "Shoe 00003", "theirs": "By B", "ours": "Boot 3",
        },
        {
            "file": str(sheet), "row": 11, "identifier": "00003", "field": "price-EUR",
            "base": "99.9", "theirs": "80", "ours": "53",
        },
        {
            "file": str(sheet), "row": 12, "identifier": "00004", "field": "price-EUR",
            "base": "99.9", "theirs": "81", "ours": "54",
        },
    ]  # fmt: skip
    assert result.conflict_files[0].endswith("products.conflicts.xlsx")
    after = held(catalogue)
    changed = {where for where in after if after[where] != theirs[where]}
    assert len(changed) == 37
    assert after[NAMES[5], "price"] == {"EUR": "79.5"}
    assert [after[name, "ean"] for name in NAMES] == eans
    assert (result.counts.updated, result.counts.rejected) == (19, 0)

    catalogue.undo(result.change_set)

    assert held(catalogue) == theirs
    assert {where for where in theirs if theirs[where] != beginning[where]} == {
        (NAMES[3], "name-en_GB"), (NAMES[3], "price"), (NAMES[4], "price")
    }  # fmt: skip
    catalogue.undo(meanwhile.change_set)
    assert held(catalogue) == beginning
