"""One projection on many machines: pulled, pushed, and never half there."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import orjson
import pytest

from pim.errors import Retryable
from pim.projection import manifest, sharing
from pim.projection.segments import Segment

STOCK = "sku;stock\nlaces;{}\n"


def segments_of(machine):
    listed = machine.bucket.list("projection/segments")
    return {each.key.split("/")[2] for each in listed}


def local_segments(machine):
    return {path.name for path in (machine.settings.projection / "segments").iterdir()}


def test_what_one_machine_has_written_the_other_pulls_instead_of_building_it(one, other):
    first = one.projection.refresh()
    built = other.projection.refresh()

    assert built == first
    assert local_segments(other) == segments_of(one) == {s.name for s in first.segments}
    assert one.stock() == other.stock()

    one.load({"products.csv": STOCK.format(77)})
    second = one.projection.refresh()

    assert other.projection.refresh() == second
    assert other.stock()["laces"] == 77


def test_both_machines_add_to_one_projection_in_turn(one, other):
    one.projection.refresh()
    for number in range(4):
        machine = (one, other)[number % 2]
        machine.load({"products.csv": STOCK.format(number)})
        machine.projection.refresh()

    assert one.projection.refresh() == other.projection.refresh()
    assert one.stock()["laces"] == other.stock()["laces"] == 3
    assert one.projection.refresh().number == 5


def test_a_machine_that_only_reads_follows_in_the_background(one, other):
    one.projection.refresh()
    assert other.stock()["laces"] == 9
    one.load({"products.csv": STOCK.format(5)})
    one.projection.refresh()

    until = time.monotonic() + 20
    while other.stock()["laces"] != 5 and time.monotonic() < until:
        time.sleep(0.2)

    assert other.stock()["laces"] == 5


def test_a_machine_that_has_lost_its_disk_pulls(one):
    before = one.projection.refresh()
    one.lose_the_disk()

    assert one.projection.refresh() == before
    assert one.stock()["laces"] == 9


def test_a_reading_outlives_what_another_machine_makes_of_its_segments(one, other):
    one.projection.refresh()
    other.projection.refresh()
    with other.projection.read() as reading:
        one.load({"products.csv": STOCK.format(1000)})
        one.projection.refresh(rebuild=True)
        assert other.projection.refresh().base != reading.manifest.base

        assert max(reading.frame(["stock"])["stock"].drop_nulls()) == 9
    assert other.stock()["laces"] == 1000


def test_a_projector_that_has_lost_its_lock_loses_against_the_quicker_one(one, other, monkeypatch):
    one.projection.refresh()
    one.load({"products.csv": STOCK.format(1)})
    send = sharing.Sharing._send
    quicker = []

    def overtaken(self: sharing.Sharing, segment: Segment) -> None:
        send(self, segment)
        if not quicker:  # the other one does the same work, as if no lock kept it
            state = self._look()
            quicker.append(state)
            document = orjson.loads(state.state.content)
            document["manifest"]["number"] += 1
            self.bucket.write("projection/current", orjson.dumps(document), before=state.state)

    monkeypatch.setattr(sharing.Sharing, "_send", overtaken)
    with pytest.raises(Retryable, match="fetched next"):
        one.projection.refresh()

    assert one.projection.refresh().number > quicker[0].manifest.number
    assert one.stock()["laces"] == other.stock()["laces"] == 1


def test_another_databases_projection_is_not_taken_for_ours(one, other, server):
    one.projection.refresh()
    state = one.bucket.read("projection/current")
    document = orjson.loads(state.content)
    document["manifest"]["system"] = "another cluster, from before the backup was restored"
    one.bucket.put("projection/current", orjson.dumps(document))

    rebuilt = other.projection.refresh()

    assert rebuilt.base.name != document["manifest"]["segments"][0]["name"]
    assert rebuilt.number > document["manifest"]["number"]
    assert other.stock()["laces"] == 9


@pytest.mark.parametrize("content", [b"", b"{}", b'{"manifest": {}, "given_up": {}}', b"\xff"])
def test_a_damaged_pointer_is_written_over(one, other, content):
    one.projection.refresh()
    one.bucket.put("projection/current", content)

    other.projection.refresh()

    assert other.stock() == one.stock()


def test_segments_that_the_storage_has_lost_are_written_anew(one, other):
    first = one.projection.refresh()
    one.bucket.delete_folder(f"projection/segments/{first.base.name}")

    second = other.projection.refresh()

    assert second.number > first.number
    assert second.base != first.base
    assert other.stock() == one.stock()


def test_segments_go_from_the_storage_a_while_after_they_were_given_up(one, monkeypatch):
    first = one.projection.refresh()
    second = one.projection.refresh(rebuild=True)
    assert {first.base.name, second.base.name} == segments_of(one)

    monkeypatch.setattr(sharing, "GRACE", timedelta(0))
    third = one.projection.refresh(rebuild=True)
    assert first.base.name not in segments_of(one)
    fourth = one.projection.refresh(rebuild=True)

    assert segments_of(one) == {third.base.name, fourth.base.name}


def test_what_a_killed_projector_has_sent_goes_a_while_later(one, monkeypatch):
    monkeypatch.setattr(sharing, "SWEEP_EVERY", 1)
    one.bucket.put("projection/segments/0123456789abcdef/items.arrow", b"half")
    one.projection.refresh()
    assert "0123456789abcdef" in segments_of(one)

    monkeypatch.setattr(sharing, "GRACE", timedelta(seconds=-1))
    one.projection.refresh(rebuild=True)

    assert "0123456789abcdef" not in segments_of(one)


def test_a_storage_that_fails_leaves_the_projection_as_it_was(one, build):
    before = one.projection.refresh()
    one.load({"products.csv": STOCK.format(2)})
    cut_off = build(
        home=one.settings.home, storage_endpoint="http://127.0.0.1:1", storage_timeout=1.0
    )

    with pytest.raises(Retryable, match="did not serve"):
        cut_off.projection.refresh()

    assert manifest.load(one.settings.projection) == before
    assert one.projection.refresh().number == before.number + 1
    assert datetime.fromisoformat(before.at) < datetime.now(UTC)
