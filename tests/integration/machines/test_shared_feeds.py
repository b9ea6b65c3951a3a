"""Feeds of many machines: any of them publishes, compares, releases and rolls back."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import orjson
import polars as pl
import pytest
from sqlalchemy import text

from channels.publication import lock, review, sharing
from channels.publication.explain import explain
from channels.publication.files import DELTA
from channels.publication.ledger import read_ledger
from pim.db.unit_of_work import unit_of_work
from pim.errors import Conflict, NotFound, Retryable

STOCK = "sku;stock\nlaces;{}\n"


def stock_of(text_of_feed):
    rows = [line.split(",") for line in text_of_feed.splitlines()]
    where = rows[0].index("stock")
    return {row[0].strip('"'): row[where].strip('"') for row in rows[1:]}


def keys(machine, folder=""):
    root = f"feeds/shop{'/' + folder if folder else ''}"
    return {each.key.removeprefix("feeds/shop/") for each in machine.bucket.list(root)}


def test_what_one_machine_publishes_every_machine_has(one, other):
    published = one.publish()

    assert other.folder().pointed() == published.id
    assert other.text() == one.text() == one.latest()
    assert not (other.settings.feeds / "shop" / "current").exists()
    pointer = orjson.loads(one.bucket.read("feeds/shop/current").content)
    assert pointer["folder"] == f"publications/{published.id}/"
    assert set(pointer["manifest"]["files"]) == {"products.csv", "violations.csv"}


def test_machines_publish_in_turn_and_compare_with_what_the_other_told(one, other):
    one.publish()
    one.load({"products.csv": STOCK.format(1)})
    second = other.publish()
    other.load({"products.csv": STOCK.format(2)})
    delta = one.publish(delta=True)

    assert (second.added, second.changed, second.removed) == (0, 1, 0)
    assert (delta.added, delta.changed, delta.removed) == (0, 1, 0)
    told = read_ledger(other.folder(), other.folder().newest())
    assert told.height == second.items
    assert other.folder().pointed(DELTA) == delta.id
    assert "latest-delta/products.csv" in keys(other)


def test_what_people_ask_is_answered_on_any_machine(one, other):
    first = one.publish()
    one.load({"products.csv": STOCK.format(4)})
    second = one.publish()
    feed = other.found()

    compared = review.difference(other.settings, feed, first.id, second.id)
    with unit_of_work(other.engine) as work:
        shown = explain(work, other.projection, other.folder(), feed, item="laces", target="stock")

    assert [(c["item"], c["old"], c["new"]) for c in compared["changed"]] == [("laces", "9", "4")]
    assert (shown["output"], shown["published"]) == ("4", "4")
    assert review.item_status(other.settings, feed, "laces")["status"] == "live"


def test_what_one_machine_holds_the_other_releases(one, other):
    one.publish()
    one.feed(
        guards={"max_drop_percent": 10}, where={"field": "sku", "operator": "=", "value": "laces"}
    )
    held = one.publish()
    assert held.state == "held"
    assert len(stock_of(other.latest())) == 11

    with unit_of_work(other.engine) as work:
        review.release(work, other.settings, other.found(), reason="The season is over.")

    assert one.folder().pointed() == held.id
    assert set(stock_of(one.latest())) == {"laces"}


def test_one_machine_rolls_back_what_the_other_published(one, other):
    first = one.publish()
    one.load({"products.csv": STOCK.format(3)})
    one.publish()
    one.load({"products.csv": STOCK.format(2)})
    one.publish(delta=True)

    with unit_of_work(other.engine) as work:
        review.roll_back(work, other.settings, other.found(), to=first.id)

    assert one.folder().pointed() == first.id
    assert stock_of(one.latest())["laces"] == "9"
    assert one.folder().pointed(DELTA) is None
    assert keys(one, "latest-delta") == set()


def test_who_was_compared_with_what_is_not_current_any_more_does_not_switch(one, other):
    first = one.publish()
    folder = one.folder()
    one.load({"products.csv": STOCK.format(3)})
    second = other.publish()

    with pytest.raises(Conflict, match="has published"):
        folder.switch(first.id, told=first.id)

    assert folder.pointed() == second.id


def test_old_publications_go_everywhere_and_copies_of_them_too(one, other):
    one.feed(retention=2)
    numbers = []
    for count in range(4):
        one.load({"products.csv": STOCK.format(count)})
        numbers.append(one.publish().id)
        other.text()

    stored = {int(key.split("/")[1]) for key in keys(one, "publications")}
    cached = {int(p.name) for p in (other.settings.feeds / "shop" / "publications").iterdir()}
    assert stored == set(numbers[-2:])
    assert cached == set(numbers[-2:])
    with pytest.raises(NotFound, match="not kept any more"):
        review.difference(other.settings, other.found(), numbers[0], numbers[-1])


def test_a_deleted_feed_leaves_nothing_in_the_storage(one):
    from channels.feeds.service import delete_feed  # noqa: PLC0415

    one.publish()
    with unit_of_work(one.engine) as work:
        delete_feed(work, one.settings, "shop")

    assert keys(one) == set()


def test_a_machine_that_has_lost_its_disk_compares_all_the_same(one):
    first = one.publish()
    one.lose_the_disk()

    again = one.publish()

    assert (again.unchanged, again.added) == (first.items, 0)


def test_a_database_from_yesterday_does_not_write_over_todays_publications(one, other):
    first = one.publish()
    one.load({"products.csv": STOCK.format(3)})
    second = one.publish()
    with one.engine.begin() as connection:  # as after restoring a backup made between the two
        connection.execute(text("DELETE FROM publication WHERE id = :id"), {"id": second.id})
        connection.execute(
            text("SELECT setval(pg_get_serial_sequence('publication', 'id'), :id)"),
            {"id": first.id},
        )

    third = other.publish()

    assert third.id > second.id
    assert other.folder().pointed() == third.id
    assert {first.id, second.id, third.id} == set(other.folder().kept())


def test_a_publication_that_was_switched_counts_though_its_machine_died(one, other, monkeypatch):
    monkeypatch.setattr(sharing.SharedFolder, "retire", died)
    with pytest.raises(KeyboardInterrupt):
        one.publish()
    monkeypatch.undo()
    with other.engine.begin() as connection:  # what the dead process could not note
        connection.execute(text("UPDATE publication SET state = 'running'"))
        assert connection.scalar(text("SELECT count(*) FROM publication")) == 1

    again = other.publish()

    with other.engine.connect() as connection:
        states = connection.execute(text("SELECT state FROM publication ORDER BY id")).scalars()
        assert list(states) == ["published", "published"]
    assert again.unchanged == again.items > 0


def died(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def test_copies_that_a_kill_kept_from_following_are_made_by_who_looks_next(one, other, monkeypatch):
    one.publish()
    one.load({"products.csv": STOCK.format(1)})
    monkeypatch.setattr(sharing.SharedFolder, "_copy_latest", died)
    with pytest.raises(KeyboardInterrupt):
        one.publish()
    monkeypatch.undo()
    assert stock_of(other.text())["laces"] == "1"
    assert stock_of(other.latest())["laces"] == "9"

    other.folder().settle()

    assert stock_of(other.latest())["laces"] == "1"


def test_what_a_killed_publisher_has_sent_is_never_taken_for_a_publication(one, other):
    one.publish()
    one.bucket.put("feeds/shop/publications/999/products.csv", b"half of it")

    assert other.folder().kept() == [one.folder().pointed()]
    assert other.folder().manifest(999) is None
    assert other.publish().id > 999


def test_a_storage_that_fails_while_files_are_sent_changes_nothing_for_readers(one, build):
    one.publish()
    before = (one.folder().pointed(), one.latest())
    one.load({"products.csv": STOCK.format(1)})
    one.projection.refresh()
    cut_off = build(
        home=one.settings.home, storage_endpoint="http://127.0.0.1:1", storage_timeout=1.0
    )

    with pytest.raises(Retryable, match="did not serve"):
        cut_off.publish()

    assert (one.folder().pointed(), one.latest()) == before
    assert one.publish().changed == 1


def test_a_publication_for_another_moment_is_kept_in_the_storage_apart(one):
    one.publish()
    before = one.latest()

    aside = one.publish(as_of=one.publish().at)

    assert aside.kind == "as_of"
    assert one.latest() == before
    assert {key.split("/")[2] for key in keys(one, "as-of")} >= {"products.csv", "manifest.json"}


def test_items_are_read_from_the_other_machines_ledger(one, other):
    one.publish()

    frame = pl.read_parquet(other.folder().file(one.folder().pointed() or 0, "ledger.parquet"))

    assert frame.height == 11


def test_a_feed_is_published_by_one_machine_at_a_time(one, other, monkeypatch):
    one.publish()
    monkeypatch.setattr(lock, "WAIT", "300ms")

    with (
        lock.alone(one.engine, one.found()),
        pytest.raises(Retryable, match="is being published by another process"),
    ):
        other.publish()

    assert other.publish().unchanged == 11


def test_machines_that_publish_one_feed_at_once_take_turns(one, other):
    one.publish()
    one.load({"products.csv": STOCK.format(3)})

    with ThreadPoolExecutor(2) as pool:
        made = list(pool.map(lambda machine: machine.publish(), (one, other)))

    assert sorted(record.changed for record in made) == [0, 1]
    assert one.folder().pointed() == max(record.id for record in made)
    assert stock_of(other.latest())["laces"] == "3"
