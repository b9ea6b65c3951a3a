"""Items of one product stand side by side where the destination wants that."""

from __future__ import annotations

import polars as pl

from channels.publication.grouping import items_of_file
from channels.publication.ledger import ADDED, CHANGED, UNCHANGED
from exporters.contract import Capabilities

SCATTERED = pl.DataFrame(
    {
        "sku": ["a1", "b1", "a2", "lone", "b2", "alone"],
        "handle": ["a", "b", "a", None, "b", None],
    }
)
WHOLE = Capabilities(absent="upsert", delta="upsert", groups="handle", contiguous=True)
LOOSE = Capabilities(absent="upsert", delta="upsert", groups="handle")


def of(frame: pl.DataFrame, status: list[str] | None, capabilities: Capabilities) -> list[str]:
    told = None if status is None else pl.Series("status", status)
    return items_of_file(frame, told, capabilities)["sku"].to_list()


def test_groups_follow_each_other_in_the_order_of_their_first_items():
    assert of(SCATTERED, None, WHOLE) == ["a1", "a2", "b1", "b2", "lone", "alone"]
    assert of(SCATTERED, None, LOOSE) == SCATTERED["sku"].to_list()


def test_a_delta_holds_every_item_of_a_group_that_changed():
    status = [UNCHANGED, UNCHANGED, CHANGED, UNCHANGED, UNCHANGED, ADDED]

    assert of(SCATTERED, status, WHOLE) == ["a1", "a2", "alone"]
    assert of(SCATTERED, status, LOOSE) == ["a2", "alone"]


def test_a_mapping_without_the_group_is_written_as_it_comes():
    assert of(SCATTERED.drop("handle"), None, WHOLE) == SCATTERED["sku"].to_list()


def test_nothing_changed_gives_an_empty_delta():
    assert of(SCATTERED, [UNCHANGED] * 6, WHOLE) == []
