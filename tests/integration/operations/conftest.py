"""A server that speaks S3, for backups of what several machines share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.objects import Objects, serving


@pytest.fixture(scope="session")
def objects() -> Iterator[Objects]:
    with serving() as running:
        yield running
