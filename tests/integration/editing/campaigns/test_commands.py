"""`pim campaign`, as scripts call it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from pim.cli.main import commands
from tests.factories.catalogue import Catalogue

from .conftest import sale

Call = Callable[..., tuple[int, Any]]

FEED = {
    "code": "shop", "channel": "web", "locale": "en_GB", "currency": "EUR", "exporter": "csv_feed",
    "mapping": {"id": {"from": "identifier"}, "price": {"from": "price"}},
    "options": {"item_id": "id"},
}  # fmt: skip
RUNS = {"starts_at": "2090-12-26T00:00", "ends_at": "2091-01-09T00:00"}
STRONG = sale(
    **RUNS,
    code="strong",
    priority=20,
    where={"field": "identifier", "operator": "STARTS WITH", "value": "MOC"},
    do=[{"type": "calculate", "field": "price", "percent": -40, "currency": "EUR"}],
)


@pytest.fixture
def pim(catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Call:
    """Return what calls `pim` with --json; objects among the arguments become files."""
    monkeypatch.setenv("PIM_HOME", str(catalogue.settings.home))
    monkeypatch.setenv("PIM_DATABASE_URL", str(catalogue.settings.database_url))

    def argument(given: Any) -> str:
        if isinstance(given, str | Path):
            return str(given)
        path = tmp_path / f"{len(list(tmp_path.iterdir()))}.json"
        path.write_text(json.dumps(given))
        return str(path)

    def call(*given: Any, as_json: bool = True) -> tuple[int, Any]:
        more = ["--json"] if as_json else []
        result = CliRunner().invoke(commands(), [*map(argument, given), *more])
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        if not as_json:
            return result.exit_code, result.stdout + result.stderr
        return result.exit_code, json.loads(result.stdout) if result.stdout else result.stderr

    return call


def test_a_campaign_is_applied_listed_shown_and_traced(pim: Call):
    code, answer = pim("campaign", "apply", sale(**RUNS))
    assert code == 0
    assert {**answer, "change_set": 0} == {
        "campaign": "sale", "version": 1, "status": "created", "change_set": 0,
        "conflicts": {"cells": 0, "pairs": [], "first": []},
    }  # fmt: skip
    _, (listed,) = pim("campaign", "list")
    assert (listed["code"], listed["state"], listed["starts_at"]) == (
        "sale", "planned", RUNS["starts_at"],
    )  # fmt: skip
    _, document = pim("campaign", "show", "SALE")
    assert pim("campaign", "apply", document)[1]["status"] == "unchanged"
    _, (entry,) = pim("campaign", "history", "sale")
    assert (entry["action"], entry["change_set"]) == ("created", answer["change_set"])


def test_a_refused_document_exits_with_2_and_writes_nothing(pim: Call):
    code, said = pim("campaign", "apply", sale(starts_at="2090-03-26T01:30", do=[]))
    assert code == 2
    assert "2090-03-26T01:30 does not exist in Europe/London" in said
    assert "does nothing" in said
    assert pim("campaign", "list") == (0, [])


def test_a_ladder_is_one_file_and_one_step(pim: Call):
    ladder = [sale(**RUNS, code="first"), sale(**RUNS, code="second", priority=20)]
    _, answers = pim("campaign", "apply", ladder)
    assert [a["campaign"] for a in answers] == ["first", "second"]
    assert answers[0]["change_set"] == answers[1]["change_set"]
    assert answers[0]["conflicts"]["cells"] > 0


def test_conflicts_name_the_winner_before_anything_is_saved(pim: Call):
    pim("campaign", "apply", sale(**RUNS))
    code, planned = pim("campaign", "what-if", STRONG)
    assert code == 0
    assert planned["conflicts"]["first"] == [
        {
            "campaigns": ["strong", "sale"], "identifier": "MOC-41", "field": "price",
            "scope": None, "locale": None, "currency": "EUR", "winner": "strong",
        }
    ]  # fmt: skip
    assert pim("campaign", "conflicts") == (0, [])
    assert pim("campaign", "apply", STRONG, "--refuse-conflicts")[0] == 2
    _, answer = pim("campaign", "apply", STRONG)
    assert answer["conflicts"]["cells"] == 1
    _, rows = pim("campaign", "conflicts", "sale")
    assert rows == planned["conflicts"]["first"]
    _, (pair,) = pim("campaign", "conflicts", "--pairs")
    assert (pair["campaigns"], pair["cells"], pair["channels"]) == (["strong", "sale"], 1, ["web"])


def test_campaigns_of_other_times_or_channels_do_not_conflict(pim: Call):
    later = {"starts_at": RUNS["ends_at"], "ends_at": "2092-01-01"}
    pim("campaign", "apply", [
        sale(**RUNS), sale(**later, code="later"), sale(**RUNS, code="retail", channels=["retail"]),
    ])  # fmt: skip
    assert pim("campaign", "conflicts") == (0, [])


def test_what_if_counts_cells_and_feeds(pim: Call, catalogue: Catalogue):
    assert pim("feed", "apply", FEED)[0] == 0
    before = catalogue.written()

    _, answer = pim("campaign", "what-if", sale(**RUNS))

    (planned,) = answer["campaigns"]
    assert planned["products"] == 4
    assert planned["cells"] == {"changed": 6, "unchanged": 0, "invalid": 0, "empty": 6}
    by_currency = {f["currency"]: f for f in planned["fields"]}
    assert by_currency["EUR"]["changed"] == 4
    assert {"identifier": "MOC-41", "before": "80", "after": "64"} in by_currency["EUR"]["examples"]
    assert answer["feeds"] == [
        {
            "feed": "shop", "label": "shop", "channel": "web", "campaigns": ["sale"],
            "items": 4, "of": 6, "selects": False,
        }
    ]  # fmt: skip
    assert catalogue.written() == before
    assert catalogue.count("campaign") == 0


def test_invalid_results_and_those_that_change_nothing_are_counted(pim: Call):
    do = [
        {"type": "calculate", "field": "stock", "add": -2},
        {"type": "set", "field": "vegan", "value": False},
        {"type": "prefix", "field": "name", "locale": "en_GB", "text": "x" * 58},
    ]
    _, answer = pim("campaign", "what-if", sale(**RUNS, do=do, where={}))
    counts = {
        f["field"]: [f[name] for name in ("changed", "unchanged", "invalid", "empty")]
        for f in answer["campaigns"][0]["fields"]
    }
    assert counts["stock"] == [1, 0, 1, 4]
    assert counts["vegan"] == [3, 3, 0, 0]
    assert counts["name"] == [0, 0, 6, 0]


def test_a_campaign_is_stopped_restored_copied_and_deleted(pim: Call):
    pim("campaign", "apply", sale(**RUNS))
    assert pim("campaign", "stop", "sale")[1]["status"] == "stopped"
    assert pim("campaign", "list")[1][0]["state"] == "stopped"
    assert pim("campaign", "stop", "sale")[0] == 2
    assert pim("campaign", "restore", "sale")[1]["status"] == "restored"
    dates = ("--starts", "2091-12-26", "--ends", "2092-01-09")
    assert pim("campaign", "copy", "sale", "next", *dates, "--label", "Next")[0] == 0
    assert [c["label"] for c in pim("campaign", "list")[1]] == ["Winter sale", "Next"]
    assert [c["code"] for c in pim("campaign", "list", "--from", "2091-06-01")[1]] == ["next"]
    assert pim("campaign", "list", "--channel", "retail") == (0, [])
    assert pim("campaign", "delete", "sale")[1]["status"] == "deleted"
    code, said = pim("campaign", "show", "sale")
    assert (code, "Campaigns: next." in said) == (2, True)


def test_the_change_set_of_a_save_is_undone_like_any_other(pim: Call):
    pim("campaign", "apply", sale(**RUNS))
    _, saved = pim("campaign", "apply", [sale(**RUNS, priority=11), sale(**RUNS, code="new")])
    number = str(saved[0]["change_set"])

    code, answer = pim("undo", number, "--dry-run")
    assert (code, answer["change_set"], len(pim("campaign", "list")[1])) == (0, None, 2)
    code, answer = pim("undo", number)

    assert (code, answer["restored"], answer["campaigns"]) == (0, 2, ["sale", "new"])
    (left,) = pim("campaign", "list")[1]
    assert (left["code"], left["priority"]) == ("sale", 10)
    assert pim("undo", number)[0] == 2
    assert pim("undo", str(answer["change_set"]))[1]["campaigns"] == ["sale", "new"]
    assert len(pim("campaign", "list")[1]) == 2


def test_a_campaign_comes_from_a_sheet(pim: Call, catalogue: Catalogue):
    path = catalogue.sheet({"sku": "wax", "price-EUR": "7"}, {"sku": "nobody", "price-EUR": "1"})
    dates = ("--starts", "2090-11-24", "--ends", "2090-11-28", "--time-zone", "Europe/London")

    code, dry = pim("campaign", "import", "bf", path, *dates, "--dry-run")
    assert (code, dry["status"], pim("campaign", "list")[1]) == (1, "created", [])
    code, answer = pim("campaign", "import", "bf", path, *dates, "--channel", "web")

    assert (code, answer["accepted"], answer["rejected"]) == (1, 1, 1)
    assert answer["violations"][0]["row"] == 3
    _, planned = pim("campaign", "what-if", pim("campaign", "show", "bf")[1])
    assert planned["campaigns"][0]["cells"]["changed"] == 1


def test_people_read_lines(pim: Call, catalogue: Catalogue):
    pim("campaign", "apply", sale(**RUNS))
    pim("feed", "apply", FEED)
    assert "Winter sale, planned" in pim("campaign", "list", as_json=False)[1]
    said = pim("campaign", "what-if", STRONG, as_json=False)[1]
    assert "strong: 1 products; cells: 1 changed" in said
    assert "MOC-41: 80 -> 48" in said
    assert "feed shop: about 1 of 6 items" in said
    assert "strong wins over sale on 1 products" in said.replace("\n", " ")
    pim("campaign", "apply", STRONG)
    assert "MOC-41 price-EUR: strong wins over sale" in pim(
        "campaign", "conflicts", as_json=False
    )[1]  # fmt: skip
    assert "version 1 created by the system" in pim("campaign", "history", "sale", as_json=False)[1]
    path = catalogue.sheet({"sku": "wax", "price-EUR": "cheap"}, {"sku": "laces", "price-EUR": "1"})
    dates = ("--starts", "2090-11-24", "--ends", "2090-11-28", "--time-zone", "Europe/London")
    said = pim("campaign", "import", "bf", path, *dates, as_json=False)[1]
    assert "bf: created; 2 rows, 1 accepted, 1 rejected" in said
    assert "Row 2, column price-EUR:" in said
