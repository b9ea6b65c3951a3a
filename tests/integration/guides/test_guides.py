"""The guides tell the truth: their files and commands are taken and carried out as they stand."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Engine

from pim.cli.main import commands
from pim.db.unit_of_work import unit_of_work
from pim.settings import Settings
from pim.structure.seeds import seed

GUIDES = Path(__file__).parents[3] / "docs" / "guides"
BLOCK = re.compile(r"^```(sh|csv|json)(?: (\S+))?\n(.*?)^```", re.MULTILINE | re.DOTALL)


class Reader:
    """Somebody who follows a guide to the letter, in a folder of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def follow(self, guide: str) -> list[Result]:
        """Write the guide's files, run its commands, and return what they answered."""
        answers = []
        for kind, name, text in BLOCK.findall((GUIDES / guide).read_text(encoding="utf-8")):
            if kind == "sh":
                answers += [self.run(line) for line in text.splitlines() if line]
            elif name:
                path = self.folder / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
        return answers

    def run(self, line: str) -> Result:
        """Run one command; it must end as the line says, with 0 unless it says otherwise."""
        command, _, expected = line.partition("  # ends with ")
        program, *arguments = shlex.split(command)
        assert program == "pim"
        result = CliRunner().invoke(commands(), [*arguments, "--json"])
        assert result.exit_code == int(expected or 0), f"{line}\n{result.output}"
        return result


@pytest.fixture
def reader(
    engine: Engine, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Reader:
    with unit_of_work(engine) as work:
        seed(work)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PIM_HOME", str(settings.home))
    monkeypatch.setenv("PIM_DATABASE_URL", settings.database_url or "")
    return Reader(tmp_path)


def counts(result: Result) -> tuple[int, int, int, int]:
    told = json.loads(result.stdout)
    return told["created"], told["updated"], told["unchanged"], told["rejected"]


def test_the_guide_to_imports(reader: Reader) -> None:
    planned, first, again, update, *rest = reader.follow("imports.md")

    assert counts(planned) == counts(first)
    assert counts(first)[3] == 0
    assert counts(again)[:2] == (0, 0)
    assert counts(update) == (0, 1, 0, 2)
    _suggested, _applied, dry, shopify, _applied_too, supplier, profiles = rest
    assert counts(dry) == counts(shopify) == (4, 0, 0, 0)
    assert counts(supplier) == (4, 0, 0, 0)
    assert len(json.loads(profiles.stdout)) == 2
    assert len((reader.folder / "rejected.csv").read_text(encoding="utf-8").splitlines()) == 3


def test_the_guide_to_exports(reader: Reader) -> None:
    reader.follow("imports.md")

    *_, back, black, names, now, new_year = reader.follow("exports.md")

    assert counts(back) == (0, 0, 12, 0)
    rows = [json.loads(each.stdout)["rows"] for each in (black, names, now, new_year)]
    assert rows == [4, 6, 6, 6]


def test_the_guide_to_round_trips(reader: Reader) -> None:
    reader.follow("imports.md")

    products, models, back = reader.follow("round-trip.md")

    assert [json.loads(each.stdout)["rows"] for each in (products, models)] == [6, 6]
    assert counts(back) == (0, 0, 12, 0)


def test_the_guide_to_feeds(reader: Reader) -> None:
    reader.follow("imports.md")

    answers = [json.loads(result.stdout) for result in reader.follow("feeds.md")]

    applied, _list, _shown, preview, [published], _status, _bulk, [delta], [whole] = answers[:9]
    assert applied["status"] == "created"
    assert preview["targets"]["price"]["output"] == "129.00 EUR"
    assert (published["items"], delta["changed"], whole["unchanged"]) == (6, 2, 6)
    difference, [aside], _bulk, [held], released, returned, explained, status = answers[9:]
    assert difference["counts"]["changed"] == 2
    assert (aside["state"], held["held"], released["items"]) == ("published", True, 4)
    assert returned["items"] == 6
    assert explained["source"]["entity"] == "derby-black"
    assert status["status"] == "live"
