"""The benchmark runs to its end and says what it found."""

from __future__ import annotations

import json

import pytest

from tests.bench.__main__ import main
from tests.bench.steps import STEPS

NAMES = "name count seconds rate peak_mb limit ratio budget met"


@pytest.mark.slow
def test_every_step_is_measured_and_written_down(tmp_path, monkeypatch):
    monkeypatch.setenv("PIM_HOME", "")
    out = tmp_path / "latest.json"

    main(["--size", "2000", "--feeds", "3", "--out", str(out)])

    written = json.loads(out.read_text("utf-8"))
    assert (written["size"], written["feeds"]) == (2_000, 3)
    assert [row["name"] for row in written["rows"]] == list(STEPS)
    for row in written["rows"]:
        assert set(NAMES.split()) <= set(row)
        assert row["seconds"] > 0
        assert row["peak_mb"] > 0
    changed = next(row for row in written["rows"] if row["name"] == "deltas, 1,000 changes")
    assert changed["note"].startswith("1,000 changed")
