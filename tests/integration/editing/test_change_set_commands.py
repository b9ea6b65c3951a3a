"""`pim change-set`, `pim bulk --draft` and `pim role`, as scripts call them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import CliRunner

from pim.cli.main import commands
from tests.factories.catalogue import Catalogue

Call = Callable[..., tuple[int, Any]]

STOCK = '[{"type": "set", "field": "stock", "value": 77}]'


@pytest.fixture
def pim(catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch) -> Call:
    """Return what calls a command with --json, and gives its exit code and answer."""
    monkeypatch.setenv("PIM_HOME", str(catalogue.settings.home))
    monkeypatch.setenv("PIM_DATABASE_URL", str(catalogue.settings.database_url))

    def call(*arguments: str, give: str | None = None) -> tuple[int, Any]:
        result = CliRunner().invoke(commands(), [*arguments, "--json"], input=give)
        return result.exit_code, json.loads(result.stdout) if result.stdout else result.stderr

    return call


def drafted(pim: Call, *more: str) -> str:
    code, draft = pim("bulk", "--where", "{}", "--do", STOCK, "--draft", "--label", "Stock", *more)
    assert (code, draft["state"]) == (0, "draft")
    return str(draft["change_set"])


def test_a_draft_is_previewed_unticked_run_and_undone(catalogue: Catalogue, pim: Call) -> None:
    before = catalogue.state()
    number = drafted(pim)

    code, page = pim("change-set", "preview", number, "--outcome", "changed", "--size", "2")
    assert (code, len(page["cells"]), page["total"], page["pages"]) == (0, 2, 6, 3)
    assert (page["state"], page["complete"], page["counts"]["changed"]) == ("previewed", True, 6)
    _, answer = pim("change-set", "untick", number, "wax", "laces")
    assert (answer["rows"], answer["counts"]["unticked"]) == (2, 2)
    _, answer = pim("change-set", "tick", number, "laces")
    assert answer["counts"]["unticked"] == 1
    code, result = pim("change-set", "run", number)

    assert (code, result["changed"], result["differs"], result["change_set"]) == (
        0,
        5,
        0,
        int(number),
    )
    assert catalogue.value("wax", "stock") != "77"
    code, undone = pim("undo", number)
    assert (code, undone["restored"], catalogue.state()) == (0, 5, before)
    _, shown = pim("change-set", "show", number)
    assert shown["state"] == "undone"
    assert [event["action"] for event in shown["events"]] == [
        "create", "preview", "choose", "choose", "run",
    ]  # fmt: skip


def test_a_second_look_shows_the_same_preview_and_another_page(pim: Call) -> None:
    number = drafted(pim)
    _, first = pim("change-set", "preview", number, "--size", "4")

    _, second = pim("change-set", "preview", number, "--size", "4", "--page", "2")

    assert len(second["cells"]) == 2
    assert second["progress"]["run"] == first["progress"]["run"]
    _, anew = pim("change-set", "preview", number, "--again")
    assert anew["progress"]["run"] != first["progress"]["run"]


def test_approval_goes_from_one_person_to_another(pim: Call) -> None:
    for name, role in (("ann", "editor"), ("bob", "approver")):
        arguments = ("user", "create", f"{name}@example.com", "--role", role, "--password-stdin")
        assert pim(*arguments, give="correct horse battery\n")[0] == 0
    code, roles = pim("role", "set", "editor", "--approval-above", "3")
    assert (code, roles["approval_above"]) == (0, 3)
    ann, bob = ("--user", "ann@example.com"), ("--user", "bob@example.com")
    number = drafted(pim, *ann)
    pim("change-set", "preview", number, *ann)

    code, told = pim("change-set", "run", number, *ann)
    assert code == 2
    assert "needs approval" in told
    assert pim("change-set", "submit", number, "--comment", "Please", *ann)[0] == 0
    assert pim("change-set", "approve", number, *ann)[0] == 2
    assert pim("change-set", "comment", number, "Looks right", *bob)[0] == 0
    code, answer = pim("change-set", "approve", number, *bob)
    assert (code, answer["state"]) == (0, "approved")

    assert pim("change-set", "run", number, *ann)[0] == 0
    _, listed = pim("change-set", "list", "--state", "done")
    assert [each["author"] for each in listed if each["label"] == "Stock"] == ["ann@example.com"]
    assert pim("role", "set", "editor", "--approval-above", "never")[1]["approval_above"] is None
    _, roles = pim("role", "list")
    assert {role["role"] for role in roles} >= {"administrator", "approver", "editor", "viewer"}


def test_rejecting_wants_a_comment_and_unknown_people_are_refused(pim: Call) -> None:
    number = drafted(pim)

    assert pim("change-set", "reject", number)[0] == 2
    code, told = pim("change-set", "submit", number, "--user", "nobody@example.com")
    assert (code, "no active user" in told) == (2, True)
    assert pim("change-set", "show", "999")[0] == 2
    assert pim("change-set", "untick", number)[0] == 2
    code, answer = pim("change-set", "cancel", number, "--comment", "Not needed")
    assert (code, answer["state"]) == (0, "cancelled")


def test_people_read_lines(catalogue: Catalogue, pim: Call) -> None:
    number = drafted(pim)

    shown = CliRunner().invoke(commands(), ["change-set", "preview", number, "--identifier", "wax"])
    line = CliRunner().invoke(commands(), ["change-set", "list", "--state", "previewed"])

    assert "[x] wax stock:" in shown.stdout
    assert "Page 1 of 1, 1 cells." in shown.stdout
    assert f'{number} bulk "Stock" by the system: previewed' in line.stdout
    assert CliRunner().invoke(commands(), ["change-set", "show", number]).exit_code == 0
