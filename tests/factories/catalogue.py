"""A small shoe catalogue in a real database, from flat files, and what tests do with it."""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Engine

from pim.db.unit_of_work import unit_of_work
from pim.domain.structure import Structure
from pim.domain.values import Cell, get
from pim.products.history import HistoryEntry, find_entity, product_history
from pim.products.undo import Undone, undo
from pim.settings import Settings
from pim.staging.imports import ImportOptions, ImportResult, ImportRun
from pim.structure.queries import current
from pim.structure.seeds import seed

Row = Mapping[str, str]

STRUCTURE: Mapping[str, str] = {
    "currencies": "code;activated\nEUR;1\nGBP;1\nJPY;1\n",
    "attribute_groups": "code;label-en_GB\ngeneral;General\nmedia;Media\n",
    "association_types": (
        "code;label-en_GB;is_two_way;is_quantified\n"
        "X_SELL;Cross sell;0;0\nPAIR;Goes with;1;0\nPACK;Pack;0;1\n"
    ),
    "group_types": "code\nRELATED\n",
    "groups": "code;type;label-en_GB\nsale;RELATED;Sale\nnew;RELATED;New\n",
    "categories": (
        "code;parent;label-en_GB\n"
        "master;;Master\nwomen;master;Women\nboots;women;Boots\nmen;master;Men\noutlet;master;Outlet\n"
    ),
    "attributes": (
        "code;type;group;unique;localizable;scopable;available_locales;decimals_allowed;"
        "negative_allowed;metric_family;default_metric_unit;max_characters;label-en_GB\n"
        "sku;pim_catalog_identifier;general;1;0;0;;;;;;40;SKU\n"
        "name;pim_catalog_text;general;0;1;0;;;;;;60;Name\n"
        "description;pim_catalog_textarea;general;0;1;1;;;;;;;Description\n"
        "brand;pim_catalog_simpleselect;general;0;0;0;;;;;;;Brand\n"
        "color;pim_catalog_simpleselect;general;0;0;0;;;;;;;Colour\n"
        "size;pim_catalog_simpleselect;general;0;0;0;;;;;;;Size\n"
        "materials;pim_catalog_multiselect;general;0;0;0;;;;;;;Materials\n"
        "price;pim_catalog_price_collection;general;0;0;0;;1;;;;;Price\n"
        "offer;pim_catalog_price_collection;general;0;0;1;;1;;;;;Offer\n"
        "weight;pim_catalog_metric;general;0;0;0;;1;0;Weight;GRAM;;Weight\n"
        "stock;pim_catalog_number;general;0;0;0;;0;0;;;;Stock\n"
        "heel;pim_catalog_number;general;0;0;0;;1;1;;;;Heel\n"
        "launch;pim_catalog_date;general;0;0;0;;;;;;;Launch\n"
        "vegan;pim_catalog_boolean;general;0;0;0;;;;;;;Vegan\n"
        "ean;pim_catalog_text;general;1;0;0;;;;;;;EAN\n"
        "legal;pim_catalog_text;general;0;1;0;de_DE;;;;;;Legal\n"
        "image;pim_catalog_image;media;0;0;0;;;;;;;Image\n"
        "manual;pim_catalog_file;media;0;0;0;;;;;;;Manual\n"
        "gallery;pim_catalog_asset_collection;media;0;0;0;;;;;;;Gallery\n"
        "spare;pim_catalog_product_link;general;0;0;0;;;;;;;Spare part\n"
    ),
    "attribute_options": (
        "attribute;code;label-en_GB\n"
        "brand;polka;Polka\nbrand;acme;Acme\n"
        "color;black;Black\ncolor;cognac;Cognac\ncolor;navy;Navy\n"
        "size;41;41\nsize;42;42\nsize;43;43\n"
        "materials;leather;Leather\nmaterials;rubber;Rubber\nmaterials;cork;Cork\n"
    ),
    "channels": (
        "code;tree;locales;currencies;label-en_GB\n"
        "web;master;en_GB,de_DE;EUR,GBP;Web\nretail;master;en_GB,ja_JP;EUR,JPY;Retail\n"
    ),
    "families": (
        "code;attributes;attribute_as_label;requirements-web\n"
        "shoes;sku,name,description,brand,color,size,materials,price,offer,weight,stock,heel,"
        "launch,vegan,ean,legal,image,manual,gallery,spare;name;sku,name,price\n"
        "care;sku,name,description,price,ean,stock,vegan;name;sku,name\n"
    ),
    "family_variants": (
        "code;family;variant-axes_1;variant-attributes_1;variant-axes_2;variant-attributes_2;"
        "overridable\n"
        "shoes_by_color_size;shoes;color;color,image,gallery,price,offer;size;"
        "sku,size,ean,stock,weight;price\n"
        "shoes_by_size;shoes;size;sku,size,ean,stock,price;;;\n"
    ),
}

