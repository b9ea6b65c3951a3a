"""A small shoe shop on a fresh database, with a feed to publish."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from pim.db.unit_of_work import unit_of_work
from pim.editing.bulk import BulkEdit, BulkResult
from pim.products.undo import undo
from pim.projection import Projection
from pim.settings import Settings
from pim.staging.imports import ImportResult
from pim.structure.queries import current
from pim.structure.seeds import seed
from tests.factories.publisher import Publisher

FILES = {
    "currencies.csv": "code;activated\nEUR;1\nGBP;1\n",
    "attribute_groups.csv": "code;label-en_GB\nall;All\n",
    "categories.csv": "code;parent;label-en_GB\nmaster;;Master\nboots;master;Boots\n",
    "channels.csv": "code;tree;locales;currencies\nweb;master;en_GB,de_DE;EUR,GBP\n",
    "attributes.csv": (
        "code;type;group;unique;localizable;scopable\n"
        "sku;pim_catalog_identifier;all;1;0;0\n"
        "name;pim_catalog_text;all;0;1;0\n"
        "price;pim_catalog_price_collection;all;0;0;0\n"
        "colour;pim_catalog_simpleselect;all;0;0;0\n"
        "size;pim_catalog_simpleselect;all;0;0;0\n"
        "stock;pim_catalog_number;all;0;0;0\n"
    ),
    "attribute_options.csv": (
        "attribute;code;label-en_GB\ncolour;red;Red\ncolour;blue;Blue\n"
        + "".join(f"size;{n};{n}\n" for n in range(36, 46))
    ),
    "families.csv": (
        "code;attributes;attribute_as_label;requirements-web\n"
        "shoes;sku,name,price,colour,size,stock;name;sku,name,price\n"
    ),
    "family_variants.csv": (
        "code;family;variant-axes_1;variant-axes_2;variant-attributes_1;variant-attributes_2\n"
        "shoes_colour_size;shoes;colour;size;colour,price;size,stock,sku\n"
    ),
    "product_models.csv": (
        "code;family_variant;parent;categories;name-en_GB;name-de_DE;colour;price-EUR;price-GBP\n"
        "derby;shoes_colour_size;;boots;Derby;Derbyschuh;;;\n"
        "derby-red;shoes_colour_size;derby;;;;red;100;90\n"
        "derby-blue;shoes_colour_size;derby;;;;blue;120;\n"
    ),
    "products.csv": (
        "sku;parent;family;size;stock;name-en_GB;price-EUR\n"
        + "".join(f"derby-red-{n};derby-red;;{n};{n - 36};;\n" for n in range(36, 41))
        + "".join(f"derby-blue-{n};derby-blue;;{n};5;;\n" for n in range(36, 41))
        + "laces;;shoes;;9;Laces;3.50\n"
    ),
}

FEED: dict[str, Any] = {
    "code": "shop",
    "label": "Shop",
    "channel": "web",
    "locale": "en_GB",
    "currency": "EUR",
    "exporter": "csv_feed",
    "mapping": {
        "sku": "sku",
        "name": {"from": "name"},
        "price": {"from": "price", "steps": [{"type": "price_format"}]},
        "colour": {"from": "colour", "steps": [{"type": "option_label"}]},
        "stock": "stock",
    },
}


class Shop(Publisher):
    """What a test does with the shop."""

    DOCUMENT = FEED

    def __init__(self, engine: Engine, settings: Settings) -> None:
        self.engine = engine
        self.settings = settings
        self.projection = Projection(settings.projection, engine)

    def load(self, files: dict[str, str], folder: Path) -> ImportResult:
        """Import flat files."""
        return self.load_into(folder, files)

    def bulk(self, where: dict[str, Any], *do: dict[str, Any]) -> BulkResult:
        """Edit products in bulk."""
        with unit_of_work(self.engine) as work:
            structure = current(work.session)
            return BulkEdit(work, self.projection, structure, where, list(do)).run()

    def undo(self, change_set: int | None) -> None:
        """Undo a change set."""
        with unit_of_work(self.engine) as work:
            undo(work, change_set or 0, current(work.session))

    def folder(self, pointer: str = "current", code: str = "shop") -> Path:
        """Return a pointer of a feed."""
        return self.settings.feeds / code / pointer

    def text(self, pointer: str = "current", code: str = "shop") -> str:
        """Return the published file."""
        return (self.folder(pointer, code) / "products.csv").read_text(encoding="utf-8")


@pytest.fixture
def shop(engine: Engine, settings: Settings, tmp_path: Path) -> Iterator[Shop]:
    """Return the shop with its feed, not published yet."""
    with unit_of_work(engine) as work:
        seed(work)
    opened = Shop(engine, settings)
    loaded = opened.load(FILES, tmp_path / "shop")
    assert not loaded.violations
    opened.feed()
    yield opened
    opened.projection.close()
