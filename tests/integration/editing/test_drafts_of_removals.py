"""Deletions, returns and pictures as drafts: previewed row by row, unticked, run as previewed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from pim.assets.storage import Storage
from pim.cli.main import commands
from tests.factories.catalogue import Catalogue

Call = Callable[..., Any]


@pytest.fixture
def pim(catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch) -> Call:
    """Return what calls a command with --json, and gives its answer."""
    monkeypatch.setenv("PIM_HOME", str(catalogue.settings.home))
    monkeypatch.setenv("PIM_DATABASE_URL", str(catalogue.settings.database_url))

    def call(*arguments: str) -> Any:
        result = CliRunner().invoke(commands(), [*arguments, "--json"])
        assert result.stdout, result.stderr
        return json.loads(result.stdout)

    return call


def drafted(pim: Call, selection: dict[str, Any], operation: dict[str, Any]) -> str:
    draft = pim("bulk", "--selection", json.dumps(selection), "--do", json.dumps([operation]),
                "--draft")  # fmt: skip
    return str(draft["change_set"])


def cells(pim: Call, number: str) -> list[tuple[str, str]]:
    """Return identifier and outcome of every cell of a preview."""
    page = pim("change-set", "preview", number, "--size", "100")
    return sorted((cell["identifier"], cell["outcome"]) for cell in page["cells"])


def test_a_draft_deletes_what_its_preview_shows_and_an_unticked_size_keeps_its_models(
    catalogue: Catalogue, pim: Call
) -> None:
    before = catalogue.state()
    number = drafted(pim, {"picked": ["derby", "wax"]}, {"type": "delete"})

    shown = cells(pim, number)

    assert catalogue.state() == before
    assert [outcome for _, outcome in shown] == ["changed"] * 7
    pim("change-set", "untick", number, "DRB-COG-41")
    result = pim("change-set", "run", number)
    assert (result["changed"], result["invalid"]) == (4, 2)
    assert {"DRB-COG-41", "derby", "derby-cognac"} <= set(catalogue.names())
    assert "derby-black" not in catalogue.names()
    pim("undo", number)
    assert catalogue.state() == before


def test_a_draft_brings_back_what_its_preview_shows(catalogue: Catalogue, pim: Call) -> None:
    before = catalogue.state()
    pim("bulk", "--selection", '{"picked": ["derby", "wax"]}', "--do", '[{"type": "delete"}]')
    number = drafted(pim, {"identifiers": "derby wax"}, {"type": "restore"})

    assert [outcome for _, outcome in cells(pim, number)] == ["changed"] * 7
    result = pim("change-set", "run", number)

    assert (result["changed"], result["differs"], catalogue.state()) == (7, 0, before)


def test_a_draft_attaches_the_files_that_its_preview_shows(
    catalogue: Catalogue, pim: Call, tmp_path: Path
) -> None:
    storage, files = Storage.from_settings(catalogue.settings), []
    for name in ("moc_2.jpg", "moc_1.jpg", "derby_1.jpg"):
        (tmp_path / name).write_bytes(name.encode())
        files.append(storage.put(tmp_path / name))
    do = {"type": "attach_media", "field": "gallery", "pattern": "{colourway}_{n}", "files": files}
    number = drafted(pim, {"where": {}}, do)

    assert cells(pim, number) == [("moc", "changed")]
    result = pim("change-set", "run", number)

    assert (result["changed"], result["differs"]) == (1, 0)
    assert catalogue.value("moc", "gallery") == [files[1], files[0]]
