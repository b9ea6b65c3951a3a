"""A feed's folder: pointers that switch at once, and files that stay as long as they are needed."""

from __future__ import annotations

import hashlib
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from channels.publication.files import CURRENT, DELTA, FeedFolder, describe, write_manifest

NOON = datetime(2026, 12, 26, 12, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path: Path) -> FeedFolder:
    return FeedFolder(tmp_path)


def finish(folder: FeedFolder, *numbers: int, base: int | None = None) -> None:
    for number in numbers:
        write_manifest(folder.start(number), {"base": base})


def left(folder: FeedFolder) -> set[int]:
    return {int(path.name) for path in (folder.path / "publications").iterdir()}


def test_nothing_is_pointed_at_before_the_first_switch(folder):
    assert (folder.pointed(), folder.newest(), folder.finished()) == (None, None, [])
    assert folder.manifest(1) is None


def test_readers_follow_the_pointer(folder):
    finish(folder, 1, 2)
    folder.switch(1)
    folder.switch(2)

    assert folder.pointed() == 2
    assert (folder.path / CURRENT).resolve() == folder.publication(2)


def test_the_destination_was_told_the_newer_of_file_and_delta_last(folder):
    finish(folder, 1, 2)
    folder.switch(1)
    folder.switch(2, DELTA)
    assert folder.newest() == 2

    folder.unpoint(DELTA)

    assert folder.newest() == 1
    folder.unpoint(DELTA)


def test_a_folder_without_manifest_is_not_a_publication(folder):
    finish(folder, 1)
    folder.start(2)

    assert folder.finished() == [1]


def test_what_is_started_again_starts_empty(folder):
    (folder.start(1) / "half.csv").write_text("half", encoding="utf-8")

    assert list(folder.start(1).iterdir()) == []


def test_the_newest_publications_are_kept(folder):
    finish(folder, *range(1, 8))
    folder.switch(7)

    folder.retire(retention=3)

    assert left(folder) == {5, 6, 7}


def test_what_readers_see_and_all_that_a_delta_builds_on_is_kept(folder):
    finish(folder, 1, 2)
    finish(folder, 3, base=2)
    finish(folder, 4, base=3)
    finish(folder, 5, 6)
    folder.switch(1)
    folder.switch(4, DELTA)

    folder.retire(retention=1)

    assert left(folder) == {1, 2, 3, 4, 6}


def test_a_held_publication_is_kept(folder):
    finish(folder, 1, 2, 3)
    folder.switch(3)

    folder.retire(retention=1, held=[2])

    assert left(folder) == {2, 3}


def test_what_killed_processes_left_goes_and_costs_no_publication_its_place(folder):
    finish(folder, 1, 2)
    folder.switch(2)
    for number in (3, 4, 5):
        folder.start(number)

    folder.retire(retention=2)

    assert left(folder) == {1, 2}


def test_publications_for_other_moments_are_kept_as_many(folder):
    folder.path.joinpath("publications").mkdir()
    for day in range(4):
        place = folder.as_of(NOON + timedelta(days=day))
        place.mkdir(parents=True)
        os.utime(place, (day, day))

    folder.retire(retention=2)

    assert sorted(path.name for path in (folder.path / "as-of").iterdir()) == [
        "20261228T120000Z",
        "20261229T120000Z",
    ]


def test_moments_are_named_in_utc(folder):
    berlin = datetime.fromisoformat("2026-12-26T13:00+01:00")

    assert folder.as_of(berlin) == folder.as_of(NOON)


def test_a_file_is_described_by_size_and_digest(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"derby")

    assert describe(path) == {"sha256": hashlib.sha256(b"derby").hexdigest(), "bytes": 5}
