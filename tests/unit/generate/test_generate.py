"""A made-up catalogue is exact, the same for the same seed, and looks like a shoe shop's."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from pathlib import Path

import polars as pl
import pytest

from pim.generate import build

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
    assert {d["exporter"] for d in documents} == {"google_merchant", "csv_feed", "json_lines"}
    assert all(25 <= len(document["mapping"]) <= 30 for document in documents)
