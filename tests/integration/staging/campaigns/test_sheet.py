"""Sheets of campaigns: every cell checked, every row told, stored once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest
import xlsxwriter

from pim.campaigns import queries, sheets
from pim.campaigns.models import CampaignSheet
from pim.db.unit_of_work import unit_of_work
from pim.domain.attribute_types import CellFormat
from pim.errors import NotPermitted, Refused
from pim.projection import Projection
from pim.staging.campaigns.service import Imported, import_campaign
from pim.staging.campaigns.sheet import ReadSheet, read_sheet
from pim.structure.queries import current
from tests.factories.catalogue import Catalogue

DATES = {
    "starts_at": "2026-11-27T00:00",
    "ends_at": "2026-12-01T00:00",
    "time_zone": "Europe/Paris",
}


@pytest.fixture
def read(catalogue: Catalogue) -> Any:
    def from_rows(*rows: dict[str, str], **more: Any) -> ReadSheet:
        with unit_of_work(catalogue.engine) as work:
            path = catalogue.sheet(*rows)
            return read_sheet(work.session, path, current(work.session), **more)

    return from_rows


def take(catalogue: Catalogue, path: Path, code: str = "bf", **changes: Any) -> Imported:
    projection = Projection(catalogue.settings.projection, catalogue.engine)
    try:
        with unit_of_work(catalogue.engine) as work:
            structure = current(work.session)
            return import_campaign(work, projection, structure, code, path, changes=changes)
    finally:
        projection.close()


def told(found: ReadSheet) -> list[tuple[int, str, str]]:
    return [(v["row"], v["column"], v["code"]) for v in found.document()["violations"]]


def test_cells_become_data_by_address_and_empty_ones_say_nothing(read, catalogue):
    found = read(
        {"sku": "wax", "price-EUR": "7.50", "price-GBP": "", "name-en_GB": "Wax, now less"},
        {"sku": "LACES", "price-EUR": "", "price-GBP": "2", "name-en_GB": ""},
    )
    rows = found.cells.select("attribute", "scope", "locale", "data").rows()
    assert sorted(rows) == [
        ("name", "<all>", "en_GB", '"Wax, now less"'),
        ("price", "<all>", "<all>", '{"EUR":"7.5"}'),
        ("price", "<all>", "<all>", '{"GBP":"2"}'),
    ]
    assert found.document() | {"violations": 0} == {
        "rows": 2, "accepted": 2, "rejected": 0, "products": 2, "cells": 3, "warnings": 0,
        "violations": 0,
    }  # fmt: skip


def test_every_bad_row_is_told_with_its_place_and_left_out(read):
    found = read(
        {"identifier": "wax", "price-EUR": "cheap", "name-en_GB": "Wax"},
        {"identifier": "nobody", "price-EUR": "1"},
        {"identifier": "", "price-EUR": "1"},
        {"identifier": "derby", "price-EUR": "1"},
        {"identifier": "laces", "price-EUR": "1"},
        {"identifier": "LACES", "price-EUR": "2"},
        {"identifier": "MOC-41", "price-EUR": "60"},
    )
    assert told(found) == [
        (2, "price-EUR", "not_a_number"),
        (3, "identifier", "campaign.no_product"),
        (4, "identifier", "campaign.no_product"),
        (5, "identifier", "campaign.no_product"),
        (7, "identifier", "campaign.product_twice"),
    ]
    texts = [v["message"] for v in found.document()["violations"]]
    assert texts[1:] == [
        'There is no product "nobody".',
        "The row does not say which product it means.",
        '"derby" is a model; campaigns lie over products.',
        'Row 6 speaks of "LACES" already.',
    ]
    assert (found.rows, found.rejected, found.cells.height) == (7, 5, 2)


def test_a_product_whose_family_lacks_the_attribute_is_told(read):
    found = read({"sku": "wax", "heel": "2"}, {"sku": "MOC-41", "heel": "3"})
    assert told(found) == [(2, "heel", "not_in_family")]
    assert found.cells["data"].to_list() == ['"3"']


def test_columns_that_cannot_be_laid_over_are_left_aside_with_a_word(read):
    found = read(
        {
            "sku": "wax", "family": "care", "ean": "4006381333931", "size": "41", "image": "x.jpg",
            "X_SELL-products": "laces", "colour": "red", "price-EUR": "7",
        }
    )  # fmt: skip
    assert sorted((column, code) for _, column, code in told(found)) == [
        ("X_SELL-products", "campaign.column_left_aside"),
        ("colour", "column_ignored"),
        ("ean", "campaign.column_left_aside"),
        ("family", "campaign.column_left_aside"),
        ("image", "campaign.column_left_aside"),
        ("size", "campaign.column_left_aside"),
    ]
    assert found.document()["warnings"] == 6
    assert found.cells.height == 1


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"name-en_GB": "Wax"}, "no column says which product"),
        ({"sku": "wax", "family": "care"}, "no column holds values"),
    ],
)
def test_a_sheet_that_says_nothing_usable_is_refused(read, row, said):
    with pytest.raises(Refused, match=said):
        read(row)


def test_numbers_and_days_are_read_as_they_are_written(read):
    fmt = CellFormat(decimal=",", dates="dd.MM.yyyy")
    found = read({"sku": "MOC-41", "price-EUR": "59,90", "launch": "27.11.2026"}, fmt=fmt)
    assert sorted(found.cells["data"]) == ['"2026-11-27"', '{"EUR":"59.9"}']


def test_a_workbook_is_a_sheet_too(catalogue: Catalogue, tmp_path: Path):
    path = tmp_path / "sale.xlsx"
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, ["sku", "price-EUR"])
    sheet.write_row(1, 0, ["wax", 7.5])
    book.close()
    answer = take(catalogue, path, **DATES).answer()
    assert (answer["status"], answer["accepted"], answer["cells"]) == ("created", 1, 1)


def test_a_campaign_is_made_from_a_sheet_and_keeps_its_cells(catalogue: Catalogue):
    path = catalogue.sheet({"sku": "wax", "price-EUR": "7"}, {"sku": "laces", "price-EUR": "1"})

    imported = take(catalogue, path, **DATES, channels=["web"])

    with unit_of_work(catalogue.engine) as work:
        stored = queries.find_campaign(work.session, "bf")
        (cells,) = stored.document["do"]
        assert cells["type"] == "cells"
        kept = sheets.frame(work.session, cells["sheet"])
        assert kept.equals(imported.sheet.cells.sort("attribute", "scope", "locale", "id"))
        assert stored.channels == ["web"]
        held = work.session.get(CampaignSheet, cells["sheet"])
        assert held is not None
        assert (held.products, held.cells) == (2, 2)


def test_the_same_sheet_again_changes_nothing_and_another_takes_its_place(catalogue: Catalogue):
    rows = [{"sku": "wax", "price-EUR": "7"}, {"sku": "laces", "price-EUR": "1"}]
    take(catalogue, catalogue.sheet(*rows), **DATES)

    again = take(catalogue, catalogue.sheet(*reversed(rows)))
    other = take(catalogue, catalogue.sheet({"sku": "wax", "price-EUR": "6"}), label="Less")

    assert again.written.saved[0].status == "unchanged"
    assert catalogue.count("campaign_sheet") == 2
    assert other.written.saved[0].version.version == 2
    assert len(other.document["do"]) == 1
    assert other.document["starts_at"] == DATES["starts_at"]


def test_a_new_campaign_needs_its_dates(catalogue: Catalogue):
    with pytest.raises(Refused) as refusal:
        take(catalogue, catalogue.sheet({"sku": "wax", "price-EUR": "7"}))
    assert {v.path for v in refusal.value.violations} == {"starts_at", "ends_at", "time_zone"}
    assert catalogue.count("campaign_sheet") == 0


def test_a_sheet_without_a_good_row_is_refused_with_its_problems(catalogue: Catalogue):
    with pytest.raises(Refused, match="no row of it can be used") as refusal:
        take(catalogue, catalogue.sheet({"sku": "wax", "price-EUR": "cheap"}), **DATES)
    assert [v.code for v in refusal.value.violations] == ["not_a_number"]


def test_who_may_not_edit_campaigns_stores_no_sheet(catalogue: Catalogue):
    path = catalogue.sheet({"sku": "wax", "price-EUR": "7"})
    projection = Projection(catalogue.settings.projection, catalogue.engine)
    with unit_of_work(catalogue.engine, actor=999_999) as work, pytest.raises(NotPermitted):
        import_campaign(work, projection, current(work.session), "bf", path, changes=DATES)
    assert catalogue.count("campaign_sheet") == 0


def test_many_cells_come_back_as_they_were(catalogue: Catalogue):
    cells = pl.DataFrame(
        {"id": range(1000, 0, -1)},
        schema={"id": pl.Int64},
    ).with_columns(
        attribute=pl.lit("stock"), scope=pl.lit("<all>"), locale=pl.lit("<all>"),
        data=pl.concat_str(pl.lit('"'), pl.col("id").cast(pl.String), pl.lit('"')),
    )  # fmt: skip
    with unit_of_work(catalogue.engine) as work:
        digest = sheets.keep(work, cells)
        assert sheets.keep(work, cells.sort("id")) == digest
        assert sheets.frame(work.session, digest).equals(cells.sort("id"))
        assert sheets.frame(work.session, "none").is_empty()
