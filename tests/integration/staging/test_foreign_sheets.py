"""A shop's and a supplier's own sheets become models and variants, without code."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from sqlalchemy import select

from pim.db.unit_of_work import Work
from pim.products.models import Product, ProductModel
from pim.settings import Settings
from pim.staging.imports import ImportOptions, ImportResult, ImportRun
from pim.staging.profiles import save, suggest
from pim.structure.queries import current

STRUCTURE: Mapping[str, str] = {
    "locales": "code\nen_GB\nru_RU\n",
    "currencies": "code;activated\nEUR;1\nRUB;1\n",
    "attribute_groups": "code;label-en_GB\ngeneral;General\n",
    "categories": "code;parent\nmaster;\n",
    "channels": "code;locales;currencies;tree\nweb;en_GB,ru_RU;EUR,RUB;master\n",
    "attributes": (
        "type;code;group;localizable;scopable;unique;label-en_GB;label-ru_RU;decimals_allowed\n"
        "pim_catalog_identifier;sku;general;0;0;1;SKU;Артикул;\n"
        "pim_catalog_text;name;general;1;0;0;Name;Наименование;\n"
        "pim_catalog_textarea;description;general;1;1;0;Description;Описание;\n"
        "pim_catalog_simpleselect;brand;general;0;0;0;Brand;Бренд;\n"
        "pim_catalog_simpleselect;color;general;0;0;0;Colour;Цвет;\n"
        "pim_catalog_simpleselect;size;general;0;0;0;Size;Размер;\n"
        "pim_catalog_price_collection;price;general;0;0;0;Price;Цена;1\n"
        "pim_catalog_text;ean;general;0;0;1;EAN;Штрихкод;\n"
    ),
    "attribute_options": (
        "attribute;code;label-en_GB;label-ru_RU\n"
        "brand;polka;Polka;Полька\n"
        "color;black;Black;Чёрный\n"
        "size;41;41;41\n"
        "size;42;42;42\n"
    ),
    "families": (
        "code;attributes;attribute_as_label\n"
        "shoes;sku,name,description,brand,color,size,price,ean;name\n"
    ),
    "family_variants": (
        "code;family;variant-axes_1;variant-attributes_1;variant-axes_2;variant-attributes_2\n"
        "shoes_by_color_size;shoes;color;color;size;sku,size,price,ean\n"
    ),
}

SHOPIFY = """\
Handle,Title,Body (HTML),Vendor,Option1 Name,Option1 Value,Option2 Name,Option2 Value,\
Variant SKU,Variant Price,Variant Barcode,Image Src
derby,Derby shoe,<p>Fine leather</p>,Polka,Colour,Black,Size,41,\
'DRB-BLK-41,129.00,'4006381333931,https://example.com/1.jpg
derby,,,,,Black,,42,'DRB-BLK-42,129.00,,
derby,,,,,Cognac,,41,'DRB-COG-41,139.00,,
derby,,,,,,,,,,,https://example.com/2.jpg
"""


class Shop:
    """A catalogue that takes in files."""

    def __init__(self, work: Work, settings: Settings) -> None:
        self.work = work
        self.settings = settings

    def take(self, path: Path, profile: str | None = None) -> ImportResult:
        """Import a file or folder."""
        options = ImportOptions(profile=profile)
        return ImportRun.begin(self.work, self.settings, [path], options).finish()

    def suggested(self, path: Path, code: str, *, creating: str) -> dict[str, Any]:
        """Save what is suggested for a sheet, with one column that may bring new options."""
        document = suggest(path, current(self.work.session), code=code).document
        document["columns"][creating]["create_options"] = True
        save(self.work, document)
        return document

    def parents(self) -> dict[str | None, str | None]:
        """Return the code of each product's model by its identifier."""
        models = {m.id: m.code for m in self.work.session.scalars(select(ProductModel))}
        products = self.work.session.scalars(select(Product))
        return {p.identifier: models.get(p.parent_id or 0) for p in products}


@pytest.fixture
def shop(work: Work, settings: Settings, tmp_path: Path) -> Shop:
    """Return a shop with the structure of shoes, from flat files."""
    folder = tmp_path / "structure"
    folder.mkdir()
    for name, text in STRUCTURE.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    made = Shop(work, settings)
    result = made.take(folder)
    assert result.counts.rejected == 0, result.violations
    return made


def test_a_shops_export_becomes_models_and_variants(shop: Shop, tmp_path: Path) -> None:
    path = tmp_path / "shopify.csv"
    path.write_text(SHOPIFY, encoding="utf-8")
    shop.suggested(path, "shopify", creating="Option1 Value")

    first = shop.take(path, "shopify")
    second = shop.take(path, "shopify")

    assert first.counts.rejected == 0, first.violations
    assert shop.parents() == {
        "DRB-BLK-41": "derby-black",
        "DRB-BLK-42": "derby-black",
        "DRB-COG-41": "derby-cognac",
    }
    assert (first.counts.created, second.counts.created, second.counts.updated) == (6, 0, 0)
    assert second.counts.unchanged == 6


def test_a_suppliers_workbook_updates_and_adds(shop: Shop, tmp_path: Path) -> None:
    path = tmp_path / "Прайс.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet()
        header = ["Модель", "Артикул", "Наименование", "Бренд", "Цвет", "Размер", "Цена, руб."]
        sheet.write_row(0, 0, header)
        sheet.write_row(1, 0, ["D-1", "D-1-41", "Туфли дерби", "Полька", "чёрный", 41, 12990.5])
        sheet.write_row(2, 0, ["D-1", "D-1-42", "Туфли дерби", "Полька", "чёрный", 42, 12990.5])
        sheet.write_row(3, 0, ["D-1", "D-1-50", "Туфли дерби", "Полька", "чёрный", 50, 12990.5])
    shop.suggested(path, "supplier", creating="Цвет")

    result = shop.take(path, "supplier")

    assert shop.parents() == {"D-1-41": "D-1-black", "D-1-42": "D-1-black"}
    [refused] = [v for v in result.violations if v["severity"] == "error"]
    assert (refused["row"], refused["code"]) == (4, "unknown_option")
    [product] = shop.work.session.scalars(select(Product).where(Product.identifier == "D-1-41"))
    assert product.values["price"] == {"<all>": {"<all>": {"RUB": "12990.5"}}}
