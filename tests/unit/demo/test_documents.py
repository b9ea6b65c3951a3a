"""Feeds as documents, and the supplier's faulty update."""

from __future__ import annotations

import csv

import pytest
from openpyxl import load_workbook

from channels.feeds.schemas import FeedSchema
from exporters.contract import load_exporters, parse_options
from pim.demo.codes import check_digit
from pim.demo.faulty import write_faulty
from pim.demo.feeds import feed_documents

FEEDS = {document["code"]: document for document in feed_documents()}


def test_there_are_feeds_of_every_exporter_and_every_level_of_detail():
    assert len(FEEDS) >= 6
    assert {d["exporter"] for d in FEEDS.values()} == set(load_exporters())
    assert {d["level"] for d in FEEDS.values()} == {"product", "colourway"}
    assert {d["currency"] for d in FEEDS.values()} == {"GBP", "EUR", "RUB", "JPY"}


@pytest.mark.parametrize("code", FEEDS)
def test_a_feed_is_a_valid_document_of_an_exporter_that_exists(code):
    document = FEEDS[code]
    exporter = load_exporters()[document["exporter"]]

    assert FeedSchema().load(document)["code"] == code
    options = parse_options(exporter.options, document["options"])
    assert exporter.item_id(options) in document["mapping"]


def test_a_faulty_update_is_the_same_in_both_formats_and_names_each_fault(tmp_path):
    write_faulty(tmp_path)

    with (tmp_path / "supplier_update.csv").open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file, delimiter=";")
    book = load_workbook(tmp_path / "supplier_update.xlsx")
    sheet = [[str(c) if c is not None else "" for c in row] for row in book.active.values]

    assert sheet[0] == header
    assert len(sheet) == len(rows) + 1
    assert all(row[-1] for row in rows)
    assert len({row[-1] for row in rows}) >= 25
    assert not any("{" in cell for row in rows for cell in row)


def test_a_faulty_update_speaks_of_products_that_the_catalogue_has(tmp_path, catalogue):
    write_faulty(tmp_path)
    known = catalogue.codes("products", "sku")
    eans = {row["sku"]: row["ean"] for row in catalogue["products"]}

    with (tmp_path / "supplier_update.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter=";"))
    by_remark = {row["supplier_remark"]: row for row in rows}

    assert all(row["sku"] in known or row["sku"][:3] in ("NEW", "") for row in rows)
    same = by_remark["fine: nothing changes"]
    assert same["ean"] == eans[same["sku"]]
    clash = by_remark["the EAN of another SKU"]
    assert clash["ean"] in eans.values()
    assert clash["ean"] != eans[clash["sku"]]
    assert all(check_digit(r["ean"][:12]) == r["ean"][12] for r in rows if len(r["ean"]) == 13)
