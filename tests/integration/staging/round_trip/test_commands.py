"""The commands of a round trip: what they answer, print and end with."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pim.cli.main import commands
from pim.staging.imports import ImportResult
from tests.factories.catalogue import Catalogue
from tests.integration.staging.round_trip.conftest import Desk

Other = Callable[..., ImportResult]


@pytest.fixture
def pim(catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    monkeypatch.setenv("PIM_HOME", str(catalogue.settings.home))
    monkeypatch.setenv("PIM_DATABASE_URL", catalogue.settings.database_url or "")
    return lambda *words: CliRunner().invoke(commands(), [*map(str, words)])


def test_an_import_with_conflicts_tells_them_and_ends_with_one(
    desk: Desk, other: Other, pim: Callable[..., Result], tmp_path: Path
) -> None:
    sheet, file = tmp_path / "products.csv", tmp_path / "conflicts.csv"
    exported = pim("export", "products", "--out", sheet, "--round-trip", "--json")
    assert json.loads(exported.stdout)["rows"] == 6
    other("wax", price__EUR="11")
    desk.edit(sheet, {("wax", "price-EUR"): "12,5", ("laces", "name-en_GB"): "Strings"})

    answer = pim("import", sheet, "--conflicts", file, "--json")
    again = pim("import", sheet)

    told = json.loads(answer.stdout)
    assert (answer.exit_code, told["conflicts"], told["updated"], told["rejected"]) == (1, 1, 1, 0)
    assert told["conflict_cells"] == [
        {
            "file": str(sheet), "row": 6, "identifier": "wax", "field": "price-EUR",
            "base": "9.95", "theirs": "11", "ours": "12.5",
        }
    ]  # fmt: skip
    assert told["conflict_files"] == [str(file)]
    assert file.read_text("utf-8").splitlines()[0].endswith("_base;_theirs;_ours;_resolve")
    assert again.exit_code == 1
    assert "1 conflicts" in again.output
    assert "was '9.95', is '11' by now, the file says '12.5'" in again.output.replace("\n", " ")


def test_a_decided_file_of_conflicts_ends_with_zero(
    catalogue: Catalogue,
    desk: Desk,
    other: Other,
    pim: Callable[..., Result],
    tmp_path: Path,
) -> None:
    sheet, file = desk.export(), tmp_path / "decide.csv"
    other("wax", price__EUR="11")
    pim("import", desk.edit(sheet, {("wax", "price-EUR"): "12.5"}), "--conflicts", file)
    file.write_text(file.read_text("utf-8").rstrip("\n") + "ours\n", "utf-8")

    answer = pim("import", file, "--json")

    assert (answer.exit_code, json.loads(answer.stdout)["updated"]) == (0, 1)
    assert catalogue.value("wax", "price") == {"EUR": "12.5"}
