"""`pim why`, restores and history by command, and what campaigns lay over a value."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from click.testing import CliRunner

from pim.cli.main import commands
from pim.db.unit_of_work import unit_of_work
from pim.editing.campaigns.service import apply_campaigns
from pim.editing.why import Question, why
from pim.errors import Refused
from pim.products.history import find_entity
from pim.projection import Projection
from pim.structure.queries import current
from tests.factories.catalogue import Catalogue

Call = Callable[..., tuple[int, Any]]


@pytest.fixture
def pim(catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch) -> Call:
    """Return what calls a command with --json, and gives its exit code and answer."""
    monkeypatch.setenv("PIM_HOME", str(catalogue.settings.home))
    monkeypatch.setenv("PIM_DATABASE_URL", str(catalogue.settings.database_url))

    def call(*arguments: str) -> tuple[int, Any]:
        result = CliRunner().invoke(commands(), [*arguments, "--json"])
        return result.exit_code, json.loads(result.stdout) if result.stdout else result.stderr

    return call


def campaign(catalogue: Catalogue, **more: Any) -> None:
    now = datetime.now(UTC).replace(tzinfo=None)
    document = {
        "code": "sale", "label": "Sale", "time_zone": "UTC", "channels": ["web"],
        "starts_at": (now - timedelta(hours=2)).isoformat(timespec="minutes"),
        "ends_at": (now + timedelta(hours=2)).isoformat(timespec="minutes"),
        "where": {"field": "family", "operator": "IN", "value": ["shoes"]},
        "do": [{"type": "calculate", "field": "price", "percent": -20}], **more,
    }  # fmt: skip
    projection = Projection(catalogue.settings.projection, catalogue.engine)
    with unit_of_work(catalogue.engine) as work:
        apply_campaigns(work, projection, [document], current(work.session))
    projection.close()


def ask(catalogue: Catalogue, name: str, field: str, **more: Any) -> dict[str, Any]:
    projection = Projection(catalogue.settings.projection, catalogue.engine)
    try:
        with unit_of_work(catalogue.engine) as work:
            entity = find_entity(work.session, name)
            return why(
                work.session,
                projection,
                current(work.session),
                entity,
                Question(field=field, **more),
                now=work.clock(),
            )
    finally:
        projection.close()


def test_a_campaign_is_told_with_the_value_below_it(catalogue: Catalogue) -> None:
    before = datetime.now(UTC)
    campaign(catalogue)

    found = ask(catalogue, "DRB-BLK-41", "price-EUR", scope="web")

    assert (found["value"], found["by"], found["base"]) == ("80", "campaign", "100")
    assert (found["campaign"]["code"], found["level"], found["from"]) == ("sale", 1, "derby-black")
    whole = ask(catalogue, "DRB-BLK-41", "price", scope="web")
    assert whole["value"] == {"EUR": "80", "GBP": "72.4"}
    for elsewhere in (
        ask(catalogue, "DRB-BLK-41", "price-EUR", scope="retail"),
        ask(catalogue, "DRB-BLK-41", "price-EUR"),
        ask(catalogue, "DRB-BLK-41", "price-EUR", scope="web", moment=before),
        ask(catalogue, "derby-black", "price-EUR", scope="web"),
    ):
        assert (elsewhere["value"], elsewhere["campaign"]) == ("100", None)


def test_a_channel_that_is_not_there_is_refused(catalogue: Catalogue) -> None:
    with pytest.raises(Refused, match="choose one of web, retail"):
        ask(catalogue, "wax", "price-EUR", scope="moon")


def test_the_command_tells_why(catalogue: Catalogue, pim: Call) -> None:
    changed = catalogue.rows("products", {"sku": "wax", "price-EUR": "5"})

    code, answer = pim("why", "wax", "--field", "price-EUR")

    assert code == 0
    assert set(answer) == {
        "identifier", "field", "value", "by", "level", "from", "change_set", "kind", "label",
        "author", "at", "import", "undoes", "rule", "campaign", "base",
    }  # fmt: skip
    assert (answer["value"], answer["change_set"]) == ("5", changed.change_set)
    told = CliRunner().invoke(commands(), ["why", "DRB-BLK-41", "--field", "price-EUR"]).stdout
    assert told.splitlines()[:2] == ["DRB-BLK-41 price-EUR: 100", "  inherited from derby-black"]


def test_the_command_restores_after_a_dry_run(catalogue: Catalogue, pim: Call) -> None:
    changed = catalogue.rows("products", {"sku": "wax", "price-EUR": "5", "name-en_GB": "Beeswax"})
    to = ("--before", str(changed.change_set))

    code, dry = pim("history", "restore", "wax", *to, "--dry-run")
    assert code == 0, dry
    assert (dry["change_set"], sorted(dry["restored"])) == (None, ["name-en_GB", "price-EUR"])
    assert catalogue.value("wax", "price") == {"EUR": "5"}
    code, answer = pim("history", "restore", "wax", *to, "--field", "price-EUR")

    assert (code, answer["restored"], answer["violations"]) == (0, ["price-EUR"], [])
    assert catalogue.value("wax", "price") == {"EUR": "9.95"}
    assert pim("history", "restore", "wax")[0] == 2
    assert pim("undo", str(answer["change_set"]))[1]["restored"] == 1


def test_history_is_asked_for_a_cell_and_for_the_structure(catalogue: Catalogue, pim: Call) -> None:
    catalogue.rows("product_models", {"code": "derby-black", "price-EUR": "110"})

    _, cell = pim("history", "cell", "DRB-BLK-41", "--field", "price-EUR", "--limit", "1")
    _, structure = pim("history", "structure", "--subject", "family")
    _, undos = pim("history", "wax", "--kind", "undo")

    assert [(each["old"], each["new"], each["from"]) for each in cell] == [
        ("100", "110", "derby-black")
    ]
    assert {name for each in structure for name in each["names"]} == {"shoes", "care"}
    assert undos == []


def test_a_change_set_is_shown_product_by_product(catalogue: Catalogue, pim: Call) -> None:
    rows = [{"sku": "MOC-41", "price-EUR": "2"}, {"sku": "wax", "price-EUR": "1", "vegan": "0"}]
    number = str(catalogue.rows("products", *rows).change_set)

    _, first = pim("history", "change-set", number, "--limit", "1")
    _, rest = pim("history", "change-set", number, "--after", str(first[0]["id"]))
    _, prices = pim("history", "change-set", number, "--field", "price-EUR", "--kind", "product")

    assert [each["identifier"] for each in [*first, *rest]] == ["MOC-41", "wax"]
    assert [cell["new"] for each in prices for cell in each["cells"]] == ["2", "1"]
    assert pim("history", "change-set", "999")[0] == 2
    told = CliRunner().invoke(commands(), ["history", "change-set", number]).stdout
    assert "    price-EUR: 80 -> 2" in told


def test_history_is_told_of_what_was_deleted(catalogue: Catalogue, pim: Call) -> None:
    there = datetime.now(UTC).isoformat()
    where = '{"field": "identifier", "operator": "=", "value": "wax"}'
    assert pim("bulk", "--where", where, "--do", '[{"type": "delete"}]')[0] == 0

    _, entries = pim("history", "WAX")
    _, then = pim("history", "wax", "--as-of", there)
    _, why_then = pim("why", "wax", "--field", "price-EUR", "--as-of", there)
    code, told = pim("history", "restore", "wax", "--as-of", there)

    assert [entry["action"] for entry in entries] == ["delete", "create"]
    assert (then["price-EUR"], why_then["value"]) == ("9.95", "9.95")
    assert code == 2
    assert "pim bin restore" in told
