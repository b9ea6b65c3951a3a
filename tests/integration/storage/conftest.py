"""A bucket of the test's own, on a server that speaks S3."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pim.storage import Bucket
from tests.objects import Objects, serving


@pytest.fixture(scope="session")
def objects() -> Iterator[Objects]:
    with serving() as running:
        yield running


@pytest.fixture
def bucket(objects: Objects) -> Bucket:
    return Bucket(f"{objects.bucket()}/shop & more", endpoint=objects.endpoint, timeout=20)
