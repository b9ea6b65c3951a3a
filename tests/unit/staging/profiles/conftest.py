"""A shoe shop's structure, and sheets that a shop and a supplier would send."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from pim.domain.structure import (
    Attribute,
    AttributeOption,
    Channel,
    Codes,
    Currency,
    Family,
    FamilyVariant,
    Locale,
    Structure,
    VariantLevel,
)

SHOPIFY = """\
Handle,Title,Body (HTML),Vendor,Tags,Published,Option1 Name,Option1 Value,Option2 Name,\
Option2 Value,Variant SKU,Variant Price,Variant Barcode,Image Src,Image Alt Text
derby,Derby shoe,"<p>Fine ""calf"" leather</p>",Polka,"classic, men",true,Color,Black,Size,41,\
'DRB-BLK-41,129.00,'4006381333931,derby-1.jpg,front
derby,,,,,,,Black,,42,'DRB-BLK-42,129.00,,derby-2.jpg,side
derby,,,,,,,Cognac,,41,'DRB-COG-41,139.00,,,
derby,,,,,,,,,,,,,derby-3.jpg,sole
care-kit,Care kit,<p>Brush and cream</p>,Polka,care,true,Title,Default Title,,,\
'CARE-1,19.00,,kit.jpg,
"""

SUPPLIER = (
    ("Модель", "Артикул", "Наименование", "Бренд", "Цвет", "Размер", "Цена, руб.", "Штрихкод"),
    ("D-100", "D-100-41", "Туфли дерби", "Полька", "чёрный", 41, 12990.5, "4006381333931"),
    ("D-100", "D-100-42", "Туфли дерби", "Полька", "черный", 42, 12990.5, "4006381333948"),
    ("D-200", "D-200-41", "Лоферы", "Полька", "Бордовый", 41, 9990, ""),
)


def _attribute(
    code: str, kind: str, *, labels: dict[str, str] | None = None, **more: Any
) -> Attribute:
    labels = {"en_GB": code.replace("_", " ").capitalize(), **(labels or {})}
    kind = f"pim_catalog_{kind}"
    return Attribute(id=hash(code), code=code, type=kind, group="g", labels=labels, **more)


def _options(attribute: str, **labels: str) -> Codes[AttributeOption]:
    return Codes(
        AttributeOption(id=n, attribute=attribute, code=code.lstrip("_"), labels={"ru_RU": label})
        for n, (code, label) in enumerate(labels.items())
    )


@pytest.fixture(scope="session")
def structure() -> Structure:
    """Return a shop with shoes that vary by size, or by colour and then size."""
    sizes = {f"_{n}": str(n) for n in range(36, 48)}
    attributes = (
        _attribute("sku", "identifier"),
        _attribute("name", "text", localizable=True, labels={"ru_RU": "Наименование"}),
        _attribute("description", "textarea", localizable=True, scopable=True),
        _attribute("brand", "simpleselect", options=_options("brand", polka="Полька")),
        _attribute(
            "color", "simpleselect", options=_options("color", black="Чёрный", cognac="Коньячный")
        ),
        _attribute("size", "simpleselect", options=_options("size", **sizes)),
        _attribute("tags", "multiselect", options=_options("tags", classic="Классика")),
        _attribute("price", "price_collection"),
        _attribute("weight", "metric", properties={"default_metric_unit": "GRAM"}),
        _attribute("ean", "text", unique=True),
        _attribute("pictures", "asset_collection"),
        _attribute("waterproof", "boolean"),
    )
    by_size = VariantLevel(axes=("size",), attributes=frozenset({"size", "sku", "ean", "price"}))
    shop = Channel(
        id=1, code="web", locales=("en_GB", "ru_RU"), currencies=("EUR", "RUB"), tree="master"
    )
    return Structure(
        attributes=Codes(attributes),
        families=Codes([
            Family(id=1, code="shoes", attributes=tuple(each.code for each in attributes))
        ]),
        family_variants=Codes([
            FamilyVariant(
                id=1, code="shoes_by_color_size", family="shoes",
                levels=(
                    VariantLevel(axes=("color",), attributes=frozenset({"color", "pictures"})),
                    by_size,
                ),
            ),
            FamilyVariant(
                id=2, code="shoes_by_size", family="shoes",
                levels=(
                    VariantLevel(axes=("size",), attributes=by_size.attributes | {"color"}),
                ),
            ),
        ]),
        channels=Codes([shop]),
        locales=Codes([Locale(id=1, code="en_GB"), Locale(id=2, code="ru_RU")]),
        currencies=Codes([Currency(id=1, code="EUR"), Currency(id=2, code="RUB")]),
    )  # fmt: skip


@pytest.fixture
def shopify(tmp_path: Path) -> Path:
    """Return a shop's product export: rows share a handle, the first one tells about the style."""
    path = tmp_path / "shopify_products.csv"
    path.write_text(SHOPIFY, encoding="utf-8")
    return path


@pytest.fixture
def supplier(tmp_path: Path) -> Path:
    """Return a supplier's workbook with Russian headers and typed numbers."""
    path = tmp_path / "Прайс.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet("Прайс")
        for number, row in enumerate(SUPPLIER):
            sheet.write_row(number, 0, row)
    return path


@pytest.fixture
def price_list(tmp_path: Path) -> Path:
    """Return a price list in the encoding and with the signs of a Russian spreadsheet."""
    path = tmp_path / "цены.csv"
    path.write_text(
        "Артикул;Наименование товара;Цена, руб.;Вес, г\r\n"
        "D-100-41;Туфли дерби на кожаной подошве;12\u00a0990,50 руб.;850\r\n"
        "D-200-41;Лоферы замшевые с кисточками;9 990,00;\r\n",
        encoding="cp1251",
        newline="",
    )
    return path
