"""Objects: whole or not there, replaced on condition, in parts when they are big."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from pim.errors import Conflict, NotFound
from pim.storage import Bucket
from pim.storage.bucket import PART
from tests.objects import Objects


def test_a_pointer_is_replaced_only_if_it_is_the_one_that_was_read(bucket: Bucket) -> None:
    bucket.write("current", b"one", before=None)
    first = bucket.read("current")
    assert first is not None
    bucket.write("current", b"two", before=first)

    with pytest.raises(Conflict):
        bucket.write("current", b"three", before=first)
    with pytest.raises(Conflict):
        bucket.write("current", b"three", before=None)

    now = bucket.read("current")
    assert now is not None
    assert now.content == b"two"


def test_of_many_who_replace_a_pointer_at_once_one_wins(bucket: Bucket) -> None:
    bucket.put("current", b"old")
    before = bucket.read("current")
    won = []

    def replace(number: int) -> None:
        try:
            bucket.write("current", f"{number}".encode(), before=before)
        except Conflict:
            return
        won.append(number)

    racers = [threading.Thread(target=replace, args=(number,)) for number in range(12)]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()

    now = bucket.read("current")
    assert now is not None
    assert [str(number).encode() for number in won] == [now.content]


def test_who_hears_nothing_of_an_own_success_does_not_take_it_for_a_defeat(bucket: Bucket) -> None:
    bucket.write("current", b"mine", before=None)

    bucket.write("current", b"mine", before=None)

    assert bucket.read("current") is not None


@pytest.mark.parametrize("size", [0, 1, PART, PART + 1, 3 * PART + 17])
def test_a_file_comes_back_as_it_went(bucket: Bucket, tmp_path: Path, size: int) -> None:
    path = tmp_path / "away"
    path.write_bytes(os.urandom(size))

    bucket.put_file(path, "folder/Ёлка 1%.bin")
    bucket.fetch("folder/Ёлка 1%.bin", tmp_path / "back" / "file")

    assert (tmp_path / "back" / "file").read_bytes() == path.read_bytes()
    assert bucket.size("folder/Ёлка 1%.bin") == size
    assert [each.name for each in (tmp_path / "back").iterdir()] == ["file"]


def test_an_object_is_read_from_any_place(bucket: Bucket) -> None:
    bucket.put("digits", b"0123456789" * 1000)

    with bucket.opened("digits") as file:
        file.seek(5)
        assert file.read(10) == b"5678901234"
        assert len(file.read()) == 10_000 - 15


def test_what_is_not_there_is_told_apart(bucket: Bucket, tmp_path: Path) -> None:
    assert bucket.read("nothing") is None
    assert bucket.size("nothing") is None
    assert list(bucket.list("nothing")) == []
    bucket.delete(["nothing"])
    with pytest.raises(NotFound):
        bucket.fetch("nothing", tmp_path / "nothing")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_is_listed_and_removed_alone(bucket: Bucket) -> None:
    for key in ("a/1", "a/b/2", "ab/3"):
        bucket.put(key, b"x")
    bucket.copy("a/1", "c/1")

    assert sorted(each.key for each in bucket.list("a")) == ["a/1", "a/b/2"]
    bucket.delete_folder("a")

    assert sorted(each.key for each in bucket.list("")) == ["ab/3", "c/1"]


MEASURE = """
import re, sys
from pathlib import Path
from pim.storage import Bucket

url, endpoint, folder = sys.argv[1:]
bucket = Bucket(url, endpoint=endpoint)
peak = lambda: int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
before = peak()
bucket.put_file(Path(folder) / "big", "big")
bucket.fetch("big", Path(folder) / "back")
print(peak() - before)
"""


@pytest.mark.slow
def test_big_files_travel_at_constant_memory(
    bucket: Bucket, objects: Objects, tmp_path: Path
) -> None:
    size = 400 * 1024**2
    with (tmp_path / "big").open("wb") as file:
        file.truncate(size)

    root = str(Path(__file__).parents[3])
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, bucket.url, objects.endpoint, str(tmp_path)],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": root},
    )

    assert (tmp_path / "back").stat().st_size == size
    assert int(done.stdout) * 1024 < 150 * 1024**2
