"""The benchmark runs to its end and says what it found."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from pim.structure import queries
from tests.bench.__main__ import main
from tests.bench.map_by_row import FEED, Mapping_, rows
from tests.bench.place import Place
from tests.bench.run import home_of
from tests.bench.steps import STEPS

NAMES = "name count seconds rate peak_mb limit ratio budget met"


def published_and_mapped(place: Place) -> tuple[list[list[str]], list[list[str]]]:
    """Return the items that a feed publishes now, and those that the loop makes."""
    with home_of(place), place.engine() as engine, engine.connect() as connection:
        place.pim("feed", "publish", FEED)
        mapped = list(rows(connection, Mapping_(queries.current(connection)), place.size))
    path = place.home / "feeds" / FEED / "current" / f"{FEED}.csv"
    with path.open(encoding="utf-8", newline="") as file:
        _, *published = list(csv.reader(file, delimiter=";"))
    return sorted(published), sorted(mapped)


@pytest.mark.slow
def test_every_step_is_measured_and_written_down(tmp_path: Path) -> None:
    out = tmp_path / "latest.json"
    home = tmp_path / "bench"
    arguments = ["--size", "1000", "--feeds", "4", "--home", str(home), "--out", str(out)]

    code = main([*arguments, "--no-tenth"])

    written = json.loads(out.read_text("utf-8"))
    assert (written["size"], written["feeds"]) == (1_000, 4)
    assert [row["name"] for row in written["rows"]] == list(STEPS)
    for row in written["rows"]:
        assert set(NAMES.split()) <= set(row)
        assert not row["error"], row
        assert row["seconds"] > 0
        assert row["peak_mb"] > 0
    assert code == (1 if any(row["met"] is False for row in written["rows"]) else 0)
    changed = next(row for row in written["rows"] if row["name"] == "deltas, 1,000 changes")
    assert changed["note"].startswith("1,000 changed")

    published, mapped = published_and_mapped(Place(home, 1_000, 4))
    assert mapped == published


@pytest.mark.slow
def test_a_step_is_repeated_on_a_home_that_was_kept_and_another_that_fails_is_told(
    tmp_path: Path,
) -> None:
    out = tmp_path / "partly.json"
    arguments = ["--size", "300", "--feeds", "1", "--home", str(tmp_path / "bench")]
    main([*arguments, "--only", "generate", "--out", str(out)])

    code = main([*arguments, "--only", "undo", "--only", "import again, unch", "--out", str(out)])

    again, undo = json.loads(out.read_text("utf-8"))["rows"]
    assert "Something changed" in again["error"]  # all was created: it had not been imported
    assert "bulk.json" in undo["error"]
    assert code == 3
