"""A supplier's update with one fault of each kind, to see how an import answers."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import xlsxwriter

from pim.demo import codes, plan, sizes, source
from pim.demo.facts import family
from pim.demo.flat import Values, write_rows

MADE = datetime(2026, 1, 1, tzinfo=UTC)
FIRST_NEW_EAN = 990_000
#: Columns that a workbook holds as numbers, as people type them.
NUMBERS = ("ean", "stock_quantity", "weight")


def write_faulty(folder: Path, *, seed: int = 1) -> None:
    """Write supplier_update.csv and the same as supplier_update.xlsx.

    The rows speak of the demo catalogue of the same seed; the column supplier_remark, which means
    nothing to an import, says what is wrong with each.
    """
    folder.mkdir(parents=True, exist_ok=True)
    words = _words(seed)
    template = source.table("broken/supplier_update")
    rows = [{name: _filled(cell, words) for name, cell in row.items()} for row in template]
    write_rows(folder / "supplier_update.csv", rows, first=list(template[0]))
    _write_workbook(folder / "supplier_update.xlsx", rows)


def _words(seed: int) -> dict[str, str]:
    """Return what the template's placeholders stand for."""
    style = next(s for s in plan.styles(seed=seed) if len(s.colourways) > 1)
    colourway, others = style.colourways[0], plan.styles(seed=seed)[40:]
    items = [s.colourways[0].items[0] for s in others]
    taken = [item.size for item in colourway.items if item.size is not None]
    free = next(s for s in sizes.steps("35", "47", halves=True) if s not in taken)
    return {
        "family": family(style),
        "parent.1": colourway.code,
        "free_size": sizes.code(free),
        "taken_size": sizes.code(taken[0]),
        "bell": "\a",
        "long": " ".join(["A very long name"] * 16),
        **{f"sku.{n}": item.sku for n, item in enumerate(items, start=1)},
        **{f"ean.{n}": item.ean for n, item in enumerate(items, start=1)},
        **{f"bag.{n}": bag.code for n, bag in enumerate(plan.accessories(seed=seed), start=1)},
        **{f"new.{n}": f"NEW-{n}" for n in range(1, 10)},
        **{f"new_ean.{n}": codes.ean(FIRST_NEW_EAN + n) for n in range(1, 10)},
    }


def _filled(cell: str, words: dict[str, str]) -> str:
    return re.sub(r"\{([a-z_.0-9]+)\}", lambda found: words[found[1]], cell)


def _write_workbook(path: Path, rows: list[Values]) -> None:
    with xlsxwriter.Workbook(path) as book:
        book.set_properties({"created": MADE})
        sheet = book.add_worksheet("update")
        for column, name in enumerate(rows[0]):
            sheet.write_string(0, column, name)
            for number, row in enumerate(rows, start=1):
                if name in NUMBERS and re.fullmatch(r"-?\d+(\.\d+)?", row[name]):
                    sheet.write_number(number, column, float(row[name]))
                else:
                    sheet.write_string(number, column, row[name])
