"""What the docs and setup.cfg say about the project is so."""

from __future__ import annotations

import configparser
import re
from importlib import import_module
from pathlib import Path

import pytest

from channels.steps import documentation as steps_documentation
from channels.steps.registry import load_steps
from pim.cli import documentation as commands_documentation
from pim.cli.main import commands

ROOT = Path(__file__).parents[2]
TOP = ("channels", "exporters", "importers", "pim")
DOCS = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
MAP = (ROOT / "docs" / "map.md").read_text(encoding="utf-8")
CONFIGURATION = configparser.ConfigParser()
CONFIGURATION.read(ROOT / "setup.cfg", encoding="utf-8")


def lines(section: str, option: str) -> list[str]:
    text = CONFIGURATION[section].get(option, "")
    return [line.strip() for line in text.splitlines() if line.strip()]


def python_files(*folders: str) -> list[Path]:
    return [file for folder in folders for file in (ROOT / folder).rglob("*.py")]


def rooms(*folders: str) -> set[str]:
    """Return the folders right below these that hold anything but caches."""
    return {
        f"{folder}/{room.name}/"
        for folder in folders
        for room in (ROOT / folder).iterdir()
        if room.is_dir() and room.name != "__pycache__" and any(room.rglob("*.*"))
    }


def packages() -> set[str]:
    return {
        ".".join(file.parent.relative_to(ROOT).parts)
        for file in python_files(*TOP)
        if file.name == "__init__.py"
    }


def requirements(section: str, option: str) -> set[str]:
    return {re.split(r"[ \[<>=]", line)[0] for line in lines(section, option)}


def test_every_setting_is_explained_and_every_explained_setting_is_read():
    read = set()
    for file in [*python_files(*TOP), *(ROOT / "tests").glob("*.py")]:
        read |= set(re.findall(r'"(PIM_[A-Z_]+)"', file.read_text(encoding="utf-8")))
    explained = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    assert read == set(re.findall(r"^\| `(PIM_[A-Z_]+)`", explained, re.MULTILINE))


def test_every_room_is_on_the_map_and_the_map_shows_no_other():
    here = rooms(*TOP, "tests", "docs") - {"tests/__pycache__/"}
    shown = {name for name in re.findall(r"^\| `([^`]+/)`", MAP, re.MULTILINE) if "/" in name[:-1]}
    assert here <= shown
    assert {name for name in shown if not (ROOT / name).is_dir()} == set()


def test_every_package_is_installed():
    extra = {"pim.migrations", "pim.migrations.versions", "pim.templates"}
    assert set(lines("options", "packages")) == packages() | extra


def test_every_room_has_its_layer():
    layers = " ".join(lines("importlinter:contract:layers", "layers"))
    named = set(re.findall(r"pim\.(\w+)", layers)) - {"app"}
    assert {room.split("/")[1] for room in rooms("pim")} <= named


def test_packages_with_common_names_have_empty_doors():
    for name in ("channels", "exporters", "importers"):
        assert (ROOT / name / "__init__.py").read_bytes() == b""


@pytest.mark.parametrize("group", list(CONFIGURATION["options.entry_points"]))
def test_entry_points_lead_somewhere(group):
    for entry in lines("options.entry_points", group):
        module, _, attribute = entry.partition("=")[2].strip().partition(":")
        assert hasattr(import_module(module), attribute), entry


def test_every_step_has_an_entry_point_of_its_name():
    found = set()
    for file in (ROOT / "channels" / "steps").rglob("*.py"):
        found |= set(
            re.findall(r'^@step\("(\w+)"\)', file.read_text(encoding="utf-8"), re.MULTILINE)
        )
    assert found == {line.split(" = ")[0] for line in lines("options.entry_points", "pim.steps")}


def test_the_page_of_the_steps_is_what_the_steps_say():
    written = (ROOT / "docs" / "guides" / "steps.md").read_text(encoding="utf-8")
    assert written == steps_documentation.page(load_steps()), "run make docs"


def test_the_page_of_the_commands_is_what_the_commands_say():
    written = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    assert written == commands_documentation.page(commands()), "run make docs"


def test_every_dependency_has_its_reason():
    explained = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    named = set(re.findall(r"^\| ([a-z][\w.-]+) \|", explained, re.MULTILINE))
    needed = requirements("options", "install_requires")
    assert named == needed | requirements("options.extras_require", "dev")


@pytest.mark.parametrize("document", DOCS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(document):
    text = document.read_text(encoding="utf-8")
    for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", text):
        assert (document.parent / target).exists(), target


def test_make_targets_that_the_docs_name_exist():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for document in DOCS:
        named = set(re.findall(r"(?:^|`)make ([a-z-]+)", document.read_text(), re.MULTILINE))
        assert named <= targets, document
