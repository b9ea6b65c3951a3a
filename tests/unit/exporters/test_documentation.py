"""Every exporter has a page that says what its code says."""

from __future__ import annotations

from pathlib import Path

import pytest

from exporters import documentation
from exporters.contract import Exporter, describe_options, load_exporters
from exporters.csv_feed import CsvFeed
from exporters.google_merchant import GoogleMerchant
from exporters.json_lines import JsonLines
from exporters.shopify import Shopify
from exporters.xlsx_sheet import XlsxSheet
from exporters.yandex_market import YandexMarket

FORMATS = Path(__file__).parents[3] / "docs" / "formats"
BUILT_IN = [GoogleMerchant(), YandexMarket(), Shopify(), CsvFeed(), XlsxSheet(), JsonLines()]


@pytest.fixture(params=BUILT_IN, ids=lambda exporter: exporter.code)
def exporter(request) -> Exporter:
    return request.param


def test_the_built_in_exporters_come_through_the_door_of_strangers():
    found = load_exporters()
    assert {each.code: type(found.get(each.code)) for each in BUILT_IN} == {
        each.code: type(each) for each in BUILT_IN
    }


def test_the_tables_of_a_page_are_the_exporters_own(exporter):
    page = (FORMATS / f"{exporter.code}.md").read_text(encoding="utf-8")
    assert documentation.refreshed(page, exporter) == page


def test_every_option_and_rule_stands_in_the_page(exporter):
    page = (FORMATS / f"{exporter.code}.md").read_text(encoding="utf-8")
    options = describe_options(exporter.options)["properties"]
    rules = exporter.requirements(exporter.options()).rules()
    wanted = [*options, *(rule.code for rule in rules)]
    assert [name for name in wanted if f"`{name}`" not in page] == []


def test_the_index_names_every_exporter(exporter):
    assert f"]({exporter.code}.md)" in (FORMATS / "README.md").read_text(encoding="utf-8")


def test_a_page_without_marks_is_a_mistake(exporter):
    with pytest.raises(ValueError, match="needs the marks"):
        documentation.refreshed("# A page", exporter)
