"""A preview shows in every cell what the run writes, and undo leads back to where it began."""

from __future__ import annotations

from typing import Any

import orjson
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pim.domain.values import Cell, get
from pim.editing.change_sets.cells import files
from pim.editing.change_sets.pages import Filter
from tests.factories.planner import Planner
from tests.property.editing.test_undo_of_operations import DO, WHERE

COUNTS = ("selected", "reached", "written", "changed", "unchanged", "invalid")
#: Whole products come and go by these; the others change cells.
edits = st.lists(st.sampled_from(DO), min_size=1, max_size=3)


def cells_of(planner: Planner, number: int) -> pl.DataFrame:
    """Return the cells of a preview, the last operation's where several write the same."""
    cells = pl.read_parquet(files(planner.folder(number)))
    return cells.sort("step").unique(["entity", "field"], keep="last", maintain_order=True)


def stored(planner: Planner) -> dict[int, Any]:
    """Return the values of every product and model."""
    union = "SELECT id, values FROM product UNION ALL SELECT id, values FROM product_model"
    return {row.id: row.values for row in planner.catalogue.query(union)}


def assert_as_shown(planner: Planner, cells: pl.DataFrame) -> None:
    """Assert that every cell of a value stands as the preview has shown it."""
    values = stored(planner)
    for cell in cells.filter(~pl.col("attribute").is_in(BESIDE)).iter_rows(named=True):
        address = Cell(cell["attribute"], cell["scope"] or "<all>", cell["locale"] or "<all>")
        shown = orjson.loads(cell["after"]) if cell["after"] else None
        if cell["code"] not in ("not_in_family", "owned_below"):
            assert get(values[cell["entity"]], address) == shown, cell


BESIDE = ("enabled", "categories", "groups", "associations", "family", "parent", "*")


@pytest.mark.slow
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(do=edits, where=st.sampled_from(WHERE))
def test_preview_and_run_agree_in_every_cell_and_undo_is_the_way_back(
    planner: Planner, do: list[dict[str, Any]], where: dict[str, Any]
) -> None:
    catalogue, before = planner.catalogue, planner.catalogue.state()
    number = planner.draft(do, where)
    shown = planner.preview(number)
    assert catalogue.state() == before
    cells = cells_of(planner, number)

    done = planner.run(number)

    assert {name: done[name] for name in COUNTS} == {name: shown[name] for name in COUNTS}
    assert done["differs"] == 0
    if not any(each["type"] in ("to_simple", "set_parent") for each in do):
        assert_as_shown(planner, cells)
    undone = catalogue.undo(number)
    assert (catalogue.state(), undone.kept) == (before, 0)


@pytest.mark.slow
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(do=edits, chance=st.randoms(use_true_random=False))
def test_what_is_unticked_stays_and_the_rest_comes_as_shown(
    planner: Planner, do: list[dict[str, Any]], chance: Any
) -> None:
    catalogue, before = planner.catalogue, planner.catalogue.state()
    number = planner.draft([each for each in do if "field" in each] or [DO[0]])
    planner.preview(number)
    cells = cells_of(planner, number)
    names = sorted(set(cells["identifier"]))
    out = chance.sample(names, chance.randint(1, len(names)))
    values = stored(planner)
    planner.choose(number, Filter(identifiers=out), ticked=False)

    planner.run(number)

    after = stored(planner)
    for entity in cells.filter(pl.col("identifier").is_in(out))["entity"].unique():
        assert after[entity] == values[entity]
    assert_as_shown(planner, cells.filter(~pl.col("identifier").is_in(out)))
    catalogue.undo(number)
    assert catalogue.state() == before
