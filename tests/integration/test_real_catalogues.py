"""Two real catalogues go the whole way: in, unchanged, out through every exporter, in again."""

from __future__ import annotations

import csv
import gzip
import json
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from lxml import etree
from sqlalchemy import Engine, select

from channels.feeds.service import apply_feed
from channels.models import Publication
from channels.publication.publish import PublishOptions
from channels.publication.service import publish_feed
from pim.db.engine import create_engine
from pim.db.unit_of_work import unit_of_work, utc_now
from pim.products.documents import flatten
from pim.products.models import Product
from pim.projection import Projection
from pim.settings import Settings
from pim.staging.exports import ExportOptions, export
from pim.staging.imports import ImportOptions, ImportResult, ImportRun
from pim.staging.models import ImportViolation
from pim.structure.flat import ENTITIES
from pim.structure.queries import current
from pim.structure.seeds import seed
from tests.factories.flat_files import FlatFiles

pytestmark = pytest.mark.shared

MEDIA = "https://media.example"
SHOP = "https://shop.example/"
GOOGLE = "{http://base.google.com/ns/1.0}"
SYSTEM = {"sku", "family", "groups", "categories", "enabled", "parent"}


@dataclass(frozen=True, kw_only=True)
class Catalogue:
    """What a folder holds by its own count, and which of its columns a feed shows."""

    folder: str
    products: int
    models: int
    name: str
    descriptions: tuple[str, ...]
    pictures: tuple[str, ...]
    findings: dict[tuple[str, str, str], int]


CATALOGUES = (
    Catalogue(
        folder="catalog_modeling",
        products=242,
        models=80,
        name="name-en_US",
        descriptions=("description-en_US-ecommerce",),
        pictures=("variation_image", "image"),
        findings={
            ("association_types.csv", "row_short", "warning"): 1,
            ("product_models.csv", "wrong_level", "warning"): 16,
            ("products.csv", "wrong_level", "warning"): 123,
        },
    ),
    Catalogue(
        folder="icecat_demo_dev",
        products=1239,
        models=81,
        name="name",
        descriptions=("description-en_US-ecommerce", "description-en_US-print"),
        pictures=("variation_image", "image", "picture"),
        findings={
            ("product_models.csv", "wrong_level", "warning"): 15,
            ("products.csv", "wrong_level", "warning"): 113,
        },
    ),
)


class House:
    """An installation that takes catalogues in and publishes them."""

    def __init__(self, engine: Engine, settings: Settings) -> None:
        self.engine = engine
        self.settings = settings
        self.projection = Projection(settings.projection, engine)
        with unit_of_work(engine) as work:
            seed(work)

    def load(self, *paths: Path) -> ImportResult:
        with unit_of_work(self.engine) as work:
            return ImportRun.begin(work, self.settings, list(paths), ImportOptions()).finish()

    def findings(self, run: int | None) -> Counter[tuple[str, str, str]]:
        query = select(ImportViolation).where(ImportViolation.run_id == run)
        with unit_of_work(self.engine) as work:
            found = work.session.scalars(query)
            return Counter((Path(v.file).name, v.code, v.severity) for v in found)

    def publish(self, document: dict[str, Any]) -> Publication:
        with unit_of_work(self.engine) as work:
            code = apply_feed(work, document, current(work.session)).feed.code
            work.commit()
            return publish_feed(work, self.settings, self.projection, code, PublishOptions())

    def file(self, document: dict[str, Any], name: str) -> Path:
        return self.settings.feeds / document["code"] / "current" / name

    def export(self, folder: Path) -> Path:
        folder.mkdir()
        self.projection.refresh()
        with unit_of_work(self.engine) as work:
            structure = current(work.session)
            for entity in [each.code for each in ENTITIES]:
                path = folder / f"{entity}.csv"
                export(
                    work.session, structure, self.projection, entity, path, ExportOptions(),
                    now=utc_now(),
                )  # fmt: skip
        return folder


@pytest.fixture(params=CATALOGUES, ids=lambda catalogue: catalogue.folder)
def catalogue(request: pytest.FixtureRequest) -> Catalogue:
    chosen: Catalogue = request.param
    return chosen


