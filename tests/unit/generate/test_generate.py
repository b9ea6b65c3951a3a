"""A made-up catalogue is exact, the same for the same seed, and looks like a shoe shop's."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from pathlib import Path

import polars as pl
import pytest

from pim.domain.attribute_types import ATTRIBUTE_TYPES
from pim.generate import build
from pim.generate.plan import attributes

SIZE = 3_000


def digests(folder: Path) -> dict[str, str]:
    """Return the hash of every file by its name."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def table(folder: Path, name: str) -> pl.DataFrame:
    return pl.read_csv(folder / f"{name}.csv", separator=";", infer_schema=False)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("generated")
    build.write(made, products=SIZE, seed=7, feed_count=41)
    return made


def test_the_same_seed_gives_the_same_bytes(folder, tmp_path):
    build.write(tmp_path, products=SIZE, seed=7, feed_count=41)
    assert digests(tmp_path) == digests(folder)


def test_the_bytes_stay_the_same_from_version_to_version(folder):
    found = digests(folder)
    assert {name: found[name][:16] for name in ("products.csv", "product_models.csv")} == {
        "products.csv": "36789f0b3459a7a6",
        "product_models.csv": "69c972c9a36549c9",
    }


def test_another_seed_gives_other_products(folder, tmp_path):
    build.write(tmp_path, products=SIZE, seed=8, feed_count=1)
    assert digests(tmp_path)["products.csv"] != digests(folder)["products.csv"]


@pytest.mark.parametrize("size", [1, 12, 100, 999])
def test_there_are_as_many_products_as_asked_for(tmp_path, size):
    build.write(tmp_path, products=size, feed_count=0)
    assert table(tmp_path, "products")["sku"].n_unique() == size


def test_styles_have_three_colourways_of_about_ten_sizes(folder):
    models = table(folder, "product_models")
    colourways = models.filter(pl.col("parent").is_not_null())
    assert set(Counter(colourways["parent"]).values()) == {3}
    assert colourways.n_unique(["parent", "colour"]) == colourways.height
    sizes = table(folder, "products").filter(pl.col("parent").is_not_null())
    per_colourway = Counter(sizes["parent"]).values()
    assert min(per_colourway) >= 8
    assert max(per_colourway) <= 12
    assert sizes.n_unique(["parent", "size_eu"]) == sizes.height
    assert sizes.height / SIZE == pytest.approx(0.85, abs=0.05)


def test_every_ean_is_its_own_and_ends_with_its_check_digit(folder):
    eans = table(folder, "products")["ean"].to_list()
    assert len(set(eans)) == SIZE
    assert all(sum(map(int, ean[-1::-2] + ean[-2::-2] * 3)) % 10 == 0 for ean in eans[:200])


def test_prices_are_owned_at_every_level(folder):
    models = table(folder, "product_models").with_columns(
        level=pl.when(pl.col("parent").is_null()).then(pl.lit("style")).otherwise(pl.lit("colour"))
    )
    priced = models.filter(pl.col("price-EUR").is_not_null())
    sizes = table(folder, "products").filter(pl.col("parent").is_not_null())
    assert set(priced["level"]) == {"style", "colour"}
    assert 0 < sizes["price-EUR"].null_count() < sizes.height


def test_the_whole_is_labelled_as_generated(folder):
    assert "made up" in (folder / "README.md").read_text("utf-8")
    models = table(folder, "product_models")
    assert set(models.filter(pl.col("parent").is_null())["data_origin"]) == {"generated"}
    assert table(folder, "families")["label-en_GB"].str.ends_with("(generated)").all()


def test_a_big_catalogue_has_sixty_families_and_five_thousand_categories(tmp_path):
    counts = build.write(tmp_path, products=100_000, feed_count=0)
    assert counts["families"] == 60
    assert counts["categories"] >= 5_000


def test_41_feeds_are_of_21_shops_and_20_partners_over_all_exporters(folder):
    documents = [json.loads(path.read_text("utf-8")) for path in (folder / "feeds").iterdir()]
    kinds = Counter(document["code"].split("_")[0] for document in documents)
    assert kinds == {"shop": 21, "partner": 20}
    used = {(d["code"].split("_")[0], d["exporter"], d["options"].get("format")) for d in documents}
    assert used == {
        ("shop", "google_merchant", "xml"),
        ("shop", "google_merchant", "tsv"),
        ("shop", "shopify", None),
        ("shop", "yandex_market", None),
        ("partner", "csv_feed", None),
        ("partner", "json_lines", None),
    }
    assert all(24 <= len(document["mapping"]) <= 28 for document in documents)
    assert {d["locale"] for d in documents} == {"en_GB", "de_DE", "fr_FR", "ru_RU", "ja_JP"}
    assert {d["channel"] for d in documents} == {"web", "marketplace", "retail"}


def test_attributes_are_of_all_types(folder):
    assert set(table(folder, "attributes")["type"]) == set(ATTRIBUTE_TYPES)
    assert table(folder, "channels").height == 3
    assert table(folder, "locales").height == 5


def test_an_attribute_is_owned_at_different_levels_in_different_families(folder):
    owners: dict[str, set[str]] = {}
    attributes_of = dict(table(folder, "families").select("code", "attributes").iter_rows())
    for row in table(folder, "family_variants").iter_rows(named=True):
        below = {
            level: set((row[f"variant-attributes_{level}"] or "").split(",")) for level in (1, 2)
        }
        for code in attributes_of[row["family"]].split(","):
            level = next((level for level, codes in below.items() if code in codes), 0)
            owners.setdefault(code, set()).add(str(level))
    levels = Counter("".join(sorted(found)) for found in owners.values())
    assert {"0", "1", "2"} <= set(levels)  # some belong to one level everywhere,
    assert owners["price"] == {"0", "1", "2"}  # some to any,
    assert levels["01"] + levels["02"] + levels["12"] >= 5  # and some to one of two


@pytest.mark.parametrize(
    ("column", "percent"),
    [
        ("size_us", 70), ("foot_length", 60), ("badge-web", 15), ("stock_quantity", 98),
    ],
)  # fmt: skip
def test_cells_are_as_sparse_as_planned(folder, column, percent):
    sizes = table(folder, "products").filter(pl.col("parent").is_not_null())
    assert 100 * sizes[column].count() / sizes.height == pytest.approx(percent, abs=4)


def test_translations_are_sparser_than_the_first_language(folder):
    styles = table(folder, "product_models").filter(pl.col("parent").is_null())
    assert styles["name-en_GB"].null_count() == 0
    assert 0 < styles["name-ja_JP"].null_count() < styles.height / 2


def test_about_forty_attributes_are_from_nearly_empty_to_always_filled():
    shares = [attribute.filled for attribute in attributes()]
    assert min(shares) < 10
    assert max(shares) == 100
    assert 40 <= len(shares) <= 50
