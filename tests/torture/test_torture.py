"""A small torture: every operation, a few moments, everything killed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.torture.operations import OPERATIONS
from tests.torture.place import Place
from tests.torture.torture import VICTIMS, Torture, line

pytestmark = pytest.mark.slow


@pytest.fixture
def place(home: Path) -> Iterator[Place]:
    """Return a home that may be tortured."""
    place = Place(home, memory="64MB")
    yield place
    place.remove()


def test_whatever_is_killed_every_operation_ends_as_if_nothing_had_been(place: Place) -> None:
    torture = Torture(place, size=2_000, moments=2, feeds=1, say=lambda _: None, web=False)

    rows = torture.run()

    assert len(rows) == len(OPERATIONS) * len(VICTIMS)
    assert [line(row) for row in rows if not row.equal] == []
    assert sum(row.moments for row in rows) > len(rows)
    assert max(row.running_without_process for row in rows) < 60


def test_pages_that_are_killed_amid_uploads_come_back_and_disturb_no_import(place: Place) -> None:
    torture = Torture(place, size=2_000, moments=2, feeds=1, say=lambda _: None)

    [row] = torture.run(["import"], ["worker, command"])

    assert row.wrong == []
    assert row.web_kills > 0
