"""Trying a storage out: a good one passes, one that ignores conditions is told."""

from __future__ import annotations

from typing import Any

from pim.storage import Bucket
from pim.storage.check import check
from tests.objects import Objects


class Careless(Bucket):
    """A storage that takes every write, as some do that speak S3 only in part."""

    def write(self, key: str, content: bytes, *, before: Any) -> None:
        self.put(key, content)


def test_a_good_storage_passes_and_keeps_nothing_of_the_trial(bucket: Bucket) -> None:
    tried = list(check(bucket))

    assert [each.problem for each in tried] == [None] * 6
    assert list(bucket.list("")) == []


def test_a_storage_that_ignores_conditions_is_told(objects: Objects) -> None:
    tried = list(check(Careless(objects.bucket(), endpoint=objects.endpoint)))

    problems = {each.what: each.problem for each in tried if each.problem}
    assert list(problems) == [
        "creates an object only once",
        "replaces an object only if it is the one that was read",
    ]
    assert "It ignores If-None-Match" in problems["creates an object only once"]


def test_a_storage_that_cannot_be_reached_fails_in_everything(objects: Objects) -> None:
    away = Bucket("s3://shop/x", endpoint="http://127.0.0.1:1", timeout=0.5)

    tried = list(check(away))

    assert all(each.problem and "did not serve" in each.problem for each in tried)
