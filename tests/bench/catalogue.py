"""The catalogue's way in: generated, imported, imported again, and from a workbook."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

import polars as pl
import xlsxwriter

from pim.generate import build
from tests.bench.by_row import import_by_orm
from tests.bench.limits import copy_seconds
from tests.bench.place import Place
from tests.bench.rows import Budget, Ends, Measured
from tests.bench.step import Step

#: Rows of the workbook at full size.
WORKBOOK: Final = 50_000
COLUMNS_OF_WORKBOOK: Final = 40
#: One in so many rows is copied to find the limit of an update.
PART: Final = 4

CATALOGUE: Final = {
    "product": "SELECT * FROM product",
    "product_model": "SELECT * FROM product_model",
    "history": "SELECT * FROM history WHERE change_set_id = 1",
}

_IMPORT: Final = Budget(text="10,000 products/s, < 1 GB", rate=10_000, peak_mb=1_000)


def _generate(place: Place) -> Measured:
    """Make the catalogue up."""
    began = time.perf_counter()
    build.write(place.files, products=place.size, feed_count=place.feeds)
    seconds = time.perf_counter() - began
    place.made("").mkdir()
    size = (place.files / "products.csv").stat().st_size
    return Measured(count=place.size, seconds=seconds, note=f"{size / 1e6:,.0f} MB of products")


def _import(place: Place) -> Measured:
    """Import the generated folder into an empty database."""
    answer, seconds = place.pim("import", str(place.files))
    if answer["rejected"] or answer["created"] < place.size:
        raise RuntimeError(f"The import was not whole: {answer['violations'][:3]}")
    return Measured(count=place.size, seconds=seconds, note=f"{answer['created']:,} things created")


def _import_again(place: Place) -> Measured:
    """Import the same files again: nothing changes."""
    answer, seconds = place.pim("import", str(place.files))
    if answer["created"] or answer["updated"] > 5 or answer["rejected"]:  # currencies are seeded
        raise RuntimeError(f"Something changed: {answer['created']} created, {answer['updated']}")
    return Measured(count=place.size, seconds=seconds, note=f"{answer['unchanged']:,} unchanged")


def _copied(place: Place) -> Ends:
    """Compare with COPY of all rows, and with objects that are written one by one."""
    with place.engine() as engine:
        limit = place.size / copy_seconds(engine, place.scratch, CATALOGUE)
    place.remember("copied", limit)
    return Ends(limit=limit, by_row=import_by_orm(place))


def _copied_before(place: Place) -> Ends:
    """Compare with the same COPY: the same rows are read and decided, none is written."""
    return Ends(limit=place.recall("copied"))


def _updating(name: str, rows: Callable[[Place], int], more: int) -> Callable[[Place], None]:
    """Return what writes products.csv with other stocks in its first rows."""

    def prepare(place: Place) -> None:
        write_other_stock(place, name, rows(place), more)

    return prepare


def write_other_stock(place: Place, name: str, rows: int, more: int) -> None:
    """Write the first rows of products.csv, each with a stock that it did not have."""
    _other_stock(place, rows, more).write_csv(place.made(name), separator=";")


def _other_stock(place: Place, rows: int, more: int) -> pl.DataFrame:
    """Return the first rows of products.csv, each with a stock that it did not have."""
    path = place.files / "products.csv"
    frame = pl.read_csv(path, separator=";", infer_schema=False, n_rows=rows)
    more += int(time.time()) % 97  # so that a step can be repeated on a kept home
    stock = pl.col("stock_quantity").cast(pl.Int64).fill_null(0) + more
    return frame.with_columns(stock.cast(pl.String))


def _import_update(place: Place) -> Measured:
    """Import a file in which every product has another stock."""
    answer, seconds = place.pim("import", str(place.made("updated.csv")), "--entity", "product")
    if answer["updated"] != place.size:
        raise RuntimeError(f"{answer['updated']} of {place.size} products were updated")
    place.remember("updated", answer["change_set"])
    return Measured(count=place.size, seconds=seconds, note="every row updated")


def _copied_update(place: Place) -> Ends:
    with place.engine() as engine:
        queries = rewritten(place.recall("updated"))
        return Ends(limit=place.size / PART / copy_seconds(engine, place.scratch, queries))


def rewritten(change_set: int) -> dict[str, str]:
    """Return a part of what a change of all products writes at least: products and history."""
    part = f"entity_id % {PART} = 0"
    return {
        "product": CATALOGUE["product"] + f" WHERE id % {PART} = 0",
        "history": f"SELECT * FROM history WHERE change_set_id = {change_set} AND {part}",
    }


def _write_workbook(place: Place) -> None:
    """Write a workbook of 40 columns with other stocks again."""
    frame = _other_stock(place, place.share(WORKBOOK), 1_000)
    filled = frame.select(pl.all().count()).row(0)
    fullest = sorted(range(len(filled)), key=lambda at: -filled[at])[:COLUMNS_OF_WORKBOOK]
    keys = {"sku", "parent", "family", "stock_quantity"}
    names = [n for at, n in enumerate(frame.columns) if at in fullest or n in keys]
    book = xlsxwriter.Workbook(str(place.made("products.xlsx")), {"constant_memory": True})
    sheet = book.add_worksheet("products")
    sheet.write_row(0, 0, names)
    for number, row in enumerate(frame.select(names).iter_rows(), start=1):
        for column, cell in enumerate(row):
            if cell is not None:
                sheet.write_string(number, column, cell)
    book.close()


def _import_workbook(place: Place) -> Measured:
    """Import a workbook in which every product has another stock."""
    path = place.made("products.xlsx")
    answer, seconds = place.pim("import", str(path), "--entity", "product")
    count = place.share(WORKBOOK)
    if answer["updated"] != count:
        raise RuntimeError(f"{answer['updated']} of {count} products: {answer['violations'][:2]}")
    place.remember("workbook", answer["change_set"])
    return Measured(count=count, seconds=seconds, note="every row updated")


def _copied_workbook(place: Place) -> Ends:
    written = place.recall("workbook")
    queries = {
        "product": f"SELECT p.* FROM product p JOIN history h ON h.entity_id = p.id"
        f" WHERE h.change_set_id = {written}",
        "history": f"SELECT * FROM history WHERE change_set_id = {written}",
    }
    with place.engine() as engine:
        seconds = copy_seconds(engine, place.scratch, queries)
    return Ends(limit=place.share(WORKBOOK) / seconds)


STEPS: Final = {
    "generate": Step(measure=_generate, budget=Budget(text="700,000 in 60 s", rate=700_000 / 60)),
    "import": Step(measure=_import, ends=_copied, budget=_IMPORT),
    "import again, unchanged": Step(measure=_import_again, ends=_copied_before, budget=_IMPORT),
    "import again, every row updated": Step(
        prepare=_updating("updated.csv", lambda place: place.size, 200),
        measure=_import_update,
        ends=_copied_update,
        budget=_IMPORT,
    ),
    "import from XLSX, every row updated": Step(
        prepare=_write_workbook, measure=_import_workbook, once=True, ends=_copied_workbook
    ),
}
