"""The demo goes the whole way: import, feeds, a new line, a faulty update."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from channels.feeds.service import apply_feed
from channels.models import Publication
from channels.publication.publish import PublishOptions
from channels.publication.service import publish_feed
from pim.db.unit_of_work import Work
from pim.demo.feeds import feed_documents
from pim.projection import Projection
from pim.settings import Settings
from pim.staging.imports import ImportOptions, ImportResult, ImportRun
from pim.structure import queries
from pim.structure.seeds import seed


class Shop:
    """A fresh installation with the verbs of this story."""

    def __init__(self, work: Work, settings: Settings, projection: Projection) -> None:
        self.work = work
        self.settings = settings
        self.projection = projection

    def load(self, path: Path) -> ImportResult:
        return ImportRun.begin(self.work, self.settings, [path], ImportOptions()).finish()

    def apply_feeds(self) -> None:
        structure = queries.current(self.work.session)
        for document in feed_documents():
            apply_feed(self.work, document, structure)
        self.work.commit()

    def publish(self, code: str) -> Publication:
        options = PublishOptions()
        return publish_feed(self.work, self.settings, self.projection, code, options)

    def column(self, code: str, file: str, column: str) -> set[str]:
        path = self.settings.feeds / code / "current" / file
        with path.open(encoding="utf-8", newline="") as opened:
            return {row[column] for row in csv.DictReader(opened, delimiter=";")}


@pytest.fixture
def shop(engine, work, settings) -> Shop:
    seed(work)
    return Shop(work, settings, Projection(settings.projection, engine))


def faults(result: ImportResult) -> list[str]:
    return [f"{v['file']} {v['row']} {v['column']}: {v['message']}" for v in result.violations]


def created(result: ImportResult, name: str) -> int:
    return sum(counts.created for file, counts in result.files.items() if file.endswith(name))


def test_the_demo_is_imported_whole_and_each_feed_reports_what_was_planted(shop, folders):
    loaded = shop.load(folders["catalogue"])
    shop.apply_feeds()
    published = {document["code"]: shop.publish(document["code"]) for document in feed_documents()}
    rules = {code: {rule["rule"] for rule in p.report} for code, p in published.items()}

    assert faults(loaded) == []
    assert loaded.counts.rejected == 0
    assert created(loaded, "products.csv") > 2000
    assert {p.state for p in published.values()} == {"published"}
    assert min(p.items for p in published.values()) > 200
    assert "couleur.unmapped" in rules["marketplace_fr"]
    assert rules["google_en_gb"] >= {
        "title.max_length", "description.required", "image_link.required", "price.required",
        "price.above", "brand.required_when", "age_group.required_when", "gtin.check_digit",
        "sale_price.below_price",
    }  # fmt: skip


def test_a_new_line_comes_from_files_alone_and_appears_in_a_feed_by_condition(shop, folders):
    shop.load(folders["catalogue"])
    shop.apply_feeds()
    before = shop.publish("kids_marketplace").items

    line = shop.load(folders["kids"])
    after = shop.publish("kids_marketplace")

    assert faults(line) == []
    assert line.counts.rejected == 0
    assert after.items == before + created(line, "products.csv")
    assert "190001" in shop.column("kids_marketplace", "kinder.csv", "stil")


@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
def test_a_faulty_update_goes_through_where_it_is_right_and_names_each_fault(shop, folders, suffix):
    shop.load(folders["catalogue"])

    result = shop.load(folders["faulty"] / f"supplier_update.{suffix}")

    found = {v["row"]: v["code"] for v in result.violations}
    assert (result.counts.created, result.counts.unchanged) == (1, 2)
    assert result.counts.rejected == 24
    assert found.keys() >= {5, *range(7, 15), *range(16, 32)}
    assert found[14] == "wrong_level"
    assert found[29] == "axis_taken"
