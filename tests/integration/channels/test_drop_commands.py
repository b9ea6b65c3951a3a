"""`pim drop` and `pim season`, as scripts call them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from pim.cli.main import commands
from tests.integration.channels.conftest import Shop

Call = Callable[..., tuple[int, Any]]

MOON = {
    "code": "moon", "label": "Moon", "at": "2090-03-02T09:00", "time_zone": "Europe/London",
    "channels": ["web"], "where": {"field": "season", "operator": "IN", "value": ["SS31"]},
}  # fmt: skip
SEASONS = {
    "attributes.csv": (
        "code;type;group;unique;localizable;scopable\n"
        "season;pim_catalog_multiselect;all;0;0;0\nyear;pim_catalog_simpleselect;all;0;0;0\n"
        "image;pim_catalog_image;all;0;0;0\n"
    ),
    "attribute_options.csv": (
        "attribute;code;sort_order\nseason;AW30;1\nseason;SS31;2\nseason;AW31;3\n"
        "year;y1;1\nyear;y2;2\n"
    ),
    "families.csv": (
        "code;attributes;attribute_as_label;requirements-web\n"
        "shoes;sku,name,price,colour,size,stock,season,year,image;name;sku,name,price,image\n"
    ),
    "product_models.csv": "code;season\nderby;SS31\n",
    "products.csv": "sku;season;year\nlaces;SS31,AW31;y1\n",
}


@pytest.fixture
def pim(shop: Shop, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Call:
    """Return what calls `pim` with --json; objects among the arguments become files."""
    assert not shop.load(SEASONS, tmp_path / "seasons").violations
    monkeypatch.setenv("PIM_HOME", str(shop.settings.home))
    monkeypatch.setenv("PIM_DATABASE_URL", str(shop.settings.database_url))

    def argument(given: Any) -> str:
        if isinstance(given, str):
            return given
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


def test_a_drop_is_applied_listed_shown_and_deleted(pim: Call):
    code, saved = pim("drop", "apply", MOON)
    assert (code, saved["drop"], saved["version"], saved["status"]) == (0, "moon", 1, "created")
    _, document = pim("drop", "show", "moon")
    assert {name: document[name] for name in MOON} == MOON
    assert pim("drop", "apply", document)[1]["status"] == "unchanged"
    (told,) = pim("drop", "list")[1]
    assert (told["state"], told["at"], told["version"]) == ("withheld", MOON["at"], 1)
    assert "Moon, withheld" in pim("drop", "list", as_json=False)[1]
    assert pim("campaign", "list")[1] == []
    assert pim("campaign", "conflicts")[1] == []
    assert pim("drop", "delete", "MOON")[1]["status"] == "deleted"
    assert pim("drop", "list")[1] == []
    assert pim("campaign", "restore", "moon")[1]["status"] == "restored"
    assert pim("drop", "readiness", "moon")[0] == 0


def test_readiness_counts_by_channel_and_names_what_is_lacking(pim: Call, shop: Shop):
    pim("drop", "apply", MOON)
    code, told = pim("drop", "readiness", "moon")
    assert code == 0
    (web,) = told["channels"]
    assert told["at"].startswith("2090-03-02T09:00")
    figures = ("products", "complete", "pictured", "priced", "translated")
    # Blue ones have no pounds, laces neither, nor a German name; nobody has a picture.
    assert [web[name] for name in figures] == [11, 0, 0, 5, 10]
    assert web["feeds"] == [{"feed": "shop", "label": "Shop", "products": 11}]
    laces = next(each for each in web["lacking"] if each["identifier"] == "laces")
    assert set(laces["lacks"]) == {
        "picture image", "price price-GBP", "translation name-de_DE",
        "complete en_GB", "complete de_DE",
    }  # fmt: skip
    assert "derby-blue-36 lacks" in pim("drop", "readiness", "moon", as_json=False)[1]
    code, refusal = pim("drop", "readiness", "moon", "--pictures", "nowhere")
    assert code > 0
    assert 'no attribute "nowhere"' in refusal


def test_campaigns_of_the_moment_count_for_readiness(pim: Call):
    pim("drop", "apply", MOON)
    pounds = {
        "code": "pounds", "starts_at": "2090-03-01", "ends_at": "2090-04-01",
        "time_zone": "Europe/London",
        "do": [{"type": "set", "field": "price", "value": {"GBP": "80"}}],
    }  # fmt: skip
    pim("campaign", "apply", pounds)
    (web,) = pim("drop", "readiness", "moon")[1]["channels"]
    assert web["priced"] == 11


def test_seasons_are_carried_over_at_their_level_and_undone(pim: Call):
    assert [list(each.values())[2:] for each in pim("season", "list")[1]] == [
        [0, 0, 0, 0], [11, 11, 1, 0], [1, 1, 0, 0],
    ]  # fmt: skip
    code, counted = pim("season", "carry-over", "ss31", "AW31", "--dry-run")
    assert (code, counted["written"], counted["change_set"]) == (0, 1, None)
    code, done = pim("season", "carry-over", "ss31", "AW31")
    assert (done["selected"], done["written"]) == (11, 1), "one model holds it for ten"
    assert pim("season", "list")[1][1]["carried_over"] == 11
    pim("undo", str(done["change_set"]))
    assert pim("season", "list")[1][1]["carried_over"] == 1
    some = '{"field": "identifier", "operator": "=", "value": "laces"}'
    assert pim("season", "carry-over", "SS31", "AW31", "--where", some)[1]["changed"] == 0


def test_archiving_leaves_alone_what_is_in_a_later_season(pim: Call):
    assert pim("season", "archive", "SS31", "--dry-run")[1]["changed"] == 10
    done = pim("season", "archive", "SS31")[1]
    assert done["changed"] == 10
    figures = pim("season", "list")[1][1]
    assert (figures["enabled"], figures["carried_over"], figures["archived"]) == (1, 1, 10)
    pim("undo", str(done["change_set"]))
    assert pim("season", "list")[1][1]["enabled"] == 11
    assert pim("season", "archive", "SS31", "--with-carried-over")[1]["changed"] == 11


def test_an_attribute_of_one_season_moves_its_products(pim: Call):
    assert pim("season", "carry-over", "y1", "y2", "--attribute", "year")[1]["changed"] == 1
    listed = pim("season", "list", "--attribute", "year")[1]
    assert [each["products"] for each in listed] == [0, 1]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["archive", "SS99"], "Seasons: AW30, SS31, AW31."),
        (["carry-over", "AW31", "SS31"], "SS31 does not come after AW31"),
        (["list", "--attribute", "name"], "select attribute"),
        (["list", "--attribute", "nowhere"], 'no attribute "nowhere"'),
    ],
)
def test_what_is_no_season_is_refused_with_what_there_is(pim: Call, arguments: Any, words: str):
    code, refusal = pim("season", *arguments)
    assert code > 0
    assert words in refusal
