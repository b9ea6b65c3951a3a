"""Foreign sheets become rows in the flat format, models included, whatever the batches."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from importers.contract import ROW, Batch, ReadOptions
from importers.csv_file import CsvImporter
from importers.xlsx_file.importer import XlsxImporter
from pim.domain.structure import Structure
from pim.errors import Refused
from pim.staging.profiles import NewOption, Profile, read_profile

SHOPIFY = {
    "code": "shopify",
    "columns": {
        "Handle": None,
        "Title": {"field": "name", "locale": "en_GB"},
        "Body (HTML)": {"field": "description", "locale": "en_GB", "scope": "web"},
        "Vendor": {"field": "brand", "create_options": True},
        "Tags": {"field": "tags", "split": ",", "create_options": True},
        "Published": {"field": "enabled"},
        "Option1 Name": None,
        "Option1 Value": {"field": "color", "values": {"Default Title": ""}},
        "Option2 Name": None,
        "Option2 Value": {"field": "size"},
        "Variant SKU": {"field": "sku", "remove_prefix": "'"},
        "Variant Price": {"field": "price", "currency": "EUR"},
        "Variant Barcode": {"field": "ean", "remove_prefix": "'"},
        "Image Src": {"field": "pictures"},
        "Image Alt Text": None,
    },
    "models": {
        "key": "Handle",
        "family_variant": "shoes_by_color_size",
        "axes": {"color": "Option1 Value", "size": "Option2 Value"},
    },
}
ONE_LEVEL = SHOPIFY | {
    "models": {
        "key": "Handle",
        "family_variant": "shoes_by_size",
        "axes": {"size": "Option2 Value"},
    }
}


def rows_of(
    path: Path, profile: Profile, structure: Structure, *, batch_rows: int = 10_000
) -> dict[str, list[dict[str, Any]]]:
    """Return all rows of a sheet by entity, without cells that are null or empty."""
    importer = CsvImporter() if path.suffix == ".csv" else XlsxImporter()
    options = profile.read_options
    options = ReadOptions(encoding=options.encoding, decimal=options.decimal, batch_rows=batch_rows)
    found: dict[str, list[dict[str, Any]]] = {"product_models": [], "products": []}
    with importer.open(path, options) as sheet:
        for batch in profile.batches(sheet.batches):
            for entity, part in profile.apply(batch, structure):
                rows = part.frame.iter_rows(named=True)
                found[entity] += [{k: v for k, v in row.items() if v} for row in rows]
    return found


def batch_of(columns: Mapping[str, list[str]]) -> Batch:
    height = len(next(iter(columns.values())))
    rows = pl.Series(ROW, range(2, height + 2), dtype=pl.UInt32)
    return Batch(frame=pl.DataFrame({**columns}).with_columns(rows))


def translated(document: Mapping[str, Any], batch: Batch, structure: Structure) -> pl.DataFrame:
    [(_, part)] = read_profile({"code": "p", **document}).apply(batch, structure)
    return part.frame


def test_a_shops_rows_become_styles_colourways_and_variants(
    shopify: Path, structure: Structure
) -> None:
    found = rows_of(shopify, read_profile(SHOPIFY), structure)

    style = {"family_variant": "shoes_by_color_size"}
    assert found["product_models"] == [
        {
            **style, "code": "derby", "name-en_GB": "Derby shoe", "brand": "polka",
            "description-en_GB-web": '<p>Fine "calf" leather</p>', "tags": "classic,men", ROW: 2,
        },
        {
            **style, "code": "derby-black", "parent": "derby", "color": "black",
            "pictures": "derby-1.jpg,derby-2.jpg", ROW: 2,
        },
        {**style, "code": "derby-cognac", "parent": "derby", "color": "cognac", ROW: 4},
    ]  # fmt: skip


def test_variants_name_their_colourway_and_hold_only_what_is_theirs(
    shopify: Path, structure: Structure
) -> None:
    found = rows_of(shopify, read_profile(SHOPIFY), structure)

    common = {"enabled": "true", "family": "shoes"}
    assert found["products"] == [
        {**common, "sku": "DRB-BLK-41", "size": "41", "price-EUR": "129.00",
         "ean": "4006381333931", "parent": "derby-black", ROW: 2},
        {**common, "sku": "DRB-BLK-42", "size": "42", "price-EUR": "129.00",
         "parent": "derby-black", ROW: 3},
        {**common, "sku": "DRB-COG-41", "size": "41", "price-EUR": "139.00",
         "parent": "derby-cognac", ROW: 4},
        {**common, "sku": "CARE-1", "price-EUR": "19.00", "name-en_GB": "Care kit",
         "description-en_GB-web": "<p>Brush and cream</p>", "brand": "polka", "tags": "care",
         "pictures": "kit.jpg", ROW: 6},
    ]  # fmt: skip


@pytest.mark.parametrize("document", [SHOPIFY, ONE_LEVEL])
@pytest.mark.parametrize("batch_rows", [1, 2, 3])
def test_a_style_that_spans_batches_stays_one_model(
    shopify: Path, structure: Structure, document: Mapping[str, Any], batch_rows: int
) -> None:
    whole = rows_of(shopify, read_profile(document), structure)

    parts = rows_of(shopify, read_profile(document), structure, batch_rows=batch_rows)

    def sorted_models(found: dict[str, list[dict[str, Any]]]) -> list[dict[str, Any]]:
        return sorted(found["product_models"], key=lambda row: str(row["code"]))

    assert sorted_models(parts) == sorted_models(whole)
    assert parts["products"] == whole["products"]


def test_a_key_that_comes_back_later_names_no_second_model(structure: Structure) -> None:
    profile = read_profile(ONE_LEVEL)
    sheet = {
        "Handle": ["a", "b", "a"],
        "Variant SKU": ["1", "2", "3"],
        "Option2 Value": ["41", "41", "42"],
        "Image Src": ["1.jpg", "", "2.jpg"],
    }
    batch = batch_of(sheet)
    halves = [Batch(frame=batch.frame.slice(0, 2)), Batch(frame=batch.frame.slice(2))]

    parts = [part for half in halves for part in profile.apply(half, structure)]

    models = pl.concat(p.frame for entity, p in parts if entity == "product_models")
    assert models["code"].to_list() == ["a", "b"]
    assert parts[-1][1].frame["parent"].to_list() == ["a"]
    late = [(row, v.value) for row, v in profile.take_warnings() if row > 1]
    assert late == [(4, "2.jpg")]


def test_every_batch_has_the_same_columns(shopify: Path, structure: Structure) -> None:
    profile = read_profile(SHOPIFY)
    columns: dict[str, set[tuple[str, ...]]] = {}
    with CsvImporter().open(shopify, ReadOptions(batch_rows=1)) as sheet:
        for batch in sheet.batches:
            for entity, part in profile.apply(batch, structure):
                columns.setdefault(entity, set()).add(tuple(part.frame.columns))

    assert {entity: len(found) for entity, found in columns.items()} == {
        "product_models": 1,
        "products": 1,
    }


def test_what_a_row_without_a_product_adds_in_vain_is_named(
    shopify: Path, structure: Structure
) -> None:
    profile = read_profile(SHOPIFY)

    rows_of(shopify, profile, structure)

    assert [(row, found.code, found.path) for row, found in profile.take_warnings()] == [
        (5, "row_left_out", "pictures")
    ]
    assert profile.take_warnings() == []


def test_rows_that_contradict_their_model_are_warned_about_across_batches(
    structure: Structure,
) -> None:
    profile = read_profile(
        {
            "code": "p",
            "columns": {"style": None, "sku": {"field": "sku"}, "brand": {"field": "brand"}},
            "models": {
                "key": "style",
                "family_variant": "shoes_by_size",
                "axes": {"size": "size"},
            },
        }
    )
    sheet = {
        "style": ["A", "a", "B"],
        "sku": ["1", "2", "3"],
        "brand": ["polka", "other", "polka"],
        "size": ["41", "42", "41"],
    }
    profile.apply(batch_of(sheet), structure)

    profile.apply(batch_of({k: v[:2] for k, v in sheet.items()}), structure)

    warnings = profile.take_warnings()
    assert [(row, found.value) for row, found in warnings] == [(3, "other"), (3, "other")]
    assert "belongs to the model" in warnings[0][1].text


def test_a_suppliers_workbook_becomes_models(supplier: Path, structure: Structure) -> None:
    profile = read_profile(
        {
            "code": "supplier",
            "columns": {
                "Модель": None,
                "Артикул": {"field": "sku"},
                "Наименование": {"field": "name", "locale": "ru_RU"},
                "Бренд": {"field": "brand"},
                "Цвет": {"field": "color", "create_options": True},
                "Цена, руб.": {"field": "price", "currency": "RUB"},
                "Штрихкод": {"field": "ean"},
            },
            "models": {
                "key": "Модель",
                "family_variant": "shoes_by_color_size",
                "axes": {"color": "Цвет", "size": "Размер"},
            },
        }
    )

    found = rows_of(supplier, profile, structure)

    codes = [model["code"] for model in found["product_models"]]
    assert sorted(codes) == ["D-100", "D-100-black", "D-200", "D-200-bordovyy"]
    assert [product["price-RUB"] for product in found["products"]] == ["12990.5", "12990.5", "9990"]
    assert profile.take_options() == [NewOption("color", "bordovyy", "Бордовый")]
    assert profile.take_options() == []


def test_a_price_list_loses_its_decoration_only(price_list: Path, structure: Structure) -> None:
    profile = read_profile(
        {
            "code": "p",
            "format": {"encoding": "cp1251", "decimal": ","},
            "columns": {
                "Артикул": {"field": "sku"},
                "Наименование товара": {"field": "name", "locale": "ru_RU"},
                "Цена, руб.": {"field": "price", "currency": "RUB"},
                "Вес, г": {"field": "weight", "unit": "GRAM"},
            },
            "constants": {"family": "shoes"},
        }
    )

    found = rows_of(price_list, profile, structure)["products"]

    assert [(row["price-RUB"], row.get("weight"), row.get("weight-unit")) for row in found] == [
        ("12990,50", "850", "GRAM"),
        ("9990,00", None, None),
    ]
    assert {row["family"] for row in found} == {"shoes"}
    assert profile.cell_format == {"decimal": ",", "dates": "yyyy-MM-dd"}


@pytest.mark.parametrize(
    ("cell", "read_as"),
    [
        ("1 299,00", "1299,00"),
        ("1\u00a0299\u202f000", "1299000"),
        ("€ 12.50", "12.50"),
        ("12.50 EUR", "12.50"),
        ("12 $", "12 $"),
        ("12 34", "12 34"),
        ("-1 000", "-1000"),
        ("12.9O", "12.9O"),
        ("", ""),
    ],
)
def test_numbers_are_cleaned_and_mistakes_stay_visible(
    structure: Structure, cell: str, read_as: str
) -> None:
    document = {"columns": {"p": {"field": "price", "currency": "EUR"}}}

    assert translated(document, batch_of({"p": [cell]}), structure)["price-EUR"].item() == read_as


def test_words_are_mapped_by_the_profile_then_by_code_then_by_label(structure: Structure) -> None:
    document = {"columns": {"c": {"field": "color", "values": {"Nero": "black"}}}}
    cells = ["nero", "BLACK", "черный", "unheard of", ""]

    frame = translated(document, batch_of({"c": cells}), structure)

    assert frame["color"].to_list() == ["black", "black", "black", "unheard of", ""]


def test_new_options_never_merge_two_words(structure: Structure) -> None:
    profile = read_profile(
        {"code": "p", "columns": {"b": {"field": "brand", "create_options": True}}}
    )

    [(_, part)] = profile.apply(
        batch_of({"b": ["A+", "A", "a", "Полька", "Ёж & Co", "A+"]}), structure
    )

    assert part.frame["brand"].n_unique() == 4
    made = profile.take_options()
    assert {option.label.casefold() for option in made} == {"a+", "a", "ёж & co"}
    assert len({option.code for option in made}) == 3
    assert "ezh_co" in {option.code for option in made}


def test_columns_that_the_profile_does_not_name_go_along(structure: Structure) -> None:
    document = {"columns": {"Артикул": {"field": "sku"}, "secret": None}}
    sheet = {"Артикул": ["1"], "waterproof": ["1"], "secret": ["x"]}

    assert translated(document, batch_of(sheet), structure).columns == ["sku", "waterproof", ROW]


def test_what_does_not_fit_between_sheet_and_profile_is_named(structure: Structure) -> None:
    profile = read_profile(
        {
            "code": "p",
            "columns": {"Артикул": {"field": "sku"}, "EAN": {"field": "ean"}, "old": None},
        }
    )

    [(_, part)] = profile.apply(batch_of({"Артикул": ["1"], "sku": ["2"]}), structure)

    assert part.frame.columns == ["sku", ROW]
    assert part.frame["sku"].to_list() == ["1"]
    assert [(row, v.code, v.path) for row, v in profile.take_warnings()] == [
        (1, "profile_column_missing", "EAN"),
        (1, "profile_column_covered", "sku"),
    ]


def test_another_sheet_is_refused(structure: Structure) -> None:
    profile = read_profile({"code": "p", "columns": {"Артикул": {"field": "sku"}}})

    with pytest.raises(Refused, match="none of the profile's columns: Артикул"):
        profile.apply(batch_of({"sku": ["1"]}), structure)


def test_problems_of_the_sheet_travel_with_the_products(structure: Structure) -> None:
    frame, problems = batch_of({"sku": ["1"]}).frame, [object()]
    batch = Batch(frame=frame, problems=problems)  # type: ignore[arg-type]

    [(_, part)] = read_profile({"code": "p"}).apply(batch, structure)

    assert part.problems == problems


def test_a_sheet_without_the_key_is_refused(structure: Structure) -> None:
    with pytest.raises(Refused, match='lacks: "Handle", "Option1 Value"'):
        read_profile(SHOPIFY).apply(batch_of({"Option2 Value": ["41"]}), structure)
