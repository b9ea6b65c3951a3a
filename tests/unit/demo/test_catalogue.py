"""The demo catalogue is whole: every name in it means something."""

from __future__ import annotations

import re
from collections import Counter
from itertools import product

import pytest

from pim.demo.build import write
from pim.demo.codes import check_digit, ean
from pim.demo.source import LOCALES

SELECTS = {"pim_catalog_simpleselect", "pim_catalog_multiselect"}
SYSTEM = {"code", "sku", "family", "family_variant", "parent", "enabled", "categories", "groups"}


@pytest.fixture(params=["catalogue", "kids_line"])
def files(request):
    return request.getfixturevalue(request.param)


def test_the_same_seed_gives_the_same_bytes_and_another_one_other_ones(tmp_path):
    for name, seed in (("first", 1), ("second", 1), ("other", 2)):
        write(tmp_path / name, seed=seed, pictures=False)

    def contents(name):
        return {p.name: p.read_bytes() for p in sorted((tmp_path / name).iterdir())}

    assert contents("first") == contents("second")
    assert contents("first")["products.csv"] != contents("other")["products.csv"]


def test_it_has_about_two_thousand_products_of_every_shape(catalogue):
    roots = [row for row in catalogue["product_models"] if not row["parent"]]
    variants = [row for row in catalogue["products"] if row["parent"]]
    sizes = Counter(row["parent"] for row in variants)

    assert 150 <= len(roots) <= 170
    assert 1900 <= len(variants) <= 2200
    assert len(catalogue["products"]) - len(variants) == 120
    assert set(sizes.values()) <= set(range(6, 13))
    assert {row["family_variant"] for row in roots} == catalogue.codes("family_variants")


def test_every_type_of_attribute_but_reference_data_occurs(catalogue):
    types = {row["type"].removeprefix("pim_catalog_") for row in catalogue.attributes.values()}

    assert types == {
        "identifier", "text", "textarea", "boolean", "number", "date", "simpleselect",
        "multiselect", "metric", "price_collection", "image", "file", "asset_collection",
        "product_link",
    }  # fmt: skip
    assert len(catalogue.attributes) >= 45


def test_identifiers_and_codes_occur_once(files):
    for name, key in (("products", "sku"), ("product_models", "code"), ("attributes", "code")):
        codes = [row[key].casefold() for row in files[name]]
        assert len(codes) == len(set(codes))
    axes = [(row["parent"], row["size_eu"]) for row in files["products"] if row["parent"]]
    assert len(axes) == len(set(axes))


def test_every_ean_occurs_once_and_only_the_planted_one_has_a_wrong_check_digit(files):
    eans = [row["ean"] for row in files["products"] if row["ean"]]
    wrong = [code for code in eans if check_digit(code[:12]) != code[12]]

    assert len(eans) == len(set(eans))
    assert wrong == ["2700000000000"]
    assert all(re.fullmatch(r"2[0-9]{12}", code) for code in eans)


def test_a_check_digit_is_that_of_the_standard():
    assert check_digit("629104150021") == "3"
    assert ean(1) == "2700000000014"


def test_every_option_that_is_used_exists(files):
    known = {(row["attribute"], row["code"]) for row in files["attribute_options"]}
    selects = [a["code"] for a in files.attributes.values() if a["type"] in SELECTS]
    used = {
        (attribute, code)
        for row in files.rows
        for attribute in selects
        for code in row.get(attribute, "").split(",")
        if code
    }

    assert used <= known
    assert {attribute for attribute, _ in known} <= set(selects)
    assert len({key for key in known if key[0] == "size_eu"}) > 20


def test_every_parent_category_group_and_association_exists(files):
    models, products = files.codes("product_models"), files.codes("products", "sku")
    targets = {"products": products, "product_models": models, "parent": models}
    targets |= {"categories": files.codes("categories"), "groups": files.codes("groups")}

    for row in files.rows:
        for column, cell in row.items():
            name = column.rsplit("-", 1)[-1]
            if name in targets:
                assert set(filter(None, cell.split(","))) <= targets[name], (column, cell)
        link = row.get("predecessor", "").removeprefix("product_model:")
        assert not link or link in models


