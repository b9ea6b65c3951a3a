"""`pim rule`, as scripts call it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from pim.cli.main import commands
from tests.factories.catalogue import Catalogue
from tests.factories.ruler import asks, put, rule

Call = Callable[..., tuple[int, Any]]

WAX = asks("identifier", "=", "wax")


@pytest.fixture
def pim(catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch) -> Call:
    """Return what calls a command with --json, and gives its exit code and answer."""
    monkeypatch.setenv("PIM_HOME", str(catalogue.settings.home))
    monkeypatch.setenv("PIM_DATABASE_URL", str(catalogue.settings.database_url))

    def call(*arguments: str) -> tuple[int, Any]:
        result = CliRunner().invoke(commands(), [*arguments, "--json"])
        return result.exit_code, json.loads(result.stdout) if result.stdout else result.stderr

    return call


@pytest.fixture
def apply(pim: Call, tmp_path: Path) -> Call:
    """Return what applies documents."""

    def call(*documents: dict[str, Any]) -> tuple[int, Any]:
        file = tmp_path / "rules.json"
        given = documents[0] if len(documents) == 1 else list(documents)
        file.write_text(json.dumps(given), encoding="utf-8")
        return pim("rule", "apply", str(file))

    return call


def test_a_rule_is_saved_run_and_taken_back(pim: Call, apply: Call) -> None:
    code, saved = apply(rule("stocked", put("stock", 5), where=WAX))
    assert (code, saved["status"], saved["version"], saved["warnings"]) == (0, "created", 1, [])

    code, foretold = pim("rule", "run", "stocked", "--dry-run")
    assert (code, foretold["run"]) == (0, None)
    assert foretold["rules"][0]["cells"][0]["after"] == "5"
    code, done = pim("rule", "run", "--all")

    assert (code, done["rules"][0]["changed"], done["unsettled"]) == (0, 1, [])
    _, why = pim("why", "wax", "--field", "stock")
    assert (why["by"], why["rule"]) == ("rule", "stocked")
    code, undone = pim("undo", str(done["rules"][0]["change_set"]))
    assert (code, undone["restored"]) == (0, 1)


def test_versions_tell_what_was_changed(pim: Call, apply: Call) -> None:
    apply(rule("stocked", put("stock", 5), where=WAX))
    code, saved = pim("rule", "disable", "STOCKED")
    assert (code, saved["version"], saved["enabled"]) == (0, 2, False)
    assert pim("rule", "disable", "stocked")[1]["status"] == "unchanged"

    _, entries = pim("rule", "history", "stocked")

    assert [entry["action"] for entry in entries] == ["updated", "created"]
    assert entries[0]["changes"] == [{"field": "enabled", "before": True, "after": False}]
    assert pim("rule", "show", "stocked", "--version", "1")[1]["enabled"] is True
    assert pim("rule", "delete", "stocked")[1]["status"] == "deleted"
    assert pim("rule", "list") == (0, [])
    assert pim("rule", "history", "stocked")[1][0]["action"] == "deleted"


def test_the_rules_acting_on_an_attribute_are_listed_with_how(pim: Call, apply: Call) -> None:
    apply(
        rule("stocked", put("stock", 5), where=WAX),
        rule("branded", put("vegan", value=True), where=asks("stock", "=", "5")),
        rule("other", put("heel", 5)),
    )

    _, found = pim("rule", "list", "--attribute", "STOCK")

    assert [(each["code"], each["acts"]) for each in found] == [
        ("branded", ["reads"]),
        ("stocked", ["writes"]),
    ]
    assert pim("rule", "list", "--attribute", "nothing")[0] == 2


def test_check_tells_circles_contradictions_and_what_the_structure_left_behind(
    pim: Call, apply: Call, catalogue: Catalogue
) -> None:
    assert pim("rule", "check") == (0, {"cycles": [], "clashes": [], "broken": []})
    apply(
        rule("ping", put("stock", 1), where=asks("vegan", "=", value=True)),
        rule("pong", put("vegan", value=True), where=asks("stock", "=", "1")),
        rule("pang", put("stock", 2), priority=1),
        rule("heels", put("heel", 1), read_only=True),
    )
    broken = "UPDATE rule_version SET document = replace(document::text, 'heel', 'hell')::json"
    catalogue.execute(f"{broken} WHERE code = 'heels'")

    code, found = pim("rule", "check")

    assert code == 1
    assert [link["rule"] for link in found["cycles"][0]["rules"]] == ["ping", "pong"]
    assert [(c["field"], c["winner"], c["loser"]) for c in found["clashes"]] == [
        ("stock", "ping", "pang")
    ]
    assert [each["rule"] for each in found["broken"]] == ["heels"]
    assert pim("rule", "run", "heels")[0] == 2


def test_an_import_tells_what_its_rules_did(pim: Call, apply: Call, catalogue: Catalogue) -> None:
    apply(rule("stocked", put("stock", 5), where=WAX, triggers=["import"]))
    sheet = catalogue.sheet({"sku": "wax", "name-en_GB": "Beeswax"}, name="products.csv")

    code, told = pim("import", str(sheet), "--entity", "products")

    assert (code, told["updated"]) == (0, 1)
    assert [(each["rule"], each["changed"]) for each in told["rules"]] == [("stocked", 1)]
    assert catalogue.value("wax", "stock") == "5"


def test_documents_are_refused_whole_with_every_problem(pim: Call, apply: Call) -> None:
    code, said = apply(rule("good", put("stock", 5)), rule("bad", put("ean", "1")))

    assert code == 2
    assert "not_in_bulk" in said or "tells products apart" in said
    assert pim("rule", "list") == (0, [])


def test_a_run_needs_a_name_or_all(pim: Call) -> None:
    assert pim("rule", "run")[0] == 2
    assert pim("rule", "run", "unknown")[0] == 2