@pytest.fixture
def source(shared_data: Path, catalogue: Catalogue) -> FlatFiles:
    return FlatFiles(shared_data / "akeneo" / catalogue.folder)


@pytest.fixture
def house(engine: Engine, settings: Settings) -> Iterator[House]:
    opened = House(engine, settings)
    yield opened
    opened.projection.close()


def counts(result: ImportResult, name: str) -> tuple[int, int, int]:
    found = next(c for file, c in result.files.items() if Path(file).name == name)
    return found.created, found.updated, found.unchanged


def test_everything_is_created_and_a_second_time_nothing_changes(
    house: House, catalogue: Catalogue, source: FlatFiles
) -> None:
    first = house.load(source.folder)
    second = house.load(source.folder)

    assert counts(first, "products.csv") == (catalogue.products, 0, 0)
    assert counts(first, "product_models.csv") == (catalogue.models, 0, 0)
    assert house.findings(first.run) == catalogue.findings
    assert (second.counts.created, second.counts.updated) == (0, 0)
    assert second.counts.unchanged == second.counts.rows - first.counts.rejected
    assert house.findings(second.run) == catalogue.findings


def test_codes_in_other_letters_are_the_same_codes(
    house: House, source: FlatFiles, tmp_path: Path
) -> None:
    house.load(source.folder)
    rows = [
        {
            "sku": sku.upper(),
            "parent": row["parent"].swapcase(),
            "family": row["family"].upper(),
            "categories": row["categories"].upper(),
        }
        for sku, row in source.products.items()
    ]
    path = tmp_path / "products.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), delimiter=";")
        writer.writeheader()
        writer.writerows(rows)

    again = house.load(path)

    assert (again.counts.unchanged, again.counts.rejected) == (len(rows), 0), again.violations


def test_what_is_exported_imports_into_another_house_and_then_changes_nothing(
    house: House, source: FlatFiles, tmp_path: Path, server: Any, home: Path
) -> None:
    house.load(source.folder)
    first = house.export(tmp_path / "first")
    same = house.load(first)
    with server.database() as url:
        engine = create_engine(url)
        storage = house.settings.storage.as_uri()
        settings = replace(
            house.settings, home=home / "other", database_url=url, storage_url=storage
        )
        other = House(engine, settings)
        taken = other.load(first)
        second = other.export(tmp_path / "second")
        other.projection.close()
        engine.dispose()

    assert (same.counts.created, same.counts.updated, same.counts.rejected) == (0, 0, 0)
    assert same.counts.warnings == 0
    assert taken.counts.rejected == 0, taken.violations
    for path in first.iterdir():
        assert (second / path.name).read_bytes() == path.read_bytes(), path.name


def feed(catalogue: Catalogue, exporter: str, options: dict[str, Any]) -> dict[str, Any]:
    descriptions: list[Any] = [
        {"field": "description", "scope": column.split("-")[2]} for column in catalogue.descriptions
    ]
    return {
        "code": f"{exporter}_{options.get('format', 'all')}",
        "channel": "ecommerce",
        "locale": "en_US",
        "currency": "EUR",
        "media_base_url": MEDIA,
        "link": SHOP,
        "exporter": exporter,
        "options": options,
        "mapping": {
            "id": "sku",
            "title": "name",
            "description": {"from": descriptions, "steps": [{"type": "coalesce"}]},
            "link": {"from": "sku", "steps": [{"type": "prefix", "value": SHOP}]},
            "image_link": {
                "from": list(catalogue.pictures),
                "steps": [{"type": "coalesce"}, {"type": "image_url"}],
            },
            "availability": {"value": "in_stock"},
            "condition": {"value": "new"},
            "price": {"from": "price", "steps": [{"type": "price_format"}]},
            "color": {"from": "color", "steps": [{"type": "option_label"}]},
            "size": {"from": "size", "steps": [{"type": "option_label"}]},
            "product_type": {"from": "categories", "steps": [{"type": "category_path"}]},
            "item_group_id": "root",
        },
        "guards": {"max_errors_percent": None},
    }


