"""Chunks hold whole styles, and operations find the owners of their attributes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from pim.domain.operations import parse
from pim.editing.selection import Selection, in_chunks
from pim.editing.targets import targets
from tests.factories.structure import footwear

STRUCTURE = footwear()
SCHEMA = {
    "id": pl.Int64, "identifier": pl.String, "level": pl.String, "parent": pl.Int64,
    "root": pl.Int64, "family": pl.Int64, "family_variant": pl.Int64,
}  # fmt: skip

ROOT = (1, "style", "model", None, 1, 1, 1)
COLOUR = (2, "style-red", "sub_model", 1, 1, 1, 1)
SIZES = [(3, "style-red-41", "variant", 2, 1, 1, 1), (4, "style-red-42", "variant", 2, 1, 1, 1)]
BAG = (5, "bag", "simple", None, None, 2, None)
LOOSE = (6, "loose", "simple", None, None, None, None)


def rows(*given_rows: tuple[Any, ...]) -> pl.DataFrame:
    return pl.DataFrame(list(given_rows), schema=SCHEMA, orient="row")


@given(
    styles=st.lists(st.integers(1, 5) | st.none(), min_size=1, max_size=30),
    size=st.integers(1, 10),
)
def test_a_chunk_holds_whole_styles_and_nothing_is_lost(
    styles: list[int | None], size: int
) -> None:
    made = [(100 + n, None, "variant", root, root, 1, 1) for n, root in enumerate(styles)]

    chunked = in_chunks(rows(*made), size)

    assert sorted(chunked["id"]) == [row[0] for row in made]
    assert chunked["chunk"].is_sorted()
    with_style = chunked.filter(pl.col("root").is_not_null())
    assert (
        with_style.group_by("root").agg(pl.col("chunk").n_unique())["chunk"].to_list()
        == [1] * with_style["root"].n_unique()
    )
    simple = chunked.filter(pl.col("root").is_null())["chunk"].value_counts()
    assert (simple["count"] <= size).all()


def test_a_selection_is_kept_and_taken_up_behind_a_chunk(tmp_path: Path) -> None:
    selection = Selection(in_chunks(rows(*SIZES, BAG, LOOSE), 2))
    selection.save(tmp_path)

    loaded = Selection.load(tmp_path)

    assert [(n, part["id"].to_list()) for n, part in loaded.chunks(0)] == [(0, [3, 4]), (1, [5, 6])]
    assert [part["id"].to_list() for _, part in loaded.chunks(1)] == [[5, 6]]
    assert [file.name for file in tmp_path.iterdir()] == ["selection.parquet"]


def found(operation: dict[str, Any], *chosen: tuple[Any, ...]) -> dict[str, list[int]]:
    aims = targets(parse([operation], STRUCTURE)[0], rows(*chosen), STRUCTURE)
    return {
        "products": aims.products,
        "models": aims.models,
        "foreign": aims.foreign["id"].to_list(),
        "below": aims.below["id"].to_list(),
    }


def test_the_owner_of_an_attribute_is_written_once() -> None:
    none: dict[str, list[int]] = {"products": [], "models": [], "foreign": [], "below": []}
    name = {"type": "clear", "field": "name", "locale": "*"}
    picture = {"type": "clear", "field": "picture"}
    weight = {"type": "clear", "field": "weight"}

    assert found(name, *SIZES) == {**none, "models": [1]}
    assert found(picture, *SIZES) == {**none, "models": [2]}
    assert found(weight, *SIZES) == {**none, "products": [3, 4]}
    assert found(name, ROOT, COLOUR, *SIZES) == {**none, "models": [1]}


def test_rows_without_an_owner_are_told_apart() -> None:
    weight = {"type": "clear", "field": "weight"}

    assert found(weight, ROOT, COLOUR, BAG, LOOSE) == {
        "products": [6], "models": [], "foreign": [5], "below": [1, 2]
    }  # fmt: skip


def test_operations_on_products_write_the_chosen_rows_themselves() -> None:
    assert found({"type": "disable"}, COLOUR, *SIZES, BAG) == {
        "products": [3, 4, 5], "models": [2], "foreign": [], "below": []
    }  # fmt: skip
