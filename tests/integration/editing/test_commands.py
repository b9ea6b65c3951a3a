"""`pim bulk`, `pim undo`, `pim history` and `pim run`, as scripts call them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from pim.cli.main import commands
from tests.factories.catalogue import Catalogue

Call = Callable[..., tuple[int, Any]]

WAX = '{"field": "identifier", "operator": "=", "value": "WAX"}'
CHEAPER = '[{"type": "calculate", "field": "price", "percent": -20}]'
ANSWER = {
    "change_set", "selected", "reached", "written", "changed", "unchanged", "invalid",
    "not_permitted",
}  # fmt: skip


@pytest.fixture
def pim(catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch) -> Call:
    """Return what calls a command with --json, and gives its exit code and answer."""
    monkeypatch.setenv("PIM_HOME", str(catalogue.settings.home))
    monkeypatch.setenv("PIM_DATABASE_URL", str(catalogue.settings.database_url))

    def call(*arguments: str) -> tuple[int, Any]:
        result = CliRunner().invoke(commands(), [*arguments, "--json"])
        return result.exit_code, json.loads(result.stdout) if result.stdout else result.stderr

    return call


def test_an_edit_answers_with_its_counts_and_is_undone_by_its_change_set(pim: Call) -> None:
    code, dry = pim("bulk", "--where", WAX, "--do", CHEAPER, "--dry-run")
    assert (code, dry["change_set"], dry["changed"]) == (0, None, 1)

    code, answer = pim("bulk", "--where", WAX, "--do", CHEAPER, "--label", "Autumn sale")

    assert code == 0
    assert set(answer) >= ANSWER
    assert {**answer, "change_set": None} == dry
    _, history = pim("history", "wax", "--field", "price")
    assert history[0]["label"] == "Autumn sale"
    code, undone = pim("undo", str(answer["change_set"]))
    assert (code, undone["restored"], undone["kept"]) == (0, 1, 0)


def test_cells_that_could_not_be_written_make_the_exit_code_1(pim: Call) -> None:
    do = '[{"type": "set", "field": "brand", "value": "acme"}]'

    code, answer = pim("bulk", "--where", "{}", "--do", do)

    assert (code, answer["invalid"]) == (1, 2)


def test_an_edit_of_pasted_identifiers_tells_what_it_did_not_find(
    pim: Call, catalogue: Catalogue, tmp_path: Path
) -> None:
    pasted = tmp_path / "pasted.txt"
    pasted.write_text('wax\tLACES\n"moc", nope; WAX\n', encoding="utf-16")
    do = '[{"type": "set", "field": "stock", "value": 7}]'

    code, answer = pim("bulk", "--ids", str(pasted), "--exclude", "laces", "--level", "product",
                       "--do", do)  # fmt: skip

    assert (code, answer["selected"], answer["written"]) == (1, 2, 2)
    assert (answer["unknown"], answer["duplicates"]) == (["nope"], ["WAX"])
    assert [catalogue.value(name, "stock") for name in ("wax", "MOC-41", "laces")] == [
        "7", "7", None,
    ]  # fmt: skip


def test_a_selection_joins_what_its_options_add(pim: Call) -> None:
    selection = '{"picked": ["laces"], "excluded": ["MOC-41"]}'
    where = '{"field": "family", "operator": "=", "value": "shoes"}'

    code, answer = pim("bulk", "--selection", selection, "--where", where, "--do",
                       '[{"type": "disable"}]', "--dry-run")  # fmt: skip

    assert (code, answer["selected"], answer["changed"]) == (0, 4, 3)


@pytest.mark.parametrize(
    "options", [(), ("--selection", "[]"), ("--ids", "/no/such"), ("--selection", "{}")]
)
def test_a_command_that_chooses_nothing_is_refused(pim: Call, options: tuple[str, ...]) -> None:
    assert pim("bulk", *options, "--do", CHEAPER)[0] == 2


@pytest.mark.parametrize(
    ("where", "do"),
    [(WAX, "[]"), (WAX, '[{"type": "clear", "field": "ean"}]'), ('{"field": "colour"}', CHEAPER)],
)
def test_documents_that_are_not_valid_are_refused(
    pim: Call, catalogue: Catalogue, where: str, do: str
) -> None:
    written = catalogue.written()

    code, _ = pim("bulk", "--where", where, "--do", do)

    assert code == 2
    assert catalogue.written() == written


def test_a_killed_edit_is_cancelled_resumed_and_undone_by_its_numbers(
    pim: Call, catalogue: Catalogue, killed: int
) -> None:
    assert pim("run", "show", str(killed))[1]["state"] == "interrupted"
    assert pim("run", "cancel", str(killed))[1]["state"] == "cancelled"

    code, answer = pim("run", "resume", str(killed))

    assert (code, answer["selected"], answer["written"]) == (0, 6, 6)
    assert pim("run", "resume", str(killed))[0] == 2
    assert pim("undo", str(answer["change_set"]))[1]["restored"] == 6


def test_a_killed_edit_is_undone_at_once(pim: Call, catalogue: Catalogue, killed: int) -> None:
    change_set = catalogue.query("SELECT max(id) FROM change_set")[0][0]

    code, undone = pim("undo", str(change_set))

    assert (code, undone["restored"]) == (0, 3)
    assert "pim run resume" in pim("run", "show", str(killed))[1]["error"]


def test_history_is_told_in_plain_words(pim: Call) -> None:
    pim("bulk", "--where", WAX, "--do", CHEAPER, "--label", "Autumn sale")
    pim("bulk", "--where", WAX, "--do", '[{"type": "clear", "field": "price"}]')

    told = CliRunner().invoke(commands(), ["history", "wax"]).stdout

    assert [re.sub(r"^[\d-]+ [\d:]+ \S+ #\d+ ", "", line) for line in told.splitlines()] == [
        "changed: bulk by the system",
        "    price-EUR: 7.96 -> (empty)",
        'changed: bulk "Autumn sale" by the system',
        "    price-EUR: 9.95 -> 7.96",
        'created: import "sheet2.csv" (sheet2.csv, row 6) by the system',
    ]


def test_what_was_deleted_is_listed_and_comes_back(pim: Call, catalogue: Catalogue) -> None:
    before = catalogue.state()
    code, gone = pim("bulk", "--selection", '{"picked": ["derby", "laces"]}',
                     "--do", '[{"type": "delete"}]', "--label", "Old")  # fmt: skip
    assert (code, gone["changed"]) == (0, 7)

    _, listed = pim("bin", "list")
    assert (listed["count"], len(listed["entries"])) == (7, 7)
    assert {entry["label"] for entry in listed["entries"]} == {"Old"}
    assert pim("bin", "list", "--since", "2999-01-01")[1]["count"] == 0

    _, dry = pim("bin", "restore", "derby", "--dry-run")
    assert (dry["change_set"], dry["changed"]) == (None, 6)
    code, back = pim("bin", "restore", "LACES", "nobody")
    assert (code, back["changed"], back["unknown"]) == (1, 1, ["nobody"])
    code, back = pim("bin", "restore", "--change-set", str(gone["change_set"]))
    assert (code, back["changed"]) == (0, 6)
    assert catalogue.state() == before

    pim("bulk", "--ids", "-", "--do", '[{"type": "delete"}]')
    assert pim("bin", "restore")[0] == 2
    assert pim("bin", "empty", "--older-than", "soon")[0] == 2


def test_an_emptied_bin_is_empty(pim: Call) -> None:
    pim("bulk", "--where", WAX, "--do", '[{"type": "delete"}]')
    assert pim("bin", "empty")[1] == {"emptied": 0}

    assert pim("bin", "empty", "--older-than", "0d")[1] == {"emptied": 1}
    assert pim("bin", "list")[1]["count"] == 0
