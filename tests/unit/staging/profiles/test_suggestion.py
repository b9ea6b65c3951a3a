"""A profile is suggested from headers and values, in English and in Russian."""

from __future__ import annotations

from pathlib import Path

import pytest

from pim.domain.structure import Structure
from pim.errors import Refused
from pim.staging.profiles import faults, read_profile, suggest
from pim.staging.profiles.shapes import date_pattern, decimal_sign, is_gtin
from pim.staging.profiles.words import heading_of


def test_a_shops_export_is_understood_with_its_models(shopify: Path, structure: Structure) -> None:
    found = suggest(shopify, structure)

    fields = {guess.header: guess.target for guess in found.guesses}
    assert fields == {
        "Handle": None,
        "Title": "name",
        "Body (HTML)": "description",
        "Vendor": "brand",
        "Tags": "tags",
        "Published": "enabled",
        "Option1 Name": None,
        "Option1 Value": "color",
        "Option2 Name": None,
        "Option2 Value": "size",
        "Variant SKU": "sku",
        "Variant Price": "price",
        "Variant Barcode": "ean",
        "Image Src": "pictures",
        "Image Alt Text": None,
    }
    assert found.document["models"] == {
        "key": "Handle",
        "family_variant": "shoes_by_color_size",
        "axes": {"color": "Option1 Value", "size": "Option2 Value"},
    }
    columns = found.document["columns"]
    assert columns["Variant SKU"] == {"field": "sku", "remove_prefix": "'"}
    assert columns["Option1 Value"]["values"] == {"Default Title": ""}


def test_a_suppliers_workbook_is_understood(supplier: Path, structure: Structure) -> None:
    found = suggest(supplier, structure, code="supplier")

    assert found.document["columns"] == {
        "Модель": None,
        "Артикул": {"field": "sku"},
        "Наименование": {"field": "name", "locale": "ru_RU"},
        "Бренд": {"field": "brand"},
        "Цвет": {"field": "color"},
        "Размер": {"field": "size"},
        "Цена, руб.": {"field": "price", "currency": "RUB"},
        "Штрихкод": {"field": "ean"},
    }
    assert found.document["models"]["key"] == "Модель"


def test_a_price_list_in_an_unnamed_encoding_is_understood(
    price_list: Path, structure: Structure
) -> None:
    found = suggest(price_list, structure)

    assert found.document["format"] == {
        "encoding": "cp1251",
        "separator": ";",
        "quote": '"',
        "decimal": ",",
    }
    assert found.document["columns"]["Вес, г"] == {"field": "weight", "unit": "GRAM"}


def test_what_is_suggested_can_be_applied_at_once(
    shopify: Path, supplier: Path, price_list: Path, structure: Structure
) -> None:
    for path in (shopify, supplier, price_list):
        profile = read_profile(suggest(path, structure).document)

        assert faults(profile, structure) == []


def test_values_overrule_a_misleading_name(tmp_path: Path, structure: Structure) -> None:
    path = tmp_path / "a.csv"
    path.write_text("Code 13;Prise;Colour\n4006381333931;blue;blck\n4006381333948;red;black\n")

    guesses = {guess.header: guess for guess in suggest(path, structure).guesses}

    assert guesses["Code 13"].target == "ean"
    assert guesses["Prise"].target is None
    assert guesses["Colour"].target == "color"
    assert 0 < guesses["Code 13"].confidence < 1


def test_nearly_an_option_is_mapped_but_sizes_are_not(tmp_path: Path, structure: Structure) -> None:
    path = tmp_path / "a.csv"
    path.write_text("sku;Colour;Size\n1;Blacck;41\n2;black;48\n")

    columns = suggest(path, structure).document["columns"]

    assert columns["Colour"]["values"] == {"Blacck": "black"}
    assert "values" not in columns["Size"]


def test_what_cannot_be_read_is_refused(tmp_path: Path, structure: Structure) -> None:
    path = tmp_path / "a.csv"
    path.write_text("sku;sku\n1;2\n")

    with pytest.raises(Refused, match="stands over the columns"):
        suggest(path, structure)


@pytest.mark.parametrize(
    ("header", "words", "extra"),
    [
        ("Цена, руб.", "цена", {"currency": "RUB"}),
        ("Price (€)", "price", {"currency": "EUR"}),
        ("Net weight, kg", "net weight", {"unit": "KILOGRAM"}),
        ("Название (англ)", "название", {"language": "en"}),
        ("productName", "product name", {}),
        ("EUR", "eur", {}),
    ],
)
def test_headers_say_more_than_their_words(header: str, words: str, extra: dict[str, str]) -> None:
    found = heading_of(header)

    assert found.words == words
    assert {k: v for k in ("currency", "unit", "language") if (v := getattr(found, k))} == extra


def test_shapes_of_values_are_told() -> None:
    assert is_gtin("4006381333931")
    assert not is_gtin("4006381333932")
    assert date_pattern(["01.02.2026", "31.12.2026"]) == "dd.MM.yyyy"
    assert date_pattern(["12/31/2026"]) == "MM/dd/yyyy"
    assert date_pattern(["soon"]) is None
    assert decimal_sign(["1 299,50 руб."]) == ","
    assert decimal_sign(["1,299.50"]) == "."