def test_categories_channels_and_families_name_what_exists(files):
    categories, channels = files.codes("categories"), files.codes("channels")
    locales, attributes = files.codes("locales"), set(files.attributes)

    assert {row["parent"] for row in files["categories"]} <= categories | {""}
    for channel in files["channels"]:
        assert channel["tree"] in categories
        assert set(channel["locales"].split(",")) <= locales
        assert set(channel["currencies"].split(",")) <= files.codes("currencies")
    for family in files["families"]:
        own = set(family["attributes"].split(","))
        assert own <= attributes
        for channel in channels:
            assert set(family[f"requirements-{channel}"].split(",")) <= own


def test_every_column_is_an_attribute_in_a_locale_a_channel_or_a_currency_that_it_has(files):
    suffixes = {
        "localizable": files.codes("locales"),
        "scopable": files.codes("channels"),
    }
    currencies = files.codes("currencies")
    columns = {column for row in files.rows for column in row} - SYSTEM

    for column in columns:
        code, *parts = column.split("-")
        if code in files.codes("association_types"):
            continue
        attribute = files.attributes[code]
        for ability, known in suffixes.items():
            found = [part for part in parts if part in known]
            assert len(found) == int(attribute[ability]), column
            parts = [part for part in parts if part not in known]
        if attribute["type"] == "pim_catalog_price_collection":
            assert set(parts[:1]) <= currencies, column
            assert len(parts) == 1, column
        else:
            assert parts in ([], ["unit"]), column


def test_values_stand_at_the_level_that_owns_them(files):
    levels = {row["code"]: row for row in files["family_variants"]}
    models = {row["code"]: row for row in files["product_models"]}

    def owned(variant, level):
        names = levels[variant].get(f"variant-attributes_{level}") or ""
        return set(names.split(",")) - {""}

    for row in files.rows:
        own = {c.split("-")[0] for c, v in row.items() if v} - SYSTEM
        own &= set(files.attributes)
        if row.get("code"):
            variant, level = row["family_variant"], 1 if row["parent"] else 0
        elif row["parent"]:
            variant = models[row["parent"]]["family_variant"]
            level = 2 if levels[variant]["variant-axes_2"] else 1
        else:
            continue
        below = owned(variant, 1) | owned(variant, 2)
        fitting = own <= owned(variant, level) if level else not own & below
        assert fitting, (row.get("code") or row["sku"], own)


def test_texts_stay_within_their_limits(files):
    limits = {code: int(row["max_characters"]) for code, row in files.attributes.items()
              if row.get("max_characters")}  # fmt: skip

    for row in files.rows:
        for column, cell in row.items():
            if limit := limits.get(column.split("-")[0]):
                assert len(cell) <= limit, (column, cell)


def test_some_styles_lack_a_language_and_none_lacks_english(catalogue):
    roots = [row for row in catalogue["product_models"] if not row["parent"]]
    filled = {locale: sum(1 for r in roots if r[f"name-{locale}"]) for locale in LOCALES}

    assert filled["en_GB"] == filled["de_DE"] == len(roots)
    assert filled["ja_JP"] < filled["ru_RU"] < filled["fr_FR"] < len(roots)


def test_planted_flaws_are_there(catalogue):
    names = [row["name-en_GB"] for row in catalogue["product_models"]]

    assert any(len(name) > 150 for name in names)
    assert sum(1 for row in catalogue["products"] if row["price-GBP"] == "0.00") == 1
    assert any("\u200b" in row["description-de_DE-web"] for row in catalogue["product_models"])


def test_every_label_is_translated_into_every_language(files):
    for name in ("attributes", "attribute_options", "categories", "families", "channels"):
        for row, locale in product(files[name], LOCALES):
            assert row[f"label-{locale}"], (name, row["code"], locale)