MODELS: Sequence[Row] = (
    {
        "code": "derby",
        "family_variant": "shoes_by_color_size",
        "categories": "women,boots",
        "name-en_GB": "Derby",
        "name-de_DE": "Derbyschuh",
        "description-en_GB-web": "A shoe with\nopen lacing",
        "brand": "polka",
        "materials": "rubber,leather",
        "launch": "2026-03-01",
        "vegan": "0",
        "heel": "-2.50",
        "legal-de_DE": "Echtes Leder",
    },
    {
        "code": "derby-black",
        "parent": "derby",
        "color": "black",
        "price-EUR": "100",
        "price-GBP": "90.50",
    },
    {
        "code": "derby-cognac",
        "parent": "derby",
        "color": "cognac",
        "price-EUR": "120",
        "offer-web-EUR": "99",
    },
    {"code": "moc", "family_variant": "shoes_by_size", "name-en_GB": "Mocassin", "color": "navy"},
)

PRODUCTS: Sequence[Row] = (
    {
        "sku": "DRB-BLK-41",
        "parent": "derby-black",
        "size": "41",
        "ean": "4006381333931",
        "stock": "3",
    },
    {
        "sku": "DRB-BLK-42",
        "parent": "derby-black",
        "size": "42",
        "ean": "4006381333948",
        "stock": "0",
    },
    {
        "sku": "DRB-COG-41",
        "parent": "derby-cognac",
        "size": "41",
        "weight": "812.50",
        "weight-unit": "GRAM",
    },
    {"sku": "MOC-41", "parent": "moc", "size": "41", "price-EUR": "80"},
    {
        "sku": "wax",
        "family": "care",
        "categories": "outlet",
        "groups": "sale,new",
        "name-en_GB": "Wax",
        "price-EUR": "9.95",
        "ean": "4006381333962",
        "vegan": "1",
        "X_SELL-products": "DRB-BLK-41,DRB-BLK-42",
        "X_SELL-product_models": "derby",
        "PACK-products": "MOC-41",
        "PACK-products-quantity": "2",
    },
    {
        "sku": "laces",
        "family": "care",
        "enabled": "0",
        "name-en_GB": "Laces",
        "PAIR-products": "wax",
    },
)


def write_csv(path: Path, rows: Sequence[Row], *, separator: str = ";") -> Path:
    """Write rows under the columns that any of them has."""
    header = list(dict.fromkeys(name for row in rows for name in row))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, header, restval="", delimiter=separator)
        writer.writeheader()
        writer.writerows(rows)
    return path


