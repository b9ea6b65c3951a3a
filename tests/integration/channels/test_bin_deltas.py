"""Deltas follow what goes into the bin and what comes back from it."""

from __future__ import annotations

from pim.db.unit_of_work import unit_of_work
from pim.editing.bulk import BulkEdit, BulkResult
from pim.structure.queries import current
from tests.integration.channels.conftest import Shop


def edit(shop: Shop, kind: str, *names: str) -> BulkResult:
    """Delete or restore."""
    with unit_of_work(shop.engine) as work:
        structure = current(work.session)
        chosen = {"picked": list(names)}
        return BulkEdit(
            work, shop.projection, structure, {}, [{"type": kind}], selection=chosen
        ).run()


def delta(shop: Shop) -> tuple[int, int, int]:
    done = shop.publish(delta=True, force=True, reason="a test")
    return done.added, done.changed, done.removed


def test_a_delta_removes_what_was_deleted_and_brings_back_what_was_restored(shop: Shop) -> None:
    first = shop.publish()
    whole = shop.text()

    edit(shop, "delete", "derby-red", "laces")
    assert delta(shop) == (0, 0, 6)
    assert delta(shop) == (0, 0, 0)

    edit(shop, "restore", "laces")
    assert delta(shop) == (1, 0, 0)
    edit(shop, "restore", "derby-red")
    assert delta(shop) == (5, 0, 0)

    again = shop.publish(force=True, reason="a test")
    assert (again.items, again.unchanged) == (first.items, first.items)
    assert shop.text() == whole


def test_what_went_and_came_back_between_two_deltas_is_no_change(shop: Shop) -> None:
    shop.publish()
    edit(shop, "delete", "derby")
    edit(shop, "restore", "derby")

    assert delta(shop) == (0, 0, 0)


def test_an_undone_deletion_reaches_the_feed_as_well(shop: Shop) -> None:
    shop.publish()
    gone = edit(shop, "delete", "derby-blue")
    assert delta(shop) == (0, 0, 5)

    shop.undo(gone.change_set)

    assert delta(shop) == (5, 0, 0)