def read_csv(path: Path, separator: str) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter=separator))


def read_json(path: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def read_rss(path: Path) -> list[dict[str, str]]:
    items = etree.parse(path).getroot().iterfind("channel/item")
    return [{e.tag.removeprefix(GOOGLE): e.text or "" for e in item} for item in items]


EXPORTERS: list[tuple[str, dict[str, Any], str, Callable[[Path], list[dict[str, str]]]]] = [
    ("csv_feed", {"item_id": "id"}, "products.csv", lambda path: read_csv(path, ",")),
    ("json_lines", {}, "products.jsonl", read_json),
    ("google_merchant", {"format": "xml"}, "products.xml", read_rss),
    ("google_merchant", {"format": "tsv"}, "products.tsv", lambda path: read_csv(path, "\t")),
]


def expected(catalogue: Catalogue, source: FlatFiles, sku: str) -> dict[str, str]:
    """Return an item as the source's files have it, the category aside."""
    price = source.value(sku, "price-EUR")
    return {
        "id": sku,
        "title": source.value(sku, catalogue.name),
        "description": source.first(sku, *catalogue.descriptions),
        "link": SHOP + sku,
        "image_link": source.image_address(MEDIA, sku, *catalogue.pictures),
        "availability": "in_stock",
        "condition": "new",
        "price": f"{float(price):.2f} EUR" if price else "",
        "color": source.label(sku, "color"),
        "size": source.label(sku, "size"),
        "item_group_id": source.root(sku),
    }


def plain(value: str) -> str:
    """Return text with single spaces: tab-separated text cannot hold its line breaks."""
    return " ".join(value.split())


@pytest.mark.parametrize(
    ("exporter", "options", "name", "read"), EXPORTERS, ids=["csv", "jsonl", "xml", "tsv"]
)
def test_published_values_are_those_of_the_source(
    house: House,
    catalogue: Catalogue,
    source: FlatFiles,
    exporter: str,
    options: dict[str, Any],
    name: str,
    read: Callable[[Path], list[dict[str, str]]],
) -> None:
    house.load(source.folder)
    document = feed(catalogue, exporter, options)

    record = house.publish(document)

    wanted = {sku: expected(catalogue, source, sku) for sku in source.products}
    lacking: Counter[str] = Counter()
    if exporter == "google_merchant":
        needed = ("title", "description", "image_link", "price")
        lacking.update(t for item in wanted.values() for t in needed if not item[t])
        wanted = {s: item for s, item in wanted.items() if all(item[t] for t in needed)}
    found = read(house.file(document, name))
    assert record.state == "published"
    assert len(found) == record.items == len(wanted)
    report = {r["target"]: r["count"] for r in record.report if r["rule"].endswith(".required")}
    assert report == lacking
    for item in found:
        path = item.pop("product_type", "") or ""
        assert path in (source.paths(item["id"], "master") or {""})
        shown = {target: plain(value) for target, value in item.items() if value}
        assert shown == {t: plain(v) for t, v in wanted[item["id"]].items() if v}


def test_an_older_catalogue_loses_no_value(house: House, shared_data: Path, tmp_path: Path) -> None:
    older = shared_data / "akeneo" / "catalogs_small_ce"
    folder = shutil.copytree(older / "fixtures", tmp_path / "older")
    packed = gzip.decompress((older / "products.csv.gz").read_bytes())
    (folder / "products.csv").write_bytes(packed)
    source = FlatFiles(folder)

    first = house.load(folder)
    second = house.load(folder)

    assert counts(first, "products.csv") == (5000, 0, 0)
    assert counts(second, "products.csv") == (0, 0, 5000)
    assert house.findings(first.run) == {
        ("channels.csv", "unknown_column", "warning"): 1,
        ("group_types.csv", "unknown_column", "warning"): 1,
    }
    with unit_of_work(house.engine) as work:
        stored = {
            product.identifier: len(flatten({"values": product.values}))
            for product in work.session.scalars(select(Product))
        }
    for sku, row in source.products.items():
        values = [row[column] for column in row if column not in SYSTEM]
        assert stored[sku] == sum(bool(value.strip()) for value in values), sku