@dataclass
class Catalogue:
    """A catalogue and its home; every act is a unit of work of its own."""

    engine: Engine
    settings: Settings
    folder: Path
    sheets: int = field(default=0, repr=False)

    def open(self) -> None:
        """Give an empty database the structure."""
        with unit_of_work(self.engine) as work:
            seed(work)
        folder = self.folder / "structure"
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in STRUCTURE.items():
            (folder / f"{name}.csv").write_text(text, encoding="utf-8")
        result = self.take(folder)
        assert not result.violations, result.violations

    def stock(self) -> None:
        """Add the models and products."""
        for entity, rows in (("product_models", MODELS), ("products", PRODUCTS)):
            result = self.rows(entity, *rows)
            assert not result.violations, result.violations

    def sheet(self, *rows: Row, name: str | None = None) -> Path:
        """Write rows to a new CSV file."""
        self.sheets += 1
        self.folder.mkdir(parents=True, exist_ok=True)
        return write_csv(self.folder / (name or f"sheet{self.sheets}.csv"), rows)

    def rows(self, entity: str, *rows: Row, **options: Any) -> ImportResult:
        """Import rows of one entity from a CSV file."""
        return self.take(self.sheet(*rows), entity=entity, **options)

    def take(self, *paths: Path, **options: Any) -> ImportResult:
        """Import files."""
        chosen = ImportOptions(**options)
        with unit_of_work(self.engine, dry_run=chosen.dry_run) as work:
            return ImportRun.begin(work, self.settings, list(paths), chosen).finish()

    @property
    def structure(self) -> Structure:
        """Return the structure."""
        with unit_of_work(self.engine) as work:
            return current(work.session)

    def document(self, name: str) -> dict[str, Any]:
        """Return the row of a product or model."""
        with unit_of_work(self.engine) as work:
            entity = find_entity(work.session, name)
            table = ("product", "product_model")[entity.kind]
            query = sa.text(f"SELECT to_jsonb(e) FROM {table} e WHERE id = :id")
            row: dict[str, Any] = work.session.execute(query, {"id": entity.id}).scalar_one()
            return row

    def value(
        self, name: str, attribute: str, channel: str = "<all>", locale: str = "<all>"
    ) -> Any:
        """Return the data of one cell of a product or model, its own level only."""
        return get(self.document(name)["values"], Cell(attribute, channel, locale))

    def names(self) -> list[str]:
        """Return the names of all products and models."""
        query = "SELECT identifier FROM product UNION ALL SELECT code FROM product_model ORDER BY 1"
        return [row[0] for row in self.query(query)]

    def query(self, statement: str, **parameters: Any) -> list[Any]:
        """Return the rows of a query."""
        with self.engine.begin() as connection:
            return list(connection.execute(sa.text(statement), parameters))

    def execute(self, statement: str, **parameters: Any) -> None:
        """Run a statement and commit."""
        with self.engine.begin() as connection:
            connection.execute(sa.text(statement), parameters)

    def count(self, table: str) -> int:
        """Return how many rows a table has."""
        return int(self.query(f"SELECT count(*) FROM {table}")[0][0])

    def state(self) -> str:
        """Return a hash over all that products and models hold, their times and versions aside."""
        rows = [
            self.query(f"SELECT to_jsonb(e) - 'updated' - 'version' FROM {table} e ORDER BY id")
            for table in ("product", "product_model")
        ]
        unique = self.query("SELECT attribute_id, value, entity_id FROM unique_value ORDER BY 1, 2")
        held = json.dumps([[list(r) for r in part] for part in (*rows, unique)], sort_keys=True)
        return hashlib.sha256(held.encode()).hexdigest()

    def written(self) -> dict[str, int]:
        """Return how many rows the tables have that any write leaves traces in."""
        tables = ("product", "product_model", "history", "change_set", "change_log", "run")
        return {table: self.count(table) for table in (*tables, "import_violation")}

    def undo(self, change_set: int | None, *, dry_run: bool = False) -> Undone:
        """Undo a change set."""
        assert change_set is not None
        with unit_of_work(self.engine, dry_run=dry_run) as work:
            return undo(work, change_set, current(work.session))

    def history(self, name: str, **options: Any) -> list[HistoryEntry]:
        """Return what happened to a product or model, the newest first."""
        with unit_of_work(self.engine) as work:
            entity = find_entity(work.session, name)
            return product_history(work.session, entity.id, current(work.session), **options)
