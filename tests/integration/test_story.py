"""The main job on a real catalogue: a feed, a supplier's workbook, a bulk edit, and back again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from channels.feeds.service import apply_feed
from channels.models import Publication
from channels.publication.publish import PublishOptions
from channels.publication.service import publish_feed
from pim.db.unit_of_work import unit_of_work
from pim.editing.bulk import BulkEdit
from pim.products.undo import undo
from pim.projection import Projection
from pim.settings import Settings
from pim.staging.imports import ImportResult
from pim.structure.queries import current
from pim.structure.seeds import seed
from tests.factories.catalogue import Catalogue

FEED = {
    "code": "shop",
    "label": "Shop",
    "channel": "ecommerce",
    "locale": "en_US",
    "currency": "EUR",
    "exporter": "csv_feed",
    "mapping": {
        "sku": "sku",
        "name": {"from": "name"},
        "price": {"from": "price", "steps": [{"type": "price_format"}]},
        "size": {"from": "size", "steps": [{"type": "option_label"}]},
        "ean": "ean",
        "composition": "composition",
    },
}

SHEET: list[list[Any]] = [
    ["sku", "parent", "color", "size", "ean", "composition"],
    [1111111111, "amor", "blue", "xxl", "1234567890123", "Wool"],  # updated
    [1111111112, "amor", "blue", "xl", 1234567890124, ""],  # as it is
    [1111111901, "amor", "blue", "xxxl", "1234567890901", "Wool"],  # new
    [1111111902, "amor", "blue", "xxs", "1234567890124", "Wool"],  # the EAN of row 3
    [1111111903, "amor", "blue", "xxxxl", "1234567890903", "Wool"],  # no such size
]


@dataclass
class Teller:
    """Does what the story tells, each step in a unit of work of its own."""

    catalogue: Catalogue
    projection: Projection

    def publish(self) -> tuple[Publication, bytes]:
        """Publish the feed; return the publication and the file."""
        settings = self.catalogue.settings
        with unit_of_work(self.catalogue.engine) as work:
            options = PublishOptions()
            published = publish_feed(work, settings, self.projection, "shop", options)
        assert published.state == "published", published.reasons
        return published, (settings.feeds / "shop" / "current" / "products.csv").read_bytes()

    def cheaper(self, model: str) -> int:
        """Take a fifth off the price of one model; return the change set."""
        where = {"field": "parent", "operator": "=", "value": model}
        do = [{"type": "calculate", "field": "price", "percent": -20}]
        with unit_of_work(self.catalogue.engine) as work:
            structure = current(work.session)
            edit = BulkEdit(work, self.projection, structure, where, do).run()
        assert edit.change_set is not None
        return edit.change_set


@pytest.fixture
def folder(shared_data: Path) -> Path:
    """Return the folder of the real catalogue."""
    return shared_data / "akeneo" / "catalog_modeling"


@pytest.fixture
def teller(engine: Any, settings: Settings, tmp_path: Path, folder: Path) -> Iterator[Teller]:
    """Return the real catalogue, imported into a fresh database, with a feed."""
    with unit_of_work(engine) as work:
        seed(work)
    catalogue = Catalogue(engine, settings, tmp_path)
    loaded = catalogue.take(folder)
    assert created(loaded) == {"product_models.csv": 80, "products.csv": 242}
    with unit_of_work(engine) as work:
        apply_feed(work, FEED, current(work.session))
    projection = Projection(settings.projection, engine)
    yield Teller(catalogue, projection)
    projection.close()


def created(result: ImportResult) -> dict[str, int]:
    """Return how many models and products an import created."""
    wanted = ("product_models.csv", "products.csv")
    return {
        Path(n).name: c.created for n, c in sorted(result.files.items()) if Path(n).name in wanted
    }


def workbook(path: Path) -> Path:
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(SHEET):
            sheet.write_row(number, 0, row)
    return path


def test_the_story_of_a_supplier_a_sale_and_a_change_of_mind(
    teller: Teller, tmp_path: Path
) -> None:
    catalogue = teller.catalogue
    path = workbook(tmp_path / "products.xlsx")

    predicted = catalogue.take(path, dry_run=True)
    imported = catalogue.take(path)

    for result in (predicted, imported):
        counts = result.counts
        assert (counts.rows, counts.rejected) == (5, 2)
        assert (counts.created, counts.updated, counts.unchanged) == (1, 1, 1)
        taken, unknown = (v for v in result.violations if v["severity"] == "error")
        assert (taken["row"], taken["column"], taken["code"]) == (5, "ean", "unique_taken")
        assert '"1111111112"' in taken["message"]
        assert (unknown["row"], unknown["column"], unknown["code"]) == (6, "size", "unknown_option")
        assert '"xxxxl"' in unknown["message"]
    assert catalogue.value("1111111111", "composition") == "Wool"
    assert "1111111901" in catalogue.names()

    first, bytes_of_first = teller.publish()
    assert first.items == 243
    assert b"1111111901,Heritage jacket navy,999.00 EUR," in bytes_of_first

    change_set = teller.cheaper("amor")
    second, bytes_of_second = teller.publish()
    reached = bytes_of_second.count(b"799.20 EUR")
    assert reached == bytes_of_first.count(b"Heritage jacket navy")
    assert (second.added, second.changed, second.removed) == (0, reached, 0)

    with unit_of_work(catalogue.engine) as work:
        undone = undo(work, change_set, current(work.session))
    assert (undone.restored, undone.kept) == (1, 0)

    third, bytes_of_third = teller.publish()
    assert third.changed == reached
    assert bytes_of_third == bytes_of_first


def test_a_second_import_of_the_catalogue_changes_nothing(teller: Teller, folder: Path) -> None:
    state = teller.catalogue.state()

    again = teller.catalogue.take(folder)

    assert (again.counts.created, again.counts.updated, again.change_set) == (0, 0, None)
    assert teller.catalogue.state() == state
